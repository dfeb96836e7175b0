package sim

import (
	"fmt"
	"math/rand/v2"
)

// tagPlan is what a random run of the tag protocol is like: which store it has, and how often
// of 1000 steps each thing goes wrong.
type tagPlan struct {
	name                      string
	inSteps, hasLog, splitLog bool

	evictions, crashes, repeats int
}

// tagPlans are those that seeds go through.
var tagPlans = []tagPlan{
	{name: "nothing goes wrong"},
	{name: "nothing goes wrong in steps", inSteps: true},
	{name: "purges", hasLog: true},
	{name: "purges in steps", inSteps: true, hasLog: true, splitLog: true},
	{name: "keys are lost", evictions: 50, hasLog: true},
	{name: "keys are lost, without a log", evictions: 50},
	{name: "keys are lost between steps", evictions: 50, inSteps: true},
	{name: "processes crash between steps", crashes: 30, inSteps: true},
	{name: "everything goes wrong", evictions: 20, crashes: 20, repeats: 20, hasLog: true},
	{name: "everything goes wrong in steps", evictions: 20, crashes: 20, repeats: 20, inSteps: true, hasLog: true, splitLog: true},
}

// tagRun is one random run: a seed, which repeats it. There is no time in it: each call may be
// as slow as any other is fast.
type tagRun struct {
	plan    tagPlan
	random  *rand.Rand
	system  tagSystem
	state   tagStep
	serial  uint16
	hits    int
	problem string
	lines   []string // the history in words
}

// stepsOfTags is how many steps a run has.
const stepsOfTags = 3000

// simulateTags runs clients of three processes on two keys and two tags.
func simulateTags(seed uint64, plan tagPlan, broken tagRule) *tagRun {
	r := &tagRun{plan: plan, random: rand.New(rand.NewPCG(seed, 14))}
	r.system.inSteps, r.system.hasLog, r.system.splitLog = plan.inSteps, plan.hasLog, plan.splitLog
	r.state = r.system.start(broken)
	for i := range r.state.world.calls {
		r.next(i)
	}
	for range stepsOfTags {
		if r.step(); r.problem != "" {
			break
		}
	}
	return r
}

// happens reports whether something happens that does so often of 1000.
func (r *tagRun) happens(often int) bool { return r.random.IntN(1000) < often }

// step lets one event happen: a step of a random call, or a fault.
func (r *tagRun) step() {
	some := func(often int) uint8 {
		if r.happens(often) {
			return 1
		}
		return 0
	}
	r.state.spare = tagFaults{some(r.plan.evictions), some(r.plan.crashes), some(r.plan.repeats)}
	events := r.system.actions(&r.state)
	e := events[r.random.IntN(len(events))]
	before := r.state
	r.problem = r.system.do(&r.state, e)
	r.lines = append(r.lines, fmt.Sprintf("%4d  %s", len(r.lines)+1, describeTagEvent(&before.world, &r.state.world, e)))
	for i := range r.state.world.calls {
		c := &r.state.world.calls[i]
		if c.at == tagDone && c.isHit {
			r.hits++
		}
		if c.at >= tagDone {
			r.next(i)
		}
	}
}

// next begins the client's next call.
func (r *tagRun) next(i int) {
	r.serial++
	c := tagCall{index: uint8(i), process: uint8(i % maxProcesses), serial: r.serial, action: loadTagged}
	c.key, c.tag = uint8(r.random.IntN(pages)), uint8(r.random.IntN(tagsInAll))
	switch n := r.random.IntN(20); {
	case n < 3:
		c.action = invalidate
	case n == 3:
		c.action = invalidateSoftly
	case n == 4 && r.plan.hasLog:
		c.action = purgePrefix
	}
	// The tags of a key are always the same, and known in advance to some callers only.
	tags := tag0
	if c.key == 1 {
		tags = tag0 | tag1
	}
	c.known = tags & callSet(r.random.IntN(4))
	c.late = tags &^ c.known
	if r.random.IntN(10) == 0 && c.key == 1 {
		c.known, c.late, c.beyond = tag0, 0, tag1
	}
	r.state.world.calls[i] = c
}
