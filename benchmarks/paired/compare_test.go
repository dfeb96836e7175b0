package paired_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
)

// world is a clock that contestants move forward, so that their ratios are
// known to the last digit.
type world struct {
	now  time.Duration
	slow float64 // by what the machine is slower than usual
}

func (w *world) clock() time.Duration { return w.now }

func (w *world) contestant(name string, op time.Duration) paired.Contestant {
	return paired.Serial(name, func() { w.now += time.Duration(float64(op) * w.slow) })
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s is %.4f, want %.4f", what, got, want)
	}
}

func TestKnownRatiosComeOut(t *testing.T) {
	w := &world{slow: 1}
	c := paired.CompareBy(paired.Plan{Rounds: 100}, w.clock, w.contestant("floor", 10*time.Microsecond), []paired.Contestant{
		w.contestant("slower", 13*time.Microsecond),
		w.contestant("faster", 7*time.Microsecond),
	})
	near(t, "the control", c.Control.Median, 1, 0)
	near(t, "slower", c.Ratio("slower").Median, 1.3, 1e-9)
	near(t, "faster", c.Ratio("faster").Median, 0.7, 1e-9)
	if c.FloorOp != 10*time.Microsecond {
		t.Errorf("an operation of the floor takes %v", c.FloorOp)
	}
	if !c.Sure() {
		t.Error("a perfect comparison is unsure")
	}
}

func TestAMachineThatBecomesSlowerChangesNoRatio(t *testing.T) {
	w := &world{slow: 1}
	floor := w.contestant("floor", 10*time.Microsecond)
	ops := 0
	slowing := paired.Serial("floor", func() {
		if ops++; ops%500 == 0 {
			w.slow *= 1.06
		}
		floor.Run(1)
	})
	c := paired.CompareBy(paired.Plan{Rounds: 300, Block: 12}, w.clock, slowing, []paired.Contestant{
		w.contestant("slower", 12*time.Microsecond),
	})
	if w.slow < 2 {
		t.Fatalf("the machine is %v times as slow as it was, which proves nothing", w.slow)
	}
	near(t, "the ratio", c.Ratio("slower").Median, 1.2, 0.005)
	near(t, "the control", c.Control.Median, 1, 0.005)
}

func TestOneInTenBlocksInterruptedChangesNoRatio(t *testing.T) {
	w := &world{slow: 1}
	blocks := 0
	interrupted := func(c paired.Contestant) paired.Contestant {
		run := c.Run
		c.Run = func(n int) {
			if blocks++; blocks%10 == 0 {
				w.now += 5 * time.Millisecond
			}
			run(n)
		}
		return c
	}
	c := paired.CompareBy(paired.Plan{Rounds: 1000, Block: 12}, w.clock, interrupted(w.contestant("floor", 10*time.Microsecond)), []paired.Contestant{
		interrupted(w.contestant("slower", 11*time.Microsecond)),
	})
	near(t, "the ratio", c.Ratio("slower").Median, 1.1, 1e-9)
}

func TestAControlThatIsOffMakesTheComparisonUnsure(t *testing.T) {
	w := &world{slow: 1}
	var second bool
	// The floor takes longer each second time, so of two in a round one does.
	uneven := paired.Contestant{Name: "floor", Run: func(n int) {
		w.now += time.Duration(n) * 10 * time.Microsecond
		if second = !second; second {
			w.now += time.Duration(n) * time.Microsecond
		}
	}}
	c := paired.CompareBy(paired.Plan{Rounds: 101, Block: 12, Attempts: 3}, w.clock, uneven, nil)
	if c.Sure() {
		t.Errorf("a control of %v counts as sure", c.Control)
	}
}

func TestAComparisonIsMadeAgainWhileItsControlIsOff(t *testing.T) {
	w := &world{slow: 1}
	var blocks int
	floor := paired.Contestant{Name: "floor", Run: func(n int) {
		w.now += time.Duration(n) * 10 * time.Microsecond
		// As before, but the machine calms down.
		if blocks++; blocks < 150 && blocks%2 == 0 {
			w.now += time.Duration(n) * time.Microsecond
		}
	}}
	c := paired.CompareBy(paired.Plan{Rounds: 51, Block: 12, Attempts: 5}, w.clock, floor, nil)
	if !c.Sure() {
		t.Errorf("the control stayed at %v", c.Control)
	}
}

func TestTheControlIsTheTwinOfTheFloor(t *testing.T) {
	w := &world{slow: 1}
	floor := w.contestant("floor", 10*time.Microsecond)
	floor.Twin = w.contestant("", 12*time.Microsecond).Run
	c := paired.CompareBy(paired.Plan{Rounds: 101}, w.clock, floor, nil)
	near(t, "the control", c.Control.Median, 1.2, 1e-9)
	if c.FloorOp != 10*time.Microsecond {
		t.Errorf("an operation of the floor takes %v", c.FloorOp)
	}
}

// Whoever is unlucky in one field is not in the next.
func TestTheRoundsOfAllFieldsCountTogether(t *testing.T) {
	w := &world{slow: 1}
	opened := 0
	open := func() (paired.Contestant, []paired.Contestant, error) {
		opened++
		return w.contestant("floor", 10*time.Microsecond), []paired.Contestant{
			w.contestant("other", time.Duration(10+opened)*time.Microsecond), // 11, 12, 13
		}, nil
	}
	c, err := paired.CompareFieldsBy(paired.Plan{Rounds: 90}, w.clock, 3, open)
	if err != nil || opened != 3 || c.Rounds != 90 {
		t.Errorf("%d fields, %d rounds, %v", opened, c.Rounds, err)
	}
	near(t, "the ratio", c.Ratio("other").Median, 1.2, 1e-9)
	near(t, "the lower quartile", c.Ratio("other").Low, 1.1, 1e-9)

	broken := errors.New("no memory")
	if _, err := paired.CompareFields(paired.Plan{}, 2, func() (paired.Contestant, []paired.Contestant, error) {
		return paired.Contestant{}, nil, broken
	}); err != broken {
		t.Errorf("%v, want %v", err, broken)
	}
}

func TestTheOrderOfARoundIsDrawn(t *testing.T) {
	w := &world{slow: 1}
	var order []string
	mark := func(name string) paired.Contestant {
		return paired.Contestant{Name: name, Run: func(int) { w.now += time.Microsecond; order = append(order, name) }}
	}
	const rounds = 1000
	paired.CompareBy(paired.Plan{Rounds: rounds, Block: 1}, w.clock, mark("floor"), []paired.Contestant{mark("a"), mark("b")})
	const field = 4 // the floor twice
	first := map[string]int{}
	for round := range slices.Chunk(order[field:], field) { // after the warm-up
		first[round[0]]++
	}
	for name, want := range map[string]int{"floor": rounds / 2, "a": rounds / 4, "b": rounds / 4} {
		if got := first[name]; got < want*8/10 || got > want*12/10 {
			t.Errorf("%s began %d of %d rounds, want about %d", name, got, rounds, want)
		}
	}
}

func TestABlockIsLongEnoughForTheClock(t *testing.T) {
	w := &world{slow: 1}
	plan := paired.Plan{Rounds: 20, MinBlock: 50 * time.Microsecond}
	c := paired.CompareBy(plan, w.clock, w.contestant("floor", 100*time.Nanosecond), nil)
	if took := time.Duration(c.Block) * c.FloorOp; took < plan.MinBlock {
		t.Errorf("a block of %d operations takes %v, want at least %v", c.Block, took, plan.MinBlock)
	}
	c = paired.CompareBy(plan, w.clock, w.contestant("floor", time.Millisecond), nil)
	if c.Block != 12 {
		t.Errorf("a block of slow operations has %d of them, want a dozen", c.Block)
	}
}

func TestWhatIsSetUpOnceDoesNotShortenABlock(t *testing.T) {
	w := &world{slow: 1}
	floor := w.contestant("floor", time.Microsecond)
	ready := 0
	cold := paired.Contestant{Name: "floor", Run: func(n int) {
		for ; ready < n; ready++ { // a connection for each
			w.now += time.Millisecond
		}
		floor.Run(n)
	}}
	c := paired.CompareBy(paired.Plan{Rounds: 20, MinBlock: time.Millisecond}, w.clock, cold, nil)
	if took := time.Duration(c.Block) * c.FloorOp; took < time.Millisecond {
		t.Errorf("a block of %d operations takes %v, want at least a millisecond", c.Block, took)
	}
}

func TestALimitEndsTheComparison(t *testing.T) {
	w := &world{slow: 1}
	plan := paired.Plan{Rounds: 1_000_000, Block: 1, Most: time.Second}
	c := paired.CompareBy(plan, w.clock, w.contestant("floor", time.Millisecond), nil)
	if c.Rounds != 500 {
		t.Errorf("%d rounds of 2 ms in a second", c.Rounds)
	}
	c = paired.CompareBy(plan, w.clock, w.contestant("floor", time.Hour), nil)
	if c.Rounds != paired.MinRounds {
		t.Errorf("%d rounds, want the least, %d", c.Rounds, paired.MinRounds)
	}
}

func TestTheIntervalEnclosesTheMedianAndNarrowsWithRounds(t *testing.T) {
	width := func(rounds int) float64 {
		w := &world{slow: 1}
		noise := uint64(1)
		noisy := paired.Serial("noisy", func() {
			noise = noise*6364136223846793005 + 1442695040888963407
			w.now += 10*time.Microsecond + time.Duration(noise>>52)*time.Nanosecond
		})
		c := paired.CompareBy(paired.Plan{Rounds: rounds, Block: 1}, w.clock, w.contestant("floor", 10*time.Microsecond), []paired.Contestant{noisy})
		r := c.Ratio("noisy")
		if r.From > r.Median || r.Median > r.To || r.Low > r.From || r.To > r.High {
			t.Errorf("out of order: %+v", r)
		}
		near(t, "the ratio", r.Median, 1.2, 0.03)
		return r.To - r.From
	}
	if few, many := width(100), width(10_000); many > few/5 {
		t.Errorf("the interval of 100 rounds is %.4f wide, and that of 10 000 %.4f", few, many)
	}
}

func TestParallelRunsEachOperationOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 12, 100} {
		counts := []*int{}
		c := paired.Parallel("c", 8, func() func() {
			count := new(int)
			counts = append(counts, count)
			return func() { *count++ }
		})
		c.Run(n)
		total := 0
		for _, count := range counts {
			total += *count
			if *count < n/8 || *count > n/8+1 {
				t.Errorf("of %d operations one goroutine ran %d", n, *count)
			}
		}
		if total != n {
			t.Errorf("%d operations ran, want %d", total, n)
		}
	}
}
