package targets

import (
	"fmt"

	"github.com/larder-go/larder/benchmarks/paired"
)

// Verdict is what a line says of a target.
type Verdict string

// The verdicts. Unsure goes beside Met or NotMet: the control of the comparison
// is off by more than a percent.
const (
	Met     Verdict = "met"
	NotMet  Verdict = "NOT MET"
	Told    Verdict = "told" // there is no bound, the figure is for comparison
	Skipped Verdict = "skipped"
)

// Line is one job of a target.
type Line struct {
	Target string // P1
	Job    string
	Unit   Unit
	Value  float64
	Bound  Bound

	// Ratio and Control are there if Value is the median of a comparison.
	Ratio   *paired.Ratio
	Control *paired.Ratio
	Sure    bool

	// Skipped says why the job was not measured, if it was not.
	Skipped string
}

// Verdict says what came of the job.
func (l Line) Verdict() Verdict {
	switch {
	case l.Skipped != "":
		return Skipped
	case l.Bound.relation == "":
		return Told
	case l.Bound.holds(l.Value):
		return Met
	}
	return NotMet
}

// Unit is what a value counts.
type Unit string

// The units.
const (
	Ratio        Unit = "×"
	Allocations  Unit = "allocations"
	Runs         Unit = "runs"
	RoundTrips   Unit = "round trips"
	Requests     Unit = "requests"
	Queries      Unit = "queries"
	Milliseconds Unit = "ms"
	Microseconds Unit = "µs"
	Bytes        Unit = "bytes"
	Percent      Unit = "%"
)

// Format returns a value with its unit.
func (u Unit) Format(value float64) string {
	switch u {
	case Ratio:
		return fmt.Sprintf("%.3f %s", value, u)
	case Milliseconds, Microseconds, Percent:
		return fmt.Sprintf("%.2f %s", value, u)
	}
	return fmt.Sprintf("%.4g %s", value, u)
}

// Bound is what a value has to be; the zero value allows all.
type Bound struct {
	relation string
	value    float64
}

// AtMost is a bound from above.
func AtMost(value float64) Bound { return Bound{"≤", value} }

// AtLeast is a bound from below.
func AtLeast(value float64) Bound { return Bound{"≥", value} }

// Exactly allows one value.
func Exactly(value float64) Bound { return Bound{"=", value} }

func (b Bound) holds(value float64) bool {
	switch b.relation {
	case "≤":
		return value <= b.value
	case "≥":
		return value >= b.value
	case "=":
		return value == b.value
	}
	return true
}

// String returns the bound, such as "≤ 1.15", or "" for none.
func (b Bound) String() string {
	if b.relation == "" {
		return ""
	}
	return fmt.Sprintf("%s %g", b.relation, b.value)
}
