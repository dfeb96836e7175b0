package sim

// faultPlan is what goes wrong in a run, and how often: of 1000 requests, and once in so much
// time on average. What is 0 does not happen.
type faultPlan struct {
	name string

	lostRequests, lostReplies, lateRequests int // of 1000
	failingLoads, slowLoads, givenUpLoads   int // of 1000

	pause ticks // of one process, for up to twice the ttl of a lease
	crash ticks // of one process, which begins again a second later
	evict ticks // of what is under one key
	flush ticks // of all keys, as a server that begins again without its data
	away  ticks // the server answers nothing, for up to twice the ttl of a lease
	drift bool  // the clocks of processes run up to 10 % too fast or too slow
}

// faultPlans are those that seeds go through.
var faultPlans = []faultPlan{
	{name: "nothing goes wrong"},
	{name: "clocks", drift: true, slowLoads: 200},
	{name: "requests and replies are lost", lostRequests: 10, lostReplies: 20, lateRequests: 10, slowLoads: 100},
	{name: "loads fail, hang and are given up", failingLoads: 200, slowLoads: 200, givenUpLoads: 100, drift: true},
	{name: "processes are paused", pause: 15_000, slowLoads: 200, drift: true},
	{name: "processes crash", crash: 15_000, slowLoads: 100},
	{name: "entries are evicted", evict: 3_000, flush: 60_000, slowLoads: 100},
	{name: "the store is away", away: 30_000, flush: 60_000, slowLoads: 100},
	{
		name: "everything goes wrong", lostRequests: 5, lostReplies: 10, lateRequests: 5,
		failingLoads: 50, slowLoads: 100, givenUpLoads: 50,
		pause: 30_000, crash: 30_000, evict: 10_000, flush: 100_000, away: 60_000, drift: true,
	},
}

// startFaults plans the faults that are not those of single requests.
func (r *leaseRun) startFaults() {
	if r.plan.drift {
		for p := range r.world.processes {
			r.world.processes[p].drift = int8(r.random.IntN(21) - 10)
		}
	}
	r.repeat(r.plan.pause, func() {
		p := r.random.IntN(maxProcesses)
		r.pausedUntil[p] = r.queue.now + r.between(0, 2*leaseTTL)
		r.note("process %d is paused until %d", p, r.pausedUntil[p])
	})
	r.repeat(r.plan.crash, func() { r.crash(uint8(r.random.IntN(maxProcesses))) })
	r.repeat(r.plan.evict, func() { r.lose(key(r.random.IntN(slots))) })
	r.repeat(r.plan.flush, func() {
		for k := range key(slots) {
			r.lose(k)
		}
	})
	r.repeat(r.plan.away, func() {
		r.awayUntil = r.queue.now + r.between(0, 2*leaseTTL)
		r.note("the store is away until %d", r.awayUntil)
	})
}

// repeat lets a fault happen once in so much time on average.
func (r *leaseRun) repeat(mean ticks, fault func()) {
	if mean == 0 {
		return
	}
	r.queue.after(r.between(0, 2*mean), func() {
		fault()
		r.repeat(mean, fault)
	})
}

// lose is the eviction of one key.
func (r *leaseRun) lose(k key) {
	if v := r.world.store.at(k, r.queue.now); v != (value{}) {
		r.note("the store loses %v of key %d", v, k)
		r.gone(k, v)
		r.world.store[k] = entry{}
	}
}

// crash ends a process with all its calls. It begins again a second later.
func (r *leaseRun) crash(p uint8) {
	r.note("process %d crashes", p)
	for i := range r.world.calls {
		c := &r.world.calls[i]
		if c.process == p && c.at != atDone && c.at != atStart {
			r.record(c, true)
		}
	}
	r.world.crash(p)
	for i := range r.world.calls {
		if c := &r.world.calls[i]; c.process == p {
			c.at = atCrashed
			r.turn[i]++
			r.queue.after(1000, func() { r.next(uint8(i)) })
		}
	}
}
