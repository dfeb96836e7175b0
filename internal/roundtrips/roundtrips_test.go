// Package roundtrips_test counts the round trips of each operation on real
// servers, and writes docs/round-trips.md.
package roundtrips_test

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
)

var update = flag.Bool("update", false, "rewrite docs/round-trips.md")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRoundTripsAreThoseOfTheTable(t *testing.T) {
	var tab table
	all := slices.Concat(operations, pageOperations)
	for _, op := range all {
		tab.rows = append(tab.rows, op.name)
	}
	measured := 0
	for _, b := range backends {
		tab.columns = append(tab.columns, b.name)
		t.Run(b.name, func(t *testing.T) {
			bench := newBench(t, b)
			for _, op := range all {
				if !op.scattered || !b.scatters {
					tab.set(op.name, b.name, bench.measure(t, op))
				}
			}
			measured++
		})
	}
	switch {
	case t.Failed():
	case measured < len(backends):
		t.Logf("%d of %d backends were measured: the table is not compared", measured, len(backends))
	default:
		tab.compare(t)
	}
}

// bench is a backend on which operations are measured.
type bench struct {
	backend backend
	meter   *testserver.Meter
	place   place
	page    int      // the number of the page that is asked for
	warm    *process // it has done each operation before
}

func newBench(t *testing.T, b backend) *bench {
	meter := testserver.NewMeter()
	bench := &bench{backend: b, meter: meter, place: b.start(t, meter)}
	bench.warm = bench.newProcess(t)
	return bench
}

// attempts is how often an operation is counted. What a client does beside it,
// such as to try a connection that has not been used for a while, is not the
// operation's, and so the least counts.
const attempts = 3

func (b *bench) measure(t *testing.T, op operation) testserver.Trips {
	t.Helper()
	if !op.inNew {
		b.count(t, op, b.warm) // the server may have to be shown a script
	}
	var least testserver.Trips
	for i := range attempts {
		p := b.warm
		if op.inNew {
			p = b.newProcess(t)
		}
		if trips := b.count(t, op, p); i == 0 || trips.Total < least.Total {
			least = trips
		}
	}
	if want := max(b.backend.together[op.name].Together, 1); least.AtOnce != want {
		t.Errorf("%s: %d round trips, %d of them at once, want %d at once", op.name, least.Total, least.AtOnce, want)
	}
	return least
}

// count returns the round trips of one operation, which p does. What it expects
// is brought about by the warm process.
func (b *bench) count(t *testing.T, op operation, p *process) testserver.Trips {
	t.Helper()
	if op.before != nil {
		if err := op.before(t.Context(), b.warm); err != nil {
			t.Fatalf("before %s: %v", op.name, err)
		}
	}
	b.place.settled(t)
	var err error
	trips := b.meter.Count(b.backend.together[op.name], func() { err = op.do(t.Context(), p) })
	if err != nil {
		t.Fatalf("%s: %v", op.name, err)
	}
	return trips
}

// process is what one program has: a cache, and a site with pages.
type process struct {
	handler *cache.Handler
	cache   cache.Cache
	site    http.Handler
	page    *int // of the bench
}

// newProcess returns a process whose connections are open.
func (b *bench) newProcess(t *testing.T) *process {
	t.Helper()
	settings := cache.Settings{cache.DefaultAlias: b.place.config}
	h, err := cache.NewHandler(settings, cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	p := &process{handler: h, cache: h.Proxy(cache.DefaultAlias), site: site(), page: &b.page}
	b.connect(t, p)
	return p
}

// connect has p make a connection to each server, and read something. Which
// replica answers is chance: that one of two is never asked happens once in a
// million runs.
func (b *bench) connect(t *testing.T, p *process) {
	t.Helper()
	do := func(f func(context.Context, *process) error) {
		t.Helper()
		if err := f(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		b.place.settled(t)
	}
	do(setMany(100))
	for range 21 {
		do(getMany(100))
	}
	do(set)
	do(get)
}

func (at place) settled(t *testing.T) {
	t.Helper()
	if at.settle == nil {
		return
	}
	if err := at.settle(); err != nil {
		t.Fatal(err)
	}
}
