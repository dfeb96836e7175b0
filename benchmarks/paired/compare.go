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
	c, _ := CompareFields(plan, 1, func() (Contestant, []Contestant, error) { return floor, others, nil })
	return c
}

// CompareFields is Compare of contestants that open makes again for each of so many
// fields, by turns: the same ones with the same data elsewhere in memory. The
// rounds of all fields count together, and plan is for all together. Where data
// happen to be that do not fit into the processor's caches makes some percent of
// difference, in every round with them. An error is open's.
func CompareFields(plan Plan, fields int, open func() (floor Contestant, others []Contestant, err error)) (Comparison, error) {
	start := time.Now()
	return compare(plan, func() time.Duration { return time.Since(start) }, fields, open)
}

func compare(plan Plan, clock func() time.Duration, fields int, open func() (Contestant, []Contestant, error)) (Comparison, error) {
	plan = plan.withDefaults()
	var best Comparison
	for attempt := range plan.Attempts {
		c, err := attemptOne(plan, attempt, clock, fields, open)
		if err != nil {
			return c, err
		}
		if attempt == 0 || c.off() < best.off() {
			best = c
		}
		if best.Sure() {
			break
		}
	}
	return best, nil
}

// attemptOne makes a comparison once. The floor is in each field twice, first
// and, as the control, last.
func attemptOne(plan Plan, attempt int, clock func() time.Duration, fields int, open func() (Contestant, []Contestant, error)) (Comparison, error) {
	var field []Contestant
	var times [][]float64
	for i := range fields {
		floor, others, err := open()
		if err != nil {
			return Comparison{}, err
		}
		field = slices.Concat([]Contestant{floor}, others, []Contestant{floor.control()})
		if i == 0 {
			plan.Block = plan.block(floor, clock)
			times = make([][]float64, len(field))
		}
		for _, c := range field {
			c.Run(plan.Block) // what the first block pays for once is no part of the comparison
		}
		runtime.GC()
		random := rand.New(rand.NewPCG(plan.Seed, uint64(attempt*fields+i)))
		for j, played := range play(plan.part(fields), random, clock, field) {
			times[j] = append(times[j], played...)
		}
	}
	return newComparison(plan.Block, field, times), nil
}

// newComparison makes a comparison of how long each block of the field took, in
// nanoseconds.
func newComparison(block int, field []Contestant, times [][]float64) Comparison {
	floorTimes, last := times[0], len(field)-1
	c := Comparison{
		Floor:   field[0].Name,
		Block:   block,
		Rounds:  len(floorTimes),
		FloorOp: time.Duration(quantile(sorted(floorTimes), 0.5) / float64(block)),
		Control: newRatio(field[0].Name, times[last], floorTimes),
	}
	for i := 1; i < last; i++ {
		c.Ratios = append(c.Ratios, newRatio(field[i].Name, times[i], floorTimes))
	}
	return c
}

// play runs the rounds and returns, for each of the field, how long each of its
// blocks took, in nanoseconds.
func play(plan Plan, random *rand.Rand, clock func() time.Duration, field []Contestant) [][]float64 {
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
			times[i] = append(times[i], float64(elapsed(clock, field[i], plan.Block)))
		}
	}
	return times
}

func elapsed(clock func() time.Duration, c Contestant, n int) time.Duration {
	began := clock()
	c.Run(n)
	return clock() - began
}
