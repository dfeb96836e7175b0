package sim

import (
	"fmt"
	"math/rand/v2"
)

// leaseRun is one random run of the lease protocol: a seed, which repeats it.
type leaseRun struct {
	seed   uint64
	plan   faultPlan
	random *rand.Rand
	world  leaseWorld
	queue  queue

	turn        [maxCalls]int // counts the steps of a call: what was planned for a step before does not happen
	serial      uint16        // of the newest call
	began       [maxCalls]ticks
	pausedUntil [maxProcesses]ticks
	awayUntil   ticks

	history []operation
	lines   []string // the history in words
}

// The times of a run.
const (
	runLength    ticks = 120_000
	maxDelay     ticks = 20   // of a request or a reply
	replyTimeout ticks = 3000 // a reply is waited for
	pollInterval ticks = 100
	maxThink     ticks = 2000 // between two calls of a client
)

// simulateLeases runs clients of three processes on two keys for two minutes.
func simulateLeases(seed uint64, plan faultPlan, broken leaseRule) *leaseRun {
	r := &leaseRun{seed: seed, plan: plan, random: rand.New(rand.NewPCG(seed, 14))}
	r.world.broken = broken
	for i := range r.world.calls {
		r.world.calls[i] = call{index: uint8(i), process: uint8(i % maxProcesses)}
		r.next(uint8(i))
	}
	r.startFaults()
	r.queue.run(runLength, func() bool { return r.world.problem != "" })
	for i := range r.world.calls {
		if c := &r.world.calls[i]; c.at > atStart && c.at < atDone {
			r.record(c, true)
		}
	}
	return r
}

// between returns a random time.
func (r *leaseRun) between(low, high ticks) ticks {
	return low + ticks(r.random.IntN(int(high-low)+1))
}

// happens reports whether something happens that does so often of 1000.
func (r *leaseRun) happens(often int) bool { return often > 0 && r.random.IntN(1000) < often }

// note adds a line to the history in words.
func (r *leaseRun) note(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf("%7d ms  ", r.queue.now)+fmt.Sprintf(format, args...))
}

// then plans a step of a call, which happens when its process is not paused, unless the call
// has taken another step by then.
func (r *leaseRun) then(c *call, delay ticks, step func(*call)) {
	i, turn := c.index, r.turn[c.index]
	r.queue.after(delay, func() {
		c := &r.world.calls[i]
		if r.turn[i] != turn {
			return
		}
		if wait := r.pausedUntil[c.process] - r.queue.now; wait > 0 {
			r.then(c, wait, step)
			return
		}
		r.step(c, step)
	})
}

// step lets a call take a step, and plans what comes after it, for the calls that it has woken
// up, too.
func (r *leaseRun) step(c *call, step func(*call)) {
	before := r.world.calls
	r.world.now = r.queue.now
	step(c)
	for i := range r.world.calls {
		after := &r.world.calls[i]
		if i == int(c.index) || after.at != before[i].at {
			r.turn[i]++
			r.note("%s%s", after, describeEnd(after))
			r.planNext(after)
		}
	}
}

// next begins the client's next call.
func (r *leaseRun) next(i uint8) {
	old := r.world.calls[i]
	r.serial++
	r.world.calls[i] = call{
		index: i, process: old.process, serial: r.serial,
		action: r.chooseAction(), key: key(r.random.IntN(keys)),
		refuses: r.random.IntN(4) == 0, noWait: r.random.IntN(4) == 0,
	}
	r.turn[i]++
	r.then(&r.world.calls[i], r.between(0, maxThink), func(c *call) {
		r.began[i] = r.queue.now
		r.world.begin(i)
	})
}

// chooseAction returns what a client does: it mostly loads.
func (r *leaseRun) chooseAction() action {
	rare := [...]action{get, get, set, add, remove, remove, remove, touch, markStale}
	if n := r.random.IntN(2 * len(rare)); n < len(rare) {
		return rare[n]
	}
	return getOrSet
}

// planNext plans the next step of one call.
func (r *leaseRun) planNext(c *call) {
	switch {
	case c.at == atDone:
		r.record(c, false)
		r.next(c.index)
	case c.at == atLoad:
		r.planLoad(c)
	case c.at == atWait:
		r.then(c, pollInterval, r.world.poll)
	case c.at == atJoined:
		r.then(c, waitLimit, r.world.leave)
	case c.sent.kind != noOp && !c.answered:
		r.planRequest(c)
	}
}

// planRequest sends the operation of a call through the network, to the store and back.
func (r *leaseRun) planRequest(c *call) {
	o := c.sent
	fail := func(c *call) {
		c.got, c.answered = reply{err: true}, true
		r.world.handle(c.index)
	}
	switch there := r.between(1, maxDelay); {
	case r.happens(r.plan.lostRequests):
		r.then(c, replyTimeout, fail)
	case r.happens(r.plan.lateRequests):
		r.arrive(c, r.between(replyTimeout, 3*leaseTTL), o, nil)
		r.then(c, replyTimeout, fail)
	case r.happens(r.plan.lostReplies):
		r.arrive(c, there, o, nil)
		r.then(c, replyTimeout, fail)
	default:
		turn := r.turn[c.index]
		r.arrive(c, there, o, func(c *call, got reply) {
			if r.turn[c.index] != turn { // its process has crashed
				return
			}
			r.then(c, r.between(1, maxDelay), func(c *call) {
				c.got, c.answered = got, true
				r.world.handle(c.index)
			})
		})
	}
}

// arrive lets a request reach the store. If it answers, answered is called with the reply.
func (r *leaseRun) arrive(c *call, delay ticks, o op, answered func(*call, reply)) {
	i, serial := c.index, c.serial
	r.queue.after(delay, func() {
		c := &r.world.calls[i]
		if c.serial != serial {
			c = &call{index: i}
		}
		r.world.now = r.queue.now
		got := reply{err: true}
		if r.queue.now >= r.awayUntil {
			r.expire()
			got = r.world.apply(c, o)
			r.note("the store does %v for call %d: %v", o, i, got)
		}
		if answered != nil && c.serial == serial {
			answered(c, got)
		}
	})
}

// planLoad lets the loader of a call run, and its lease be renewed meanwhile.
func (r *leaseRun) planLoad(c *call) {
	long := r.between(1, 500)
	if r.happens(r.plan.slowLoads) {
		long = r.between(1, 4*leaseTTL)
	}
	end := r.world.readDatabase
	switch {
	case r.happens(r.plan.failingLoads):
		end = r.world.failLoad
	case r.happens(r.plan.givenUpLoads):
		end = func(c *call) {
			if r.world.hasFollowers(c) {
				r.world.readDatabase(c)
				return
			}
			r.world.giveUp(c)
		}
	}
	r.then(c, long, end)
	r.planRenewal(c, r.turn[c.index])
}

// planRenewal renews the lease at each third of its ttl, by the clock of the process, while
// the loader runs.
func (r *leaseRun) planRenewal(c *call, turn int) {
	i := c.index
	r.queue.after(leaseTTL/3, func() {
		c := &r.world.calls[i]
		if r.turn[i] != turn || c.at != atLoad {
			return
		}
		defer r.planRenewal(c, turn)
		if r.queue.now < r.pausedUntil[c.process] || !c.mayRenew() {
			return
		}
		c.renew()
		r.sendRenewal(c, turn)
	})
}

// sendRenewal sends a renewal, which is waited for for a quarter of the ttl.
func (r *leaseRun) sendRenewal(c *call, turn int) {
	i, o := c.index, c.renewal
	learn := func(delay ticks, got reply) {
		r.queue.after(delay, func() {
			if c := &r.world.calls[i]; r.turn[i] == turn && c.renewal == o {
				r.world.onRenewal(c, got)
			}
		})
	}
	learn(leaseTTL/4, reply{err: true})
	if r.happens(r.plan.lostRequests) {
		return
	}
	isLost := r.happens(r.plan.lostReplies)
	r.arrive(c, r.between(1, maxDelay), o, func(_ *call, got reply) {
		if !isLost {
			learn(r.between(1, maxDelay), got)
		}
	})
}
