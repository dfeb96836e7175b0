package targets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
)

// Effort is how much time is spent.
type Effort uint8

const (
	// Quick gives a first impression of all targets in about three minutes.
	Quick Effort = iota

	// Full takes up to eighteen minutes, and its figures are for reports.
	Full
)

// Plan returns how much a comparison measures.
func (e Effort) Plan() paired.Plan {
	if e == Quick {
		return paired.Plan{Rounds: 1500, Most: 1200 * time.Millisecond}
	}
	return paired.Plan{Rounds: 10_000, Most: 8 * time.Second, Attempts: 2}
}

// ParallelPlan is Plan for contestants whose blocks start goroutines, so that a
// block has to be longer.
func (e Effort) ParallelPlan() paired.Plan {
	plan := e.Plan()
	plan.MinBlock = time.Millisecond
	return plan
}

// fields returns how often the caches of a comparison are made.
func (e Effort) fields() int {
	if e == Quick {
		return 2
	}
	return 8
}

// Lab is where targets are measured, one after the other.
type Lab struct {
	Effort Effort

	// Tell is called with each line as soon as it is there; nil tells nobody.
	Tell func(Line)

	lines    []Line
	target   string
	cleanups []func()
}

// errSkip is matched by the error of a target that cannot be measured here.
var errSkip = errors.New("skipped")

// skip returns an error that says why a target cannot be measured here.
func skip(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errSkip, fmt.Sprintf(format, args...))
}

// Measure measures targets and returns their lines. It stops at the first error
// that is about more than a missing server.
func (l *Lab) Measure(ctx context.Context, targets ...Target) ([]Line, error) {
	for _, target := range targets {
		if err := l.measure(ctx, target); err != nil {
			return l.lines, err
		}
	}
	return l.lines, nil
}

func (l *Lab) measure(ctx context.Context, target Target) (err error) {
	l.target = target.Name
	defer l.cleanUp()
	err = target.measure(ctx, l)
	if errors.Is(err, errSkip) {
		l.add(Line{Job: target.Job, Skipped: err.Error()})
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", target.Name, err)
	}
	return nil
}

// cleanup has f called when the target is measured.
func (l *Lab) cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

func (l *Lab) cleanUp() {
	for i := len(l.cleanups) - 1; i >= 0; i-- {
		l.cleanups[i]()
	}
	l.cleanups = nil
	runtime.GC() // the next target does not pay for the entries of this one
}

func (l *Lab) add(line Line) {
	line.Target = l.target
	l.lines = append(l.lines, line)
	if l.Tell != nil {
		l.Tell(line)
	}
}

// report adds a line with a value that is no ratio of times.
func (l *Lab) report(job string, unit Unit, value float64, bound Bound) {
	l.add(Line{Job: job, Unit: unit, Value: value, Bound: bound})
}

// ratio adds a line for a contestant of a comparison.
func (l *Lab) ratio(job string, c paired.Comparison, name string, bound Bound) {
	r := c.Ratio(name)
	l.add(Line{Job: job, Unit: Ratio, Value: r.Median, Bound: bound, Ratio: &r, Control: &c.Control, Sure: c.Sure()})
}

// inverse is ratio for what is said in operations per second instead of time.
func (l *Lab) inverse(job string, c paired.Comparison, name string, bound Bound) {
	r := c.Ratio(name)
	r.Median, r.Low, r.High, r.From, r.To = 1/r.Median, 1/r.High, 1/r.Low, 1/r.To, 1/r.From
	l.add(Line{Job: job, Unit: Ratio, Value: r.Median, Bound: bound, Ratio: &r, Control: &c.Control, Sure: c.Sure()})
}

// over returns how many microseconds more than the floor a contestant takes for an
// operation.
func over(c paired.Comparison, name string) float64 {
	return (c.Ratio(name).Median - 1) * float64(c.FloorOp) / float64(time.Microsecond)
}

// compare compares in a time that accords with the effort.
func (l *Lab) compare(floor paired.Contestant, others ...paired.Contestant) paired.Comparison {
	return paired.Compare(l.plan(), floor, others...)
}

func (l *Lab) plan() paired.Plan { return l.Effort.Plan() }

// halfPlan has half the time, for targets with many comparisons.
func (l *Lab) halfPlan() paired.Plan {
	plan := l.plan()
	plan.Most /= 2
	return plan
}

// compareParallel is compare for contestants whose blocks start goroutines.
func (l *Lab) compareParallel(floor paired.Contestant, others ...paired.Contestant) paired.Comparison {
	return paired.Compare(l.Effort.ParallelPlan(), floor, others...)
}

// allocations returns how often op allocates.
func allocations(op func()) float64 { return testing.AllocsPerRun(1000, op) }

// allocated returns how many bytes op allocates.
func allocated(op func()) float64 {
	const runs = 200
	op()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		op()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / runs
}

// server returns where a server is, which a variable of the environment says.
func server(variable string) (string, error) {
	where := os.Getenv(variable)
	if where == "" {
		return "", skip("%s is not set: run it by `go run ./internal/services --`", variable)
	}
	return where, nil
}

// must panics if there is an error: in operations, where a failure means that
// something else than the job is measured.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
