package cachetest

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// A cacheProbe is what a case for caches works with: a probe of the store and
// a cache over it, with the operations in a form that fails the test when the
// cache fails.
type cacheProbe struct {
	*probe
	build  CacheBuilder
	cache  cache.Cache // with the prefix "shop"
	events *eventLog
}

// record is a value for the codec.
type record struct {
	Name string
	Tags []string
	N    int
}

// receipt is another type than record, with fields of the same names.
type receipt struct {
	Name string
	N    int
}

// cacheKey is the key that cases use where it does not matter.
const cacheKey = "key"

func newCacheProbe(tb testing.TB, h Harness, build CacheBuilder) *cacheProbe {
	tb.Helper()
	p := &cacheProbe{probe: newProbe(tb, h), build: build, events: new(eventLog)}
	p.cache = p.open(cache.Config{KeyPrefix: "shop"})
	return p
}

// open returns another cache over the store, as another process would.
func (p *cacheProbe) open(cfg cache.Config) cache.Cache {
	p.Helper()
	events := new(signals.Signal[cache.Event])
	events.Connect(p.events.receive)
	opts := []cache.HandlerOption{cache.WithEvents(events), cache.WithLogger(quiet)}
	if p.clock != nil {
		opts = append(opts, cache.WithClock(p.clock))
	}
	return p.build(p.TB, p.store, cfg, opts...)
}

// with returns a probe with another cache over the same store.
func (p *cacheProbe) with(cfg cache.Config) *cacheProbe {
	p.Helper()
	other := *p
	other.cache = p.open(cfg)
	return &other
}

// finalKey is the key that the store has for key at version 1.
func finalKey(key string) string { return cache.DefaultKey("shop", 1, key) }

func (p *cacheProbe) put(key string, value any, opts ...cache.Option) {
	p.Helper()
	if err := p.cache.Set(p.Context(), key, value, opts...); err != nil {
		p.Fatalf("Set: %v", err)
	}
}

// finds fails the case unless Get finds want, read into its type.
func (p *cacheProbe) finds(key string, want any, opts ...cache.Option) {
	p.Helper()
	dst := reflect.New(reflect.TypeOf(want))
	found, err := p.cache.Get(p.Context(), key, dst.Interface(), opts...)
	if got := dst.Elem().Interface(); err != nil || !found || !reflect.DeepEqual(got, want) {
		p.Errorf("Get(%s) = %#v, %v, %v, want %#v", brief(key), got, found, err, want)
	}
}

// misses fails the case unless every operation that reads finds nothing.
func (p *cacheProbe) misses(key string, opts ...cache.Option) {
	p.Helper()
	var dst any
	if found, err := p.cache.Get(p.Context(), key, &dst, opts...); found || err != nil {
		p.Errorf("Get(%s) = %v, %v, %v, want a miss", brief(key), dst, found, err)
	}
	if value, found, err := p.cache.GetBytes(p.Context(), key, opts...); found || err != nil {
		p.Errorf("GetBytes(%s) = %q, %v, %v, want a miss", brief(key), value, found, err)
	}
	p.has(key, false, opts...)
	if values, err := p.cache.GetMany(p.Context(), []string{key}, opts...); len(values) != 0 || err != nil {
		p.Errorf("GetMany(%s) = %d values, %v, want none", brief(key), len(values), err)
	}
}

func (p *cacheProbe) has(key string, want bool, opts ...cache.Option) {
	p.Helper()
	p.reports("Has", key, want)(p.cache.Has(p.Context(), key, opts...))
}

func (p *cacheProbe) addsValue(key string, value any, want bool, opts ...cache.Option) {
	p.Helper()
	p.reports("Add", key, want)(p.cache.Add(p.Context(), key, value, opts...))
}

func (p *cacheProbe) touches(key string, want bool, opts ...cache.Option) {
	p.Helper()
	p.reports("Touch", key, want)(p.cache.Touch(p.Context(), key, opts...))
}

func (p *cacheProbe) deletesKey(key string, want bool, opts ...cache.Option) {
	p.Helper()
	p.reports("Delete", key, want)(p.cache.Delete(p.Context(), key, opts...))
}

// reports returns a check of what an operation reported.
func (p *cacheProbe) reports(op, key string, want bool) func(bool, error) {
	p.Helper()
	return func(got bool, err error) {
		p.Helper()
		if err != nil || got != want {
			p.Errorf("%s(%s) = %v, %v, want %v", op, brief(key), got, err, want)
		}
	}
}

// load is a GetOrSet of value, which it returns or what was there.
func (p *cacheProbe) load(key string, value string, opts ...cache.Option) string {
	p.Helper()
	got, err := cache.For[string](p.cache).GetOrSet(p.Context(), key, func(context.Context) (string, error) { return value, nil }, opts...)
	if err != nil {
		p.Errorf("GetOrSet(%s): %v", brief(key), err)
	}
	return got
}

// expiresAfter fails the case unless the entries under keys, of which d is left,
// expire then. It lets d pass. Without a fake clock it only checks the end.
func (p *cacheProbe) expiresAfter(d time.Duration, keys ...string) {
	p.Helper()
	if p.clock != nil {
		p.advance(d - p.h.tick())
		for _, key := range keys {
			p.has(key, true)
		}
		d = p.h.tick()
	}
	p.advance(d)
	for _, key := range keys {
		p.misses(key)
	}
}

// eventLog remembers events.
type eventLog struct {
	mu     sync.Mutex
	events []cache.Event
}

func (l *eventLog) receive(_ context.Context, _ any, e cache.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
	return nil
}

// forget forgets the events until now.
func (l *eventLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = nil
}

// reported fails the case unless an event of kind was published for op since
// the last call.
func (p *cacheProbe) reported(op string, kind cache.EventKind) {
	p.Helper()
	p.events.mu.Lock()
	defer p.events.mu.Unlock()
	if !slices.ContainsFunc(p.events.events, func(e cache.Event) bool { return e.Op == op && e.Kind == kind }) {
		p.Errorf("%s published no %v event", op, kind)
	}
	p.events.events = nil
}

// notReported fails the case if an event of kind was published since the last call.
func (p *cacheProbe) notReported(kind cache.EventKind) {
	p.Helper()
	p.events.mu.Lock()
	defer p.events.mu.Unlock()
	for _, e := range p.events.events {
		if e.Kind == kind {
			p.Errorf("%s published %v", e.Op, kind)
		}
	}
	p.events.events = nil
}
