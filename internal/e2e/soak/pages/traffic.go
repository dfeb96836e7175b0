package pages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/e2e/soak/measure"
)

// Options say how many visits there are.
type Options struct {
	// Visitors is how many goroutines there are; the default is 4.
	Visitors int

	// Pace is the time from the start of one visit of a visitor to that of the
	// next, unless the first takes longer; the default is 50 ms.
	Pace time.Duration

	// Observe is told how long visits took, by what they were and what
	// Cache-Status said. Several goroutines call it at the same time.
	Observe func(op string, began time.Time, took time.Duration)
}

// Traffic is visitors of the pages of one alias.
type Traffic struct {
	site    *Site
	alias   string
	health  *measure.Health // of the backend of the alias
	opts    Options
	tb      load.TB
	ctx     context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	stop    sync.Once

	visits atomic.Int64
	hits   atomic.Int64
	wrong  atomic.Int64
}

// mostWrong is after how many failures they are the same again.
const mostWrong = 20

// Visit starts visits to the pages of an alias. They end with the test at the
// latest; an answer that was wrong fails it.
func Visit(tb load.TB, site *Site, alias string, health *measure.Health, opts Options) *Traffic {
	tb.Helper()
	if opts.Visitors == 0 {
		opts.Visitors = 4
	}
	if opts.Pace == 0 {
		opts.Pace = 50 * time.Millisecond
	}
	t := &Traffic{site: site, alias: alias, health: health, opts: opts, tb: tb}
	t.ctx, t.end = context.WithCancel(context.Background())
	for range opts.Visitors {
		t.running.Go(func() { t.visitAll(newVisitor(t)) })
	}
	tb.Cleanup(t.Stop)
	return t
}

func (t *Traffic) visitAll(v *visitor) {
	tick := time.NewTicker(t.opts.Pace)
	defer tick.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-tick.C:
			v.visit()
		}
	}
}

// Stop ends the visits, and waits for those under way.
func (t *Traffic) Stop() {
	t.stop.Do(func() {
		t.end()
		t.running.Wait()
	})
}

// Visits returns how many visits there were.
func (t *Traffic) Visits() int64 { return t.visits.Load() }

// Hits returns how many pages came from the cache.
func (t *Traffic) Hits() int64 { return t.hits.Load() }

// Wrong returns how many answers were wrong.
func (t *Traffic) Wrong() int64 { return t.wrong.Load() }

// mistake notes what must not happen, unless it is nil.
func (t *Traffic) mistake(err error) {
	if err != nil && t.wrong.Add(1) <= mostWrong {
		t.tb.Error(fmt.Errorf("pages on %s: %w", t.alias, err))
	}
}

// observe notes a visit that went well.
func (t *Traffic) observe(op string, began time.Time) {
	t.visits.Add(1)
	if t.opts.Observe != nil {
		t.opts.Observe(op, began, time.Since(began))
	}
}

// urls is how many pages an area has, and skew is with which exponent of Zipf's law
// they are visited.
const (
	urls = 60
	skew = 1.1
)

// visitor is one goroutine's share of the traffic.
type visitor struct {
	*Traffic
	zipf *rand.Zipf
}

func newVisitor(t *Traffic) *visitor {
	return &visitor{t, rand.NewZipf(rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), skew, 1, urls-1)}
}

// path draws a page of an area.
func (v *visitor) path(a *area) string {
	return fmt.Sprintf("/%s/%s/%d", v.alias, a.name, v.zipf.Uint64())
}

func one[T any](list []T) T { return list[rand.IntN(len(list))] }

// visit makes one visit, which is mostly to read a page.
func (v *visitor) visit() {
	switch n := rand.IntN(100); {
	case n < 60:
		v.read(one(areas[:len(areas)-1])) // the slow ones are for the crowd
	case n < 72:
		v.revalidate(one([]*area{&plain, &language, &theme}))
	case n < 82:
		v.readPart(one([]*area{&plain, &stream}))
	case n < 87:
		v.leave(one([]*area{&stream, &slow}))
	case n < 89:
		v.crowd()
	case n < 91:
		v.overtake()
	case n < 95:
		v.post(one(areas))
	default:
		v.purge(one(areas))
	}
}
