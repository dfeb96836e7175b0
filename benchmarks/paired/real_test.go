package paired_test

import (
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
)

var sink uint64

// work takes time in proportion to n and nothing else.
func work(n int) func() {
	return func() {
		x := sink | 1
		for range n {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		sink = x
	}
}

// The ratio is known by the work, not by the clock, and is looked at with a
// margin that no load of the machine reaches.
func TestRealWorkComesOut(t *testing.T) {
	c := paired.Compare(paired.Plan{Rounds: 500, Attempts: 5, Most: 5 * time.Second},
		paired.Serial("floor", work(1000)),
		paired.Serial("double", work(2000)),
		paired.Serial("half", work(500)))
	t.Logf("floor %v an operation, control %v, %v", c.FloorOp, c.Control, c.Ratios)
	near(t, "double", c.Ratio("double").Median, 2, 0.5)
	near(t, "half", c.Ratio("half").Median, 0.5, 0.25)
}
