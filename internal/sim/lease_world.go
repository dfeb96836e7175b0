package sim

import "fmt"

// The size of a world.
const (
	maxProcesses = 3
	maxCalls     = 6
	maxLate      = 2
)

// leaseWorld is everything that there is: the store, the database, the memory of each
// process, and the calls in progress. It has no pointers, so a copy is another world.
type leaseWorld struct {
	broken    leaseRule
	store     store
	database  [keys]uint16 // the version of each row
	processes [maxProcesses]process
	calls     [maxCalls]call
	late      [maxLate]op // requests whose callers have given up, and that may still arrive
	now       ticks       // by the store's clock

	// What the checkers remember.
	floor [keys]uint16 // nothing older may be seen by who asks now: the newest write that has returned
	loads [keys]uint8  // how many loads began

	problem string // what a checker has found
}

// process is the memory that the calls of one process share, and its clock.
type process struct {
	drift   int8        // by how many percent its clock is too fast
	flights [keys]uint8 // 1 + the call whose load can be joined; 0 for none
	seen    [keys]sighting
}

// sighting is since when a process has seen these bytes of a lease, by its own clock.
type sighting struct {
	lease value
	since ticks
}

// action is what a caller wants of the cache.
type action uint8

const (
	getOrSet action = iota + 1
	get
	set
	add
	remove
	touch
	markStale // a soft purge
)

// phase is where a call is.
type phase uint8

const (
	atStart    phase = iota
	atLookUp         // Get is sent
	atTake           // Add or Replace of a lease is sent
	atClaim          // Add of a claim is sent
	atWait           // for the holder of another lease
	atPoll           // Get is sent, to see whether the wait is over
	atJoined         // waits for a load of its process
	atNested         // its load waits for another call
	atLoad           // the loader runs
	atCommit         // Replace by the value is sent
	atWinner         // Get is sent, since the commit failed
	atGiveBack       // Replace by another form of the lease is sent
	atWrite          // the operation of a plain call is sent
	atRetry          // its second operation is sent
	atDone
	atCrashed
)

// set of calls, by index.
type callSet uint8

func (s callSet) has(i uint8) bool { return s&(1<<i) != 0 }
func (s *callSet) add(i uint8)     { *s |= 1 << i }
func (s *callSet) remove(i uint8)  { *s &^= 1 << i }

// call is one call of the cache, as a state machine: sent is its operation that has no reply
// yet. step takes it from one phase to the next.
type call struct {
	index   uint8
	process uint8
	action  action
	key     key
	refuses bool  // it refuses stale entries
	noWait  bool  // it does not wait for loads of other processes
	needs   uint8 // 1 + the nested call that its load waits for; 0 for none
	streams bool  // its renewals make the lease alone
	hangs   bool  // its load never ends

	isNested  bool // it is called by a load
	hasParent bool // the same, perhaps over HTTP, when it does not know it
	overHTTP  bool

	at       phase
	serial   uint16 // makes its identities unique
	tries    uint8  // how many identities it has used
	sent     op
	got      reply // to what it had sent; it is there if answered
	answered bool

	found     value   // by its look-up
	looks     uint8   // how often it has looked
	lease     value   // the form that its lease has, as far as it knows
	holds     bool    // it has taken a lease
	unsure    bool    // a renewal had no answer: lease.next() may be what is stored
	renewal   op      // in flight, if any
	second    bool    // it has tried the second form
	waited    bool    // it has waited
	waitFrom  ticks   // since when it waits, by the clock of its process
	overdue   timeout // what has passed at its next step, where time is left open
	loadBegan bool
	outdated  bool  // its load is not to be joined, and does not commit
	unknown   bool  // its commit had no answer
	leader    uint8 // 1 + the call whose load it has joined; 0 for none

	loaded   value
	result   value
	failed   bool // it ended with an error
	outcome  outcome
	refused  bool // Add did not add
	reported bool // Delete reported an entry

	// Which calls of the process had begun their loads, and sent their reads, before it asked.
	afterLoad, afterRead callSet

	// What the checkers remember.
	floor   uint16 // of the key when it asked, or what it has written
	waits   uint8  // how often it has waited
	commits uint8  // how often it has stored under its lease
}

// outcome is how a call got its value.
type outcome uint8

const (
	none     outcome = iota
	hit              // it was stored
	stored           // it was loaded and stored
	unstored         // it was loaded and handed on
)

func (c *call) refreshes() bool { return c.found.kind == data }

// timeout is a time that may have passed.
type timeout uint8

const (
	noTimeout timeout = iota
	takeOverTime
	limitTime
)

// local is the time by the clock of the caller's process.
func (w *leaseWorld) local(c *call) ticks {
	return w.now + w.now/100*ticks(w.processes[c.process].drift)
}

// passed reports whether so much time is over since then, by the clock of the caller's process.
func (w *leaseWorld) passed(c *call, since, d ticks, what timeout) bool {
	return c.overdue == what || w.local(c)-since >= d
}

// idBits is how many bits of an identity count those of one call.
const idBits = 4

// newID returns an identity that no other call has.
func (c *call) newID() uint16 {
	c.tries++
	return c.serial<<idBits + uint16(c.tries)
}

// flight returns the load of the caller's process that could be joined, or nil.
func (w *leaseWorld) flight(c *call) *call {
	if i := w.processes[c.process].flights[c.key]; i > 0 {
		return &w.calls[i-1]
	}
	return nil
}

// fail notes what a checker has found. The first finding stays.
func (w *leaseWorld) fail(format string, args ...any) {
	if w.problem == "" {
		w.problem = fmt.Sprintf(format, args...)
	}
}

// others calls f for each other call of the same process that runs.
func (w *leaseWorld) others(c *call, f func(*call)) {
	for i := range w.calls {
		other := &w.calls[i]
		if other.action != 0 && other.process == c.process && other.index != c.index && other.at != atDone && other.at != atCrashed {
			f(other)
		}
	}
}
