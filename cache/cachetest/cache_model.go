package cachetest

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// ModelCache holds a [cache.BaseCache] over the store of h against a model:
// random sequences of all operations over few keys and versions, each result
// compared, and after each step all entries. With a fake clock, time passes
// between the operations. See [ModelStore] for how many sequences there are.
func ModelCache(t *testing.T, h Harness) {
	t.Helper()
	if h.Discards {
		t.Log("not applicable: needs", keeping)
		return
	}
	rapid.Check(t, func(rt *rapid.T) { newCacheModelRun(rt, t, h).run() })
}

// cacheModelRun is one sequence of operations on a cache and its model.
type cacheModelRun struct {
	*rapid.T
	ctx   context.Context
	h     Harness
	store driver.Store
	cache cache.Cache
	clock *Clock

	// leases is whether the loads of the cache take leases.
	leases bool

	// entries are what the cache should hold. Those that have expired are
	// dropped when time passes.
	entries map[place]modelValue
	leased  map[place]modelLease
}

// place is where an entry is.
type place struct {
	key     string
	version int
}

// modelValue is a value with its expiry; the zero time stands for never.
type modelValue struct {
	value  any // int64, string, []byte, record or nil
	expiry time.Time
}

// modelLease is what loads may find that find no value: the lease of another process, until it
// expires, or is changed.
type modelLease struct {
	state  envelope.LeaseState
	expiry time.Time
}

// stores reports whether a load that does not wait stores its value.
func (l modelLease) stores() bool { return l.state != envelope.Loading && l.state != envelope.Alone }

const (
	modelVersions = 3 // from 0
	modelTimeout  = 3 // ticks, the alias's own
)

var (
	cacheModelKeys   = []string{"a", "b", "1:a"}
	cacheModelValues = []any{
		int64(0), int64(-5), int64(math.MaxInt64), "", "text", "7", []byte{}, []byte("bytes"), []byte("7"),
		nil, record{}, record{Name: "name", Tags: []string{"x"}, N: 3},
	}
)

func newCacheModelRun(rt *rapid.T, tb testing.TB, h Harness) *cacheModelRun {
	r := &cacheModelRun{T: rt, ctx: context.Background(), h: h, clock: NewClock(), entries: make(map[place]modelValue), leased: make(map[place]modelLease)}
	cfg := cache.Config{KeyPrefix: "shop", Timeout: cache.After(time.Hour)}
	opts := []cache.HandlerOption{cache.WithLogger(quiet)}
	var clock driver.Clock
	if h.FakeClock {
		clock = r.clock
		cfg.Timeout = cache.After(modelTimeout * h.tick())
		opts = append(opts, cache.WithClock(clock))
	}
	store := h.New(tb, clock)
	rt.Cleanup(func() {
		if err := store.Shutdown(r.ctx); err != nil {
			rt.Errorf("Shutdown: %v", err)
		}
	})
	r.store, r.leases = store, h.hasLeases()
	if spaces, ok := store.(driver.Namespacer); ok {
		r.store = spaces.In(driver.Namespace{Prefix: cfg.KeyPrefix}) // the key "1:a" does not tell
	}
	r.cache = buildBase(tb, store, cfg, opts...)
	return r
}

// run performs the sequence.
func (r *cacheModelRun) run() {
	actions := map[string]func(*rapid.T){
		"":           func(*rapid.T) { r.compareAll() },
		"Set":        func(*rapid.T) { r.set() },
		"Add":        func(*rapid.T) { r.add() },
		"Touch":      func(*rapid.T) { r.touch() },
		"Delete":     func(*rapid.T) { r.delete() },
		"Clear":      func(*rapid.T) { r.clear() },
		"GetMany":    func(*rapid.T) { r.getMany() },
		"SetMany":    func(*rapid.T) { r.setMany() },
		"DeleteMany": func(*rapid.T) { r.deleteMany() },
		"GetOrSet":   func(*rapid.T) { r.getOrSet() },
	}
	if r.leases {
		actions["lease"] = func(*rapid.T) { r.lease() }
	}
	if r.h.FakeClock {
		actions["Advance"] = func(*rapid.T) { r.advance() }
	}
	if r.h.Abilities&Counter != 0 && !r.h.UnsignedCounter {
		actions["Incr"] = func(*rapid.T) { r.incr() }
	}
	// Where the store cannot tell what is left of a timeout, the core knows
	// only what it was when the entry was stored.
	if r.h.Abilities&Expirer != 0 || !r.h.FakeClock {
		actions["IncrVersion"] = func(*rapid.T) { r.incrVersion() }
	}
	r.Repeat(actions)
}

func (r *cacheModelRun) place() place {
	return place{
		key:     rapid.SampledFrom(cacheModelKeys).Draw(r.T, "key"),
		version: rapid.IntRange(0, modelVersions-1).Draw(r.T, "version"),
	}
}

func (r *cacheModelRun) keys() []string {
	return rapid.SliceOfN(rapid.SampledFrom(cacheModelKeys), 0, 2*len(cacheModelKeys)).Draw(r.T, "keys")
}

func (r *cacheModelRun) value() any {
	return rapid.SampledFrom(cacheModelValues).Draw(r.T, "value")
}

// timeout returns a timeout of any kind, and what it means.
func (r *cacheModelRun) timeout() (opt cache.Option, expiry time.Time, lives bool) {
	var ticks int
	switch rapid.SampledFrom([]string{"omitted", "never", "positive", "zero", "negative"}).Draw(r.T, "timeout") {
	case "omitted":
		opt, ticks = nil, modelTimeout
	case "never":
		return cache.Never, time.Time{}, true
	case "positive":
		ticks = rapid.IntRange(1, 2*modelTimeout).Draw(r.T, "ticks")
		if r.h.FakeClock {
			opt = cache.After(time.Duration(ticks) * r.h.tick())
		} else {
			opt = cache.After(time.Hour)
		}
	case "zero":
		return cache.After(0), time.Time{}, false
	case "negative":
		return cache.After(-time.Second), time.Time{}, false
	}
	return opt, r.clock.Now().Add(time.Duration(ticks) * r.h.tick()), true
}

// put stores value in the model, or removes what is there.
func (r *cacheModelRun) put(at place, value any, expiry time.Time, lives bool) {
	r.remove(at)
	if lives {
		r.entries[at] = modelValue{value, expiry}
	}
}

// remove removes what the model has.
func (r *cacheModelRun) remove(at place) {
	delete(r.entries, at)
	delete(r.leased, at)
}

func (r *cacheModelRun) advance() {
	r.clock.Advance(time.Duration(rapid.IntRange(1, modelTimeout).Draw(r.T, "ticks")) * r.h.tick())
	maps.DeleteFunc(r.entries, func(_ place, e modelValue) bool {
		return !e.expiry.IsZero() && !r.clock.Now().Before(e.expiry)
	})
	maps.DeleteFunc(r.leased, func(_ place, l modelLease) bool { return !r.clock.Now().Before(l.expiry) })
}

// compareAll compares every entry that there is or could be.
func (r *cacheModelRun) compareAll() {
	for version := range modelVersions {
		found, err := r.cache.GetMany(r.ctx, cacheModelKeys, cache.Version(version))
		if err != nil {
			r.Fatalf("GetMany: %v", err)
		}
		for _, key := range cacheModelKeys {
			r.compare(place{key, version}, found)
		}
	}
}

// compare compares one entry with what GetMany found, and with Get and Has.
func (r *cacheModelRun) compare(at place, found map[string]cache.Value) {
	want, present := r.entries[at]
	fetched, ok := found[at.key]
	if has, err := r.cache.Has(r.ctx, at.key, cache.Version(at.version)); ok != present || has != present || err != nil {
		r.Fatalf("%v: GetMany found %v, Has = %v, %v, want %v", at, ok, has, err, present)
	}
	read := func(dst any) error {
		if found, err := r.cache.Get(r.ctx, at.key, dst, cache.Version(at.version)); err != nil || !found {
			r.Fatalf("%v: Get = %v, %v, want it found", at, found, err)
		}
		return nil
	}
	if present {
		r.compareValue(at, want.value, read)
		r.compareValue(at, want.value, fetched.Decode)
	}
}

// compareValue fails the run unless read gives want.
func (r *cacheModelRun) compareValue(at place, want any, read func(dst any) error) {
	var got any
	var err error
	switch want.(type) {
	case record:
		var dst record
		err = read(&dst)
		got = dst
	default:
		err = read(&got)
	}
	if err != nil || !sameValue(got, want) {
		r.Fatalf("%v: read %#v, %v, want %#v", at, got, err, want)
	}
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case record:
		b, ok := b.(record)
		return ok && a.Name == b.Name && a.N == b.N && slices.Equal(a.Tags, b.Tags)
	}
	return a == b
}
