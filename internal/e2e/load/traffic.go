package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver/launch"
)

const (
	counters  = 2
	mostWrong = 5  // of one kind, after which failures are the same again
	mostKinds = 20 // of failures
	maxWait   = 30 * time.Second
)

// Traffic is goroutines that use a cache until [Traffic.Stop]. Its methods may
// be called from any goroutine.
type Traffic struct {
	cache    cache.Cache
	opts     Options
	records  []*record // those of each worker in turn
	counters []*counter
	tb       TB

	running sync.WaitGroup
	over    chan struct{}
	stop    sync.Mutex // held while the traffic is being stopped
	stopped bool       // under stop

	mu       sync.Mutex
	total    Counts
	marked   Counts
	examples map[string]string
	wrong    []string
	kinds    map[string]int // how many of each kind are in wrong
}

// Start starts traffic on c: Get, GetMany, Set, SetMany, Add, Delete, Touch and
// Fill on keys that no other traffic has, and Incr of some counters. It ends with the
// test at the latest; a read that was wrong and an error that is not documented
// then fail the test.
func Start(tb TB, c cache.Cache, o Options) *Traffic {
	tb.Helper()
	t := &Traffic{
		cache:    c,
		opts:     o.withDefaults(),
		tb:       tb,
		over:     make(chan struct{}),
		total:    Counts{Kinds: make(map[string]int)},
		marked:   Counts{Kinds: make(map[string]int)},
		examples: make(map[string]string),
		kinds:    make(map[string]int),
	}
	run := rand.Uint32()
	for i := range t.opts.Workers * t.opts.Keys {
		t.records = append(t.records, newRecord(fmt.Sprintf("%s-%08x-%d", t.opts.Prefix, run, i), &t.opts))
	}
	for i := range counters {
		t.counters = append(t.counters, newCounter(fmt.Sprintf("%s-%08x-count-%d", t.opts.Prefix, run, i), &t.opts))
	}
	for i := range t.opts.Workers {
		own := t.records[i*t.opts.Keys : (i+1)*t.opts.Keys]
		t.running.Go(func() { t.work(newWorker(t, own)) })
	}
	tb.Cleanup(func() { t.Stop() })
	return t
}

func (t *Traffic) work(w *worker) {
	tick := time.NewTicker(t.opts.Pace)
	defer tick.Stop()
	for {
		select {
		case <-t.over:
			return
		case <-tick.C:
			w.step()
		}
	}
}

// Mark sets the counts that [Traffic.Until] sees back to zero.
func (t *Traffic) Mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.marked = Counts{Kinds: make(map[string]int)}
}

// Counts returns the counts since the last Mark, or the start.
func (t *Traffic) Counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.marked.clone()
}

// Until waits until the counts since the last [Traffic.Mark] meet the condition.
// After 30 s it gives up: the test fails, and Until returns false.
func (t *Traffic) Until(tb TB, cond func(Counts) bool) bool {
	tb.Helper()
	err := launch.Await(tb.Context(), func(context.Context) error {
		if c := t.Counts(); !cond(c) {
			return errors.New(c.String())
		}
		return nil
	})
	if err != nil {
		tb.Errorf("the load does not get there: %v; %v", err, t.Report().Examples)
	}
	return err == nil
}

// Lost says that from now on the data that the server had may be gone, or be
// older data: what was acknowledged before counts no longer. Call it when the
// server has gone and before another, or the same again, takes its place.
func (t *Traffic) Lost() {
	for _, r := range t.records {
		r.lose()
	}
	for _, c := range t.counters {
		c.lose()
	}
}

// Stop ends the traffic, waits for the operations under way, and returns what
// it has seen. The test fails if that was wrong. Another Stop returns the same.
func (t *Traffic) Stop() Report {
	t.tb.Helper()
	t.stop.Lock()
	defer t.stop.Unlock()
	if t.stopped {
		return t.Report()
	}
	t.stopped = true
	close(t.over)
	t.wait()
	report := t.Report()
	for _, text := range report.Wrong {
		t.tb.Error(text)
	}
	t.tb.Log(report.Counts)
	return report
}

// wait waits for the operations under way, but not for ever.
func (t *Traffic) wait() {
	idle := make(chan struct{})
	go func() {
		t.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(maxWait):
		t.mistake(fmt.Errorf("operations have not ended %s after the end of the load", maxWait))
	}
}

// Report returns what the traffic has seen so far.
func (t *Traffic) Report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Report{Counts: t.total.clone(), Examples: maps.Clone(t.examples), Wrong: slices.Clone(t.wrong)}
}

// count changes both counts.
func (t *Traffic) count(change func(*Counts)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.total)
	change(&t.marked)
}

// ended counts how an operation has ended: well, or with an error of a kind.
func (t *Traffic) ended(err error) (kind string, well bool) {
	if err == nil {
		t.count(func(c *Counts) { c.OK++; c.Row++ })
		return "", true
	}
	kind = t.opts.kindOf(err)
	if kind == "" {
		t.mistake(fmt.Errorf("an error that is not documented: %w (%T)", err, errors.Unwrap(err)))
		kind = "undocumented"
	}
	t.count(func(c *Counts) { c.Errors++; c.Kinds[kind]++; c.Row = 0 })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.examples[kind] = err.Error()
	return kind, false
}

// mistake notes what must not happen, unless it is nil.
func (t *Traffic) mistake(err error) {
	if err == nil {
		return
	}
	kind := kindOfMistake(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.kinds[kind]; n == mostWrong || n == 0 && len(t.kinds) == mostKinds {
		return
	}
	t.kinds[kind]++
	t.wrong = append(t.wrong, err.Error())
}

// kindOfMistake returns what an error says without the key and the numbers in it.
func kindOfMistake(err error) string {
	_, what, _ := strings.Cut(err.Error(), ": ")
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, what)
}
