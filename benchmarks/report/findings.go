package report

import (
	"time"

	"github.com/larder-go/larder/benchmarks/contests"
	"github.com/larder-go/larder/benchmarks/targets"
)

// Findings are all that a run has measured.
type Findings struct {
	When    time.Time
	Took    time.Duration
	Effort  targets.Effort
	Machine Machine

	Lines    []targets.Line
	Reads    []contests.Read
	Ratios   []contests.Curve
	Scanned  []contests.Curve
	Hits     []contests.Hit
	Loads    []contests.Load
	Expiries []contests.Expiry
	Growths  []contests.Growth
}
