package cachetest

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// lease puts the lease of another process under cacheKey.
func (p *cacheProbe) lease(state envelope.LeaseState) {
	p.Helper()
	p.set(finalKey(cacheKey), string(envelope.NewLease(state).Append(nil)), leaseTTL)
}

// leaseStates are what a lease may say, and whether a load that finds one stores its value.
var leaseStates = map[envelope.LeaseState]struct {
	name   string
	stores bool
}{
	envelope.Loading: {"loading", false},
	envelope.Alone:   {"alone", false},
	envelope.Free:    {"free", true},
	envelope.Failed:  {"failed", true},
}

// eachLease calls f with a lease in each state under cacheKey.
func (p *cacheProbe) eachLease(f func()) {
	p.Helper()
	for state, s := range leaseStates {
		failedBefore := p.Failed()
		p.lease(state)
		f()
		if p.Failed() && !failedBefore {
			p.Errorf("that was with a lease that is %s", s.name)
		}
	}
}

var cacheLeaseCases = []cacheCase{{
	name: "cache/lease/read",
	rule: "A lease is no entry: reading it is a miss, and no corrupt entry.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			p.events.forget()
			p.misses(cacheKey)
			p.notReported(cache.EventCorrupt)
			value, err := cache.Async(p.cache).GetBytes(p.Context(), cacheKey).Await(p.Context())
			if value.Found || err != nil {
				p.Errorf("asynchronous GetBytes = %+v, %v, want a miss", value, err)
			}
		})
	},
}, {
	name: "cache/lease/add",
	rule: "Add stores instead of a lease.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			p.addsValue(cacheKey, "new", true)
			p.finds(cacheKey, "new")
			p.addsValue(cacheKey, "newer", false)
		})
	},
}, {
	name: "cache/lease/set",
	rule: "Set and SetMany store instead of a lease.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			p.put(cacheKey, "new")
			p.finds(cacheKey, "new")
			p.lease(envelope.Loading)
			if failed, err := p.cache.SetMany(p.Context(), map[string]any{cacheKey: "many"}); len(failed) > 0 || err != nil {
				p.Errorf("SetMany = %q, %v", failed, err)
			}
			p.finds(cacheKey, "many")
		})
	},
}, {
	name: "cache/lease/delete",
	rule: "A deletion removes a lease, and does not report it.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			p.deletesKey(cacheKey, false)
			p.absent(finalKey(cacheKey))
			p.lease(envelope.Loading)
			p.reports("asynchronous Delete", cacheKey, false)(cache.Async(p.cache).Delete(p.Context(), cacheKey).Await(p.Context()))
			p.absent(finalKey(cacheKey))
			p.lease(envelope.Loading)
			p.touches(cacheKey, false, cache.After(0))
			p.absent(finalKey(cacheKey))
			p.lease(envelope.Loading)
			if err := p.cache.DeleteMany(p.Context(), []string{cacheKey}); err != nil {
				p.Errorf("DeleteMany: %v", err)
			}
			p.absent(finalKey(cacheKey))
		})
	},
}, {
	name: "cache/lease/clear",
	rule: "Clear removes leases.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			if err := p.cache.Clear(p.Context()); err != nil {
				p.Errorf("Clear: %v", err)
			}
			p.load(cacheKey, "new", cache.LeaseWait(0))
			p.finds(cacheKey, "new")
		})
	},
}, {
	name: "cache/lease/touch",
	rule: "Touch does not report a lease, and does not make it live longer.",
	run: func(p *cacheProbe) {
		p.eachLease(func() { p.touches(cacheKey, false, cache.After(time.Hour)) })
		if expirer, ok := p.store.(driver.Expirer); ok {
			if left, err := expirer.TTL(p.Context(), []byte(finalKey(cacheKey))); left > leaseTTL+p.h.tick() || err != nil {
				p.Errorf("a lease that was touched with an hour has %v left, %v; want %v", left, err, leaseTTL)
			}
		}
		if p.clock != nil {
			p.advance(leaseTTL)
			p.absent(finalKey(cacheKey))
		}
	},
}, {
	name:  "cache/lease/incr",
	rule:  "Incr of a lease is ErrNotFound, and leaves it.",
	needs: Counter,
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			_, err := p.cache.Incr(p.Context(), cacheKey, 1)
			p.matches("Incr", err, cache.ErrNotFound)
			_, err = cache.Async(p.cache).Incr(p.Context(), cacheKey, 1).Await(p.Context())
			p.matches("asynchronous Incr", err, cache.ErrNotFound)
			if raw, err := p.store.Get(p.Context(), []byte(finalKey(cacheKey))); len(raw) != driver.HeadSize || err != nil {
				p.Errorf("Incr has left %d bytes, %v, want the lease", len(raw), err)
			}
		})
	},
}, {
	name: "cache/lease/incr-version",
	rule: "IncrVersion of a lease is ErrNotFound; it moves an entry to where a lease is.",
	run: func(p *cacheProbe) {
		p.eachLease(func() {
			_, err := p.cache.IncrVersion(p.Context(), cacheKey, 1)
			p.matches("IncrVersion", err, cache.ErrNotFound)
			p.put(cacheKey, "moved", cache.Version(2))
			if version, err := p.cache.DecrVersion(p.Context(), cacheKey, 1, cache.Version(2)); version != 1 || err != nil {
				p.Errorf("DecrVersion = %d, %v", version, err)
			}
			p.finds(cacheKey, "moved")
		})
	},
}, {
	name: "cache/lease/get-or-set",
	rule: "A load that finds the lease of another process, and does not wait, stores only if that was given up.",
	run: func(p *cacheProbe) {
		for state, s := range leaseStates {
			p.lease(state)
			if got := p.load(cacheKey, s.name, cache.LeaseWait(0)); got != s.name {
				p.Errorf("%s: GetOrSet = %q, want what was loaded", s.name, got)
			}
			p.has(cacheKey, s.stores)
		}
	},
}, {
	name: "cache/lease/one-load",
	rule: "Of two processes one loads, and the other gets that value.",
	run: func(p *cacheProbe) {
		loads := p.inTwoProcesses(func(ctx context.Context, _ *cacheProbe) error { return nil })
		if loads != 1 {
			p.Errorf("%d loads, want one", loads)
		}
		p.finds(cacheKey, "loaded")
	},
}, {
	name: "cache/lease/late-store",
	rule: "A load stores nothing if another process has changed the key since it began.",
	run: func(p *cacheProbe) {
		for name, change := range changesOfAKey {
			p.inTwoProcesses(func(ctx context.Context, other *cacheProbe) error { return change.do(ctx, other.cache) })
			if failedBefore := p.Failed(); change.leaves == "" {
				p.misses(cacheKey)
			} else {
				p.finds(cacheKey, change.leaves)
				if p.Failed() && !failedBefore {
					p.Errorf("that was after %s", name)
				}
			}
			if _, err := p.cache.Delete(p.Context(), cacheKey); err != nil {
				p.Fatal(err)
			}
		}
	},
}, {
	name:  "cache/lease/clock-jumps",
	rule:  "A load whose lease has expired, as when the clock jumps, stores nothing.",
	needs: fakeClock,
	run: func(p *cacheProbe) {
		got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (string, error) {
			p.clock.Advance(time.Hour)
			return "loaded", nil
		})
		if got != "loaded" || err != nil {
			p.Errorf("GetOrSet = %q, %v, want what was loaded", got, err)
		}
		p.misses(cacheKey)
		p.load(cacheKey, "again")
		p.finds(cacheKey, "again")
	},
}}

// changesOfAKey are all operations that change a key, and the value that they leave.
var changesOfAKey = map[string]struct {
	do     func(context.Context, cache.Cache) error
	leaves string
}{
	"Delete":     {func(ctx context.Context, c cache.Cache) error { _, err := c.Delete(ctx, cacheKey); return err }, ""},
	"DeleteMany": {func(ctx context.Context, c cache.Cache) error { return c.DeleteMany(ctx, []string{cacheKey}) }, ""},
	"expiry": {func(ctx context.Context, c cache.Cache) error {
		_, err := c.Touch(ctx, cacheKey, cache.After(0))
		return err
	}, ""},
	"Set": {func(ctx context.Context, c cache.Cache) error { return c.Set(ctx, cacheKey, "set") }, "set"},
	"SetMany": {func(ctx context.Context, c cache.Cache) error {
		_, err := c.SetMany(ctx, map[string]any{cacheKey: "set"})
		return err
	}, "set"},
	"Add": {func(ctx context.Context, c cache.Cache) error { _, err := c.Add(ctx, cacheKey, "added"); return err }, "added"},
	"an asynchronous Delete": {func(ctx context.Context, c cache.Cache) error {
		_, err := cache.Async(c).Delete(ctx, cacheKey).Await(ctx)
		return err
	}, ""},
	"an asynchronous Set": {func(ctx context.Context, c cache.Cache) error {
		_, err := cache.Async(c).Set(ctx, cacheKey, "set").Await(ctx)
		return err
	}, "set"},
	"IncrVersion": {func(ctx context.Context, c cache.Cache) error {
		if err := c.Set(ctx, cacheKey, "moved", cache.Version(0)); err != nil {
			return err
		}
		_, err := c.IncrVersion(ctx, cacheKey, 1, cache.Version(0))
		return err
	}, "moved"},
}

// inTwoProcesses loads cacheKey in the cache of p, and while that goes on calls meanwhile with
// a probe of another process, which then asks for the key, too. It returns how many loads
// there were.
func (p *cacheProbe) inTwoProcesses(meanwhile func(context.Context, *cacheProbe) error) (loads int) {
	p.Helper()
	other := p.with(cache.Config{KeyPrefix: "shop"})
	var second chan string
	got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(ctx context.Context) (string, error) {
		loads++
		if err := meanwhile(p.Context(), other); err != nil {
			return "", err
		}
		if raw, err := p.store.Get(p.Context(), []byte(finalKey(cacheKey))); err == nil && len(raw) == driver.HeadSize {
			second = make(chan string, 1)
			go func() { second <- other.load(cacheKey, "wrong") }()
			time.Sleep(10 * time.Millisecond) // it waits, or would have loaded
		}
		return "loaded", nil
	})
	if err != nil {
		p.Errorf("GetOrSet = %q, %v", got, err)
	}
	if second != nil {
		if got := <-second; got != "loaded" {
			p.Errorf("GetOrSet in the other process = %q, want what the first has loaded", got)
			loads++
		}
	}
	return loads
}
