// Package proportion has a test that work takes time in proportion to its input,
// and no longer than other work. It compares two times of processor use of one run, so
// neither the speed of the machine nor what else runs there counts.
package proportion

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/race"
)

// The sizes of input that Check compares, in bytes.
const (
	Small = 64 << 10
	Large = 1 << 20
)

// How often longer the larger input may take. In proportion it is 16 times, and what
// is quadratic takes 256 times. Linear is for work that keeps nothing; WithMemory is for
// what keeps each element, in memory that no processor's cache holds.
const (
	Linear     = 24
	WithMemory = 80
)

const (
	repetitions = 3 // of which the fastest counts: nothing makes work take less time
	attempts    = 5 // before a ratio counts
)

// Check fails the test if large, which works on Large bytes of input, takes more than
// limit times as long as small, which does the same with Small ones. Both are called
// several times. Nothing else may run in the process meanwhile; the garbage collector
// runs between the calls. With the race detector nothing is measured, and only small is
// called. The name of the test has to have "Proportion" in it: that is how make test-plain
// finds it.
func Check(t *testing.T, limit float64, small, large func()) {
	t.Helper()
	wantName(t)
	if race.Enabled {
		small()
		return
	}
	if ratio := leastRatio(limit, large, small); ratio > limit {
		t.Errorf("%d bytes take %.0f times as long as %d bytes", Large, ratio, Small)
	}
}

// AtMost fails the test if work takes more than limit times as long as reference. What
// Check says holds for it too; with the race detector it calls neither.
func AtMost(t *testing.T, limit float64, work, reference func()) {
	t.Helper()
	if wantName(t); race.Enabled {
		return
	}
	if ratio := leastRatio(limit, work, reference); ratio > limit {
		t.Errorf("it takes %.1f times as long", ratio)
	}
}

func wantName(t *testing.T) {
	t.Helper()
	if !strings.Contains(t.Name(), "Proportion") {
		t.Fatal(`the name of a test of proportions has "Proportion" in it`)
	}
}

// leastRatio returns how often longer work takes than reference: the first ratio that
// is within the limit, or else the last.
func leastRatio(limit float64, work, reference func()) (ratio float64) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range attempts {
		if ratio = float64(fastest(work)) / float64(fastest(reference)); ratio <= limit {
			break
		}
	}
	return ratio
}

// fastest returns the shortest time that f takes, at least 20 microseconds: below that
// it is what measuring takes.
func fastest(f func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range repetitions {
		runtime.GC()
		start := processorTime()
		f()
		best = min(best, processorTime()-start)
	}
	return max(best, 20*time.Microsecond)
}
