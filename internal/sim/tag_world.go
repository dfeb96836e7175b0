package sim

import "fmt"

const maxTagCalls = 5

// tagWorld is everything that there is in a world of tags.
type tagWorld struct {
	broken    tagRule
	isOneStep bool // the store invalidates in one step
	hasLog    bool // entries are held against the log of purges
	splitLog  bool // the log has a key of its own
	store     tagStore
	database  uint16
	processes [maxProcesses]tagMemory
	calls     [maxTagCalls]tagCall
	late      lateRecord

	// What the checkers remember: nothing older may be a hit for who asks now.
	floor floors

	problem string
}

// lateRecord is a request of an invalidation that the client has repeated, and that may still
// arrive.
type lateRecord struct {
	isSent bool
	tag    uint8
	record record
}

// floors are the newest writes that have returned, by what they have invalidated.
type floors struct {
	hard, soft [tagsInAll]uint16
	prefix     [pages]uint16
}

// tagMemory is what a process remembers.
type tagMemory struct {
	entries  [pages]remembered
	log      count             // of purges, and
	logAsOf  stamp             // the count as of which it is
	versions [tagsInAll]record // for the rule keepsVersions alone
}

// remembered is an entry that was found valid, and a count as of which it is.
type remembered struct {
	id       uint16
	asOf     stamp
	validity validity
}

// tagAction is what a caller wants.
type tagAction uint8

const (
	loadTagged tagAction = iota + 1
	invalidate
	invalidateSoftly
	purgePrefix
)

// tagPhase is which operation a call does next.
type tagPhase uint8

const (
	tagStart      tagPhase = iota
	tagLookUp              // the entry and the count
	tagMakeCount           // a count, since there is none
	tagValidate            // the record of each tag of the entry
	tagRecount             // the count, for the rule readsTheCountAfterVersions
	tagVersions            // the record of each known tag
	tagLoad                // the database
	tagEarlyGuard          // the count, for the rule guardsBeforeTheVersion
	tagLate                // the record of each late tag
	tagReadCount           // the count, for the rule bearsAnEarlierCount
	tagMakeRecord          // a record, since a tag has none
	tagGuard               // the count
	tagPut                 // the entry
	tagPutCount            // the count, for the rule remembersALaterCount
	tagInvalidate          // count and record in one step
	tagBump                // the count, before the record is set
	tagReadRecord          // the record, to change its soft version
	tagSetRecord           // the record
	tagBumpAgain           // the count, after the record is set
	tagPurge               // the log
	tagPurgeBump           // the count, before the line is written
	tagPurgeLog            // the log
	tagPurgeAgain          // the count, after the line is written
	tagReadLog             // the log
	tagLogCount            // the count, for the rule readsTheLogBeforeTheCount
	tagMakeLog             // a log, since there is none
	tagNewCount            // a count that goes with the new log
	tagDone
	tagCrashed
)

// tagCall is one call, as a state machine. Each step is one operation, with its reply.
type tagCall struct {
	index, process uint8
	action         tagAction
	key            uint8
	tag            uint8   // of an invalidation
	known, late    callSet // tags, by index
	beyond         callSet // tags of its response that are not kept, since there are too many

	at        tagPhase
	serial    uint16 // makes its random numbers unique
	tries     uint8
	tagAt     uint8 // the tag that is next
	found     tagEntry
	asked     count // of the look-up
	log       count // of purges, as of that
	guard     stamp
	made      stamp // for the rule bearsAnEarlierCount
	records   [tagsInAll]record
	isBad     bool // a late tag is not good: the value is not stored
	isGuarded bool // a late tag needs the guard
	loaded    tagEntry

	floor floors // what has returned before it asked
	wrote uint16
	isHit bool
}

// random returns a number that nobody else has.
func (c *tagCall) random() uint16 {
	c.tries++
	return c.serial<<idBits + uint16(c.tries)
}

// fail notes what a checker has found. The first finding stays.
func (w *tagWorld) fail(format string, args ...any) {
	if w.problem == "" {
		w.problem = fmt.Sprintf(format, args...)
	}
}

// checkHit holds an entry that is served against the invalidations that had returned before
// its caller asked.
func (w *tagWorld) checkHit(c *tagCall, e tagEntry, v validity) {
	c.isHit = true
	for t := range uint8(tagsInAll) {
		if !(e.tags | e.beyond).has(t) {
			continue
		}
		if e.asOf < c.floor.hard[t] {
			w.fail("call %d was given %v: tag %d was invalidated at database version %d", c.index, e, t, c.floor.hard[t])
		}
		if v == fresh && e.asOf < c.floor.soft[t] {
			w.fail("call %d was given %v as fresh: tag %d was softly invalidated at database version %d", c.index, e, t, c.floor.soft[t])
		}
	}
	if e.asOf < c.floor.prefix[c.key] {
		w.fail("call %d was given %v: it was purged at database version %d", c.index, e, c.floor.prefix[c.key])
	}
}
