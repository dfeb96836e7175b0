package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testbackends"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, load.OfProxy...) }

// writer is where a soak logs to in a test.
type writer struct{ t *testing.T }

func (w writer) Write(text []byte) (int, error) {
	w.t.Log(strings.TrimSuffix(string(text), "\n"))
	return len(text), nil
}

// Each server and each way to break one, in a few seconds.
func TestEveryBackendIsSoakedAndBroken(t *testing.T) {
	logger := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // pages tell it that a cache fails
	t.Cleanup(func() { slog.SetDefault(logger) })
	p := plan{
		length: time.Hour, most: len(faults),
		warm: time.Second, calm: 200 * time.Millisecond, fault: 300 * time.Millisecond, pace: 20 * time.Millisecond,
	}
	r := soak(t.Context(), p, writer{t})
	for _, problem := range r.Problems {
		t.Error(problem)
	}
	if len(r.Struck) != p.most || len(r.Samples) != p.most+1 {
		t.Errorf("%d faults and %d samples, want %d and one more", len(r.Struck), len(r.Samples), p.most)
	}
	wantEverythingMeasured(t, r)
	report := r.markdown()
	for _, want := range []string{"No answer was wrong", "| redis | killed | 1 |", "| memcached | cut off | 1 |", "| postgres | silent | 1 |", "| redis | slow | 1 |"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	t.Log(report)
}

// wantEverythingMeasured looks whether data and pages of every backend are in the
// result.
func wantEverythingMeasured(t *testing.T, r *result) {
	t.Helper()
	counts := make(map[[2]string]int64)
	for _, e := range r.Entries {
		counts[[2]string{e.Backend, e.Op}] += e.Count
	}
	for _, b := range testbackends.All() {
		backend := b.Name
		for _, op := range []string{"GetBytes", "GetMany", "SetBytes", "Fill", "Incr", "GET, hit", "GET, made", "GET, one user's", "GET, conditional", "GET, range", "GET, overtaken", "POST", "purge"} {
			if counts[[2]string{backend, op}] == 0 {
				t.Errorf("no %s on %s", op, backend)
			}
		}
	}
}
