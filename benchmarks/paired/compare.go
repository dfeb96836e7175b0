package paired

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// Comparison is what came of comparing.
type Comparison struct {
	Floor   string
	Block   int           // operations in a block
	Rounds  int           // that were played
	FloorOp time.Duration // the median time of an operation of the floor
	Control Ratio         // of the floor to itself
	Ratios  []Ratio       // of the others to the floor, in the order given
}

// Ratio returns the ratio of a contestant. It panics if there is none of that
// name.
func (c Comparison) Ratio(name string) Ratio {
	i := slices.IndexFunc(c.Ratios, func(r Ratio) bool { return r.Name == name })
	if i < 0 {
		panic("paired: no contestant " + name)
	}
	return c.Ratios[i]
}

// Sure reports whether the control came out within one percent of 1.
func (c Comparison) Sure() bool { return c.Control.Median >= 0.99 && c.Control.Median <= 1.01 }

// off is by how much the control misses 1.
func (c Comparison) off() float64 { return max(c.Control.Median-1, 1-c.Control.Median) }

// Compare measures how long the operations of the others take, in units of the
// floor's. It runs nothing at the same time.
func Compare(plan Plan, floor Contestant, others ...Contestant) Comparison {
	start := time.Now()
	return compare(plan, func() time.Duration { return time.Since(start) }, floor, others)
}

func compare(plan Plan, clock func() time.Duration, floor Contestant, others []Contestant) Comparison {
	plan = plan.withDefaults()
	var best Comparison
	for attempt := range plan.Attempts {
		c := attemptOne(plan, uint64(attempt), clock, floor, others)
		if attempt == 0 || c.off() < best.off() {
			best = c
		}
		if best.Sure() {
			break
		}
	}
	return best
}

// attemptOne makes a comparison once. The floor is in the field twice, first and
// last.
func attemptOne(plan Plan, attempt uint64, clock func() time.Duration, floor Contestant, others []Contestant) Comparison {
	field := slices.Concat([]Contestant{floor}, others, []Contestant{floor})
	block := plan.block(floor, clock)
	for _, c := range field {
		c.Run(block) // what the first block pays for once is no part of the comparison
	}
	runtime.GC()

	times := play(plan, rand.New(rand.NewPCG(plan.Seed, attempt)), clock, field, block)
	floorTimes, last := times[0], len(field)-1
	c := Comparison{
		Floor:   floor.Name,
		Block:   block,
		Rounds:  len(floorTimes),
		FloorOp: time.Duration(quantile(sorted(floorTimes), 0.5) / float64(block)),
		Control: newRatio(floor.Name, times[last], floorTimes),
	}
	for i, other := range others {
		c.Ratios = append(c.Ratios, newRatio(other.Name, times[i+1], floorTimes))
	}
	return c
}

// play runs the rounds and returns, for each of the field, how long each of its
// blocks took, in nanoseconds.
func play(plan Plan, random *rand.Rand, clock func() time.Duration, field []Contestant, block int) [][]float64 {
	times := make([][]float64, len(field))
	for i := range times {
		times[i] = make([]float64, 0, plan.Rounds)
	}
	order := random.Perm(len(field))
	began := clock()
	for round := range plan.Rounds {
		if round >= MinRounds && clock()-began >= plan.Most {
			break
		}
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			times[i] = append(times[i], float64(elapsed(clock, field[i], block)))
		}
	}
	return times
}

func elapsed(clock func() time.Duration, c Contestant, n int) time.Duration {
	began := clock()
	c.Run(n)
	return clock() - began
}
