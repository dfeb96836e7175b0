package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/e2e/soak/measure"
)

func TestLatenciesAreKeptByLineToWithinOnePercent(t *testing.T) {
	var ledger measure.Ledger
	calm := measure.Line{Backend: "redis", Op: "Get"}
	broken := measure.Line{Backend: "redis", Op: "Get", Broken: true}
	for ms := range 1000 {
		ledger.Add(calm, time.Duration(ms+1)*time.Millisecond, "")
	}
	ledger.Add(broken, time.Hour, "network")
	entries := ledger.Entries()
	if len(entries) != 2 || entries[0].Line != calm || entries[1].Line != broken {
		t.Fatalf("the lines are %+v", entries)
	}
	for _, c := range []struct{ got, want time.Duration }{
		{entries[0].P50, 500 * time.Millisecond},
		{entries[0].P90, 900 * time.Millisecond},
		{entries[0].P99, 990 * time.Millisecond},
		{entries[0].P999, 999 * time.Millisecond},
		{entries[0].Max, time.Second},
		{entries[1].Max, time.Minute}, // the longest that is distinguished
	} {
		if off := c.got - c.want; off.Abs() > c.want/100 {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
	if entries[0].Count != 1000 || entries[0].Failed() != 0 || entries[1].Errors["network"] != 1 {
		t.Errorf("the counts are %+v", entries)
	}
}

func TestErrorsInACalmAreAProblemIfTheyAreNotRare(t *testing.T) {
	var ledger measure.Ledger
	for i := range 1000 {
		kind := ""
		if i%20 == 0 {
			kind = "timed out"
		}
		ledger.Add(measure.Line{Backend: "redis", Op: "Get"}, time.Millisecond, kind)
		ledger.Add(measure.Line{Backend: "file", Op: "Get", Broken: true}, time.Millisecond, "network")
		ledger.Add(measure.Line{Backend: "memory", Op: "Get"}, time.Millisecond, map[bool]string{true: "rare"}[i == 0])
	}
	problems := measure.Uncalm(ledger.Entries())
	if len(problems) != 1 || !strings.Contains(problems[0], "50 of 1000 operations on redis") {
		t.Error(problems)
	}
}

func TestOnlyWhatBeganInACalmIsCalm(t *testing.T) {
	var health measure.Health
	began := time.Now()
	if !health.Calm(began) || !health.Sound(began) {
		t.Error("a new backend is not well")
	}
	health.Trouble()
	if !health.Calm(began) || health.Sound(began) {
		t.Error("a failure makes the calm unsound, and no fault")
	}
	health.Break()
	if health.Calm(time.Now()) {
		t.Error("a broken backend is calm")
	}
	health.Heal()
	if health.Calm(began) || !health.Sound(time.Now().Add(time.Second)) {
		t.Error("what began before the healing was not calm, and what begins after it is")
	}
}

func TestGrowthIsFoundAndNoiseIsNot(t *testing.T) {
	flat := make([]measure.Sample, 12)
	for i := range flat {
		flat[i] = measure.Sample{Heap: 40 << 20, Goroutines: 200 + i%5, Files: 90}
	}
	flat[10] = measure.Sample{Heap: 400 << 20, Goroutines: 5000, Files: 900} // one bad moment
	if problems := measure.Growth(flat); problems != nil {
		t.Error(problems)
	}
	growing := make([]measure.Sample, 12)
	for i := range growing {
		growing[i] = measure.Sample{Heap: int64(40+10*i) << 20, Goroutines: 200 + 30*i, Files: 90 + 20*i}
	}
	problems := strings.Join(measure.Growth(growing), "\n")
	for _, want := range []string{"heap", "goroutines", "files"} {
		if !strings.Contains(problems, want) {
			t.Errorf("the growth of %s is not in %q", want, problems)
		}
	}
	if problems := measure.Growth(growing[:2]); problems != nil {
		t.Error(problems)
	}
}

func TestASampleCountsGoroutines(t *testing.T) {
	before := measure.Take(time.Now())
	end := make(chan struct{})
	for range 50 {
		go func() { <-end }()
	}
	after := measure.Take(time.Now())
	close(end)
	if more := after.Goroutines - before.Goroutines; more < 50 || before.Heap == 0 {
		t.Errorf("%d more goroutines, want 50; heap %d", more, before.Heap)
	}
}
