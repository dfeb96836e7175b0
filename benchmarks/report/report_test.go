package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/contests"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/report"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/benchmarks/targets"
)

// findings are those of a run in which something of everything happened.
func findings() report.Findings {
	ratio := func(median float64) paired.Ratio {
		return paired.Ratio{Name: "c", Median: median, Low: median - 0.1, High: median + 0.1}
	}
	compared := func(job string, median, control float64, sure bool) targets.Line {
		r, c := ratio(median), ratio(control)
		return targets.Line{Target: "P1", Job: job, Unit: targets.Ratio, Value: median, Bound: targets.AtMost(1.15), Ratio: &r, Control: &c, Sure: sure}
	}
	visits := []targets.Visit{{At: 0, Took: 200 * time.Millisecond}, {At: 300 * time.Millisecond, Took: time.Millisecond}}
	return report.Findings{
		When: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		Took: 90 * time.Second,
		Machine: report.Machine{
			CPU: "a processor", Cores: 2, System: "linux/amd64", Go: "go1.26", Programs: []string{"redis-server: v=7"},
		},
		Lines: []targets.Line{
			compared("fast enough", 1.1, 1.001, true),
			compared("too slow", 1.3, 1.001, true),
			compared("who knows", 1.3, 1.2, false),
			{Target: "P5", Job: "not here", Skipped: "skipped: no server"},
		},
		Reads: []contests.Read{
			{Rival: rivals.Larder, One: ratio(2), Two: ratio(2), OneOp: 200, TwoOp: 100},
			{Rival: rivals.SyncMap, One: ratio(1), Two: ratio(1), OneOp: 100, TwoOp: 50},
		},
		Ratios:  []contests.Curve{{Name: "larder", Points: []contests.Point{{Capacity: 0.01, Hits: 0.5}, {Capacity: 0.1, Hits: 0.8}}}},
		Scanned: []contests.Curve{{Name: "larder", Points: []contests.Point{{Capacity: 0.01, Hits: 0.4}, {Capacity: 0.1, Hits: 0.7}}}},
		Hits: []contests.Hit{
			{Rival: pages.Larder, Latency: ratio(1.1), Op: 25 * time.Microsecond, Busy: ratio(1.1), PerSecond: 40_000},
			{Rival: pages.Nginx, Skipped: errors.New("nginx is not installed")},
		},
		Loads: []contests.Load{
			{Name: "hits", Rates: []contests.Rate{{Rival: pages.Larder, PerSecond: 30_000, ToNoCache: 0.98, Hits: 1}}},
			{Name: "misses", Rates: []contests.Rate{{Rival: pages.Larder, PerSecond: 20_000, ToNoCache: 0.5}}},
		},
		Expiries: []contests.Expiry{{Rival: pages.GinCache, Visits: visits, Runs: 1, Blocked: 1}},
		Growths:  []contests.Growth{{Job: "entries", Per: "a read", Points: []contests.Cost{{N: 1, Time: 100}, {N: 1000, Time: 110}}}},
	}
}

func TestThePageSaysWhatWasFound(t *testing.T) {
	var page strings.Builder
	if err := report.Markdown(&page, findings(), "report"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Measured on 2026-11-23", "a processor, 2 cores, linux/amd64, go1.26", "redis-server: v=7",
		"1 met, 2 not met, 1 skipped",
		"| P1 | fast enough | ≤ 1.15 | 1.100 × | 1.000-1.200 | 1.001 | met |",
		"| P1 | too slow | ≤ 1.15 | 1.300 × | 1.200-1.400 | 1.001 | NOT MET |",
		"| NOT MET (unsure: the control is off) |",
		"skipped: no server", "nginx is not installed",
		"](report/reads.svg)", "1: 100ns, 1000: 110ns",
		"| cache | version | hits | misses |", "30000 (0.98, 100.0 %) | 20000 (0.50, 0.0 %) |",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q:\n%s", want, page.String())
		}
	}
}

func TestTheTableCountsWhatIsMet(t *testing.T) {
	var table strings.Builder
	if err := report.Table(&table, findings().Lines); err != nil {
		t.Fatal(err)
	}
	if want := "1 met, 2 NOT MET, 1 skipped"; !strings.Contains(table.String(), want) {
		t.Errorf("the table does not say %q:\n%s", want, table.String())
	}
}

func TestEveryPlotThatThePageShowsIsDrawn(t *testing.T) {
	folder := t.TempDir()
	if err := report.Plots(findings(), folder); err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	if err := report.Markdown(&page, findings(), "plots"); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for part := range strings.SplitSeq(page.String(), "](plots/") {
		name, _, isPlot := strings.Cut(part, ")")
		if !isPlot || !strings.HasSuffix(name, ".svg") {
			continue
		}
		shown++
		drawn, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(drawn), "<svg") {
			t.Errorf("%s is no SVG", name)
		}
	}
	if shown == 0 {
		t.Error("the page shows no plot")
	}
}
