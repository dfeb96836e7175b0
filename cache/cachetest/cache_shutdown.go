package cachetest

import (
	"context"

	"github.com/larder-go/larder/cache"
)

// cacheOperations are all operations of a cache on something.
var cacheOperations = map[string]func(ctx context.Context, c cache.Cache) error{
	"Get": func(ctx context.Context, c cache.Cache) error {
		_, err := c.Get(ctx, cacheKey, new(any))
		return err
	},
	"GetBytes": func(ctx context.Context, c cache.Cache) error { _, _, err := c.GetBytes(ctx, cacheKey); return err },
	"Has":      func(ctx context.Context, c cache.Cache) error { _, err := c.Has(ctx, cacheKey); return err },
	"Set":      func(ctx context.Context, c cache.Cache) error { return c.Set(ctx, cacheKey, 1) },
	"SetBytes": func(ctx context.Context, c cache.Cache) error { return c.SetBytes(ctx, cacheKey, nil) },
	"Add":      func(ctx context.Context, c cache.Cache) error { _, err := c.Add(ctx, cacheKey, 1); return err },
	"Touch":    func(ctx context.Context, c cache.Cache) error { _, err := c.Touch(ctx, cacheKey); return err },
	"Delete":   func(ctx context.Context, c cache.Cache) error { _, err := c.Delete(ctx, cacheKey); return err },
	"Clear":    func(ctx context.Context, c cache.Cache) error { return c.Clear(ctx) },
	"GetMany": func(ctx context.Context, c cache.Cache) error {
		_, err := c.GetMany(ctx, []string{cacheKey})
		return err
	},
	"SetMany": func(ctx context.Context, c cache.Cache) error {
		_, err := c.SetMany(ctx, map[string]any{cacheKey: 1})
		return err
	},
	"DeleteMany": func(ctx context.Context, c cache.Cache) error { return c.DeleteMany(ctx, []string{cacheKey}) },
	"IncrVersion": func(ctx context.Context, c cache.Cache) error {
		_, err := c.IncrVersion(ctx, cacheKey, 1)
		return err
	},
	"DecrVersion": func(ctx context.Context, c cache.Cache) error {
		_, err := c.DecrVersion(ctx, cacheKey, 1)
		return err
	},
	"Fill": func(ctx context.Context, c cache.Cache) error {
		_, err := c.Fill(ctx, cacheKey, new(any), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{}, nil }))
		return err
	},
}

// cacheCounters are those that need a Counter.
var cacheCounters = map[string]func(ctx context.Context, c cache.Cache) error{
	"Incr": func(ctx context.Context, c cache.Cache) error { _, err := c.Incr(ctx, cacheKey, 1); return err },
	"Decr": func(ctx context.Context, c cache.Cache) error { _, err := c.Decr(ctx, cacheKey, 1); return err },
}

// eachCacheOperation calls f for each operation that the store allows.
func (p *cacheProbe) eachCacheOperation(f func(name string, call func(ctx context.Context, c cache.Cache) error)) {
	p.Helper()
	for name, call := range cacheOperations {
		f(name, call)
	}
	if p.h.traits()&Counter == 0 {
		return
	}
	for name, call := range cacheCounters {
		f(name, call)
	}
}

var cacheShutdownCases = []cacheCase{{
	name: "cache/shutdown/closed",
	rule: "Every operation on a closed store is ErrClosed.",
	run: func(p *cacheProbe) {
		if err := p.store.Shutdown(p.Context()); err != nil {
			p.Fatal(err)
		}
		p.eachCacheOperation(func(name string, call func(context.Context, cache.Cache) error) {
			p.matches(name, call(p.Context(), p.cache), cache.ErrClosed)
		})
	},
}, {
	name: "cache/close/stays-usable",
	rule: "Close leaves the cache usable and is idempotent.",
	run: func(p *cacheProbe) {
		for range 2 {
			if err := p.cache.Close(p.Context()); err != nil {
				p.Errorf("Close: %v", err)
			}
			p.put(cacheKey, "value")
		}
	},
}, {
	name:  "cache/context/ended",
	rule:  "All operations honour their context.",
	needs: keeping,
	run: func(p *cacheProbe) {
		ctx, cancel := context.WithCancel(p.Context())
		cancel()
		p.eachCacheOperation(func(name string, call func(context.Context, cache.Cache) error) {
			p.put(cacheKey, 7)
			p.matches(name, call(ctx, p.cache), context.Canceled)
			p.finds(cacheKey, 7)
		})
	},
}}

var cacheDiscardCases = []cacheCase{{
	name: "cache/discard/operations",
	rule: "A store that keeps nothing: Add true, Get not found, Touch and Delete false, GetOrSet always computes.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value")
		p.misses(cacheKey)
		p.addsValue(cacheKey, "value", true)
		p.touches(cacheKey, false)
		p.deletesKey(cacheKey, false)
		for _, value := range []string{"first", "second"} {
			if got := p.load(cacheKey, value); got != value {
				p.Errorf("GetOrSet = %q, want what was loaded", got)
			}
		}
		_, err := p.cache.IncrVersion(p.Context(), cacheKey, 1)
		p.matches("IncrVersion", err, cache.ErrNotFound)
	},
}, {
	name:  "cache/discard/tags",
	rule:  "A store that keeps nothing takes tags, and invalidates nothing.",
	needs: Invalidator,
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Tags("a"))
		p.misses(cacheKey)
		if got := p.load(cacheKey, "loaded", cache.Tags("a")); got != "loaded" {
			p.Errorf("GetOrSet = %q, want what was loaded", got)
		}
		p.fillLate(nothing, "late")
		p.invalidates("a", "late")
	},
}, {
	name:  "cache/discard/incr",
	rule:  "A store that keeps nothing: Incr is ErrNotFound.",
	needs: Counter,
	run: func(p *cacheProbe) {
		p.put(cacheKey, 1)
		_, err := p.cache.Incr(p.Context(), cacheKey, 1)
		p.matches("Incr", err, cache.ErrNotFound)
	},
}}
