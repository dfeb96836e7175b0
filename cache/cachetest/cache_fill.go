package cachetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache"
)

var errLoad = errors.New("the load failed")

var cacheFillCases = []cacheCase{{
	name: "cache/get-or-set/miss-then-hit",
	rule: "A miss loads and stores; a hit never calls the loader.",
	run: func(p *cacheProbe) {
		loads := 0
		load := func(context.Context) (record, error) {
			loads++
			return record{Name: "loaded"}, nil
		}
		for range 3 {
			got, err := cache.For[record](p.cache).GetOrSet(p.Context(), cacheKey, load)
			if err != nil || got.Name != "loaded" {
				p.Errorf("GetOrSet = %v, %v, want what was loaded", got, err)
			}
		}
		if loads != 1 {
			p.Errorf("the loader ran %d times, want once", loads)
		}
		p.finds(cacheKey, record{Name: "loaded"})
	},
}, {
	name: "cache/get-or-set/error",
	rule: "An error of the loader stores nothing.",
	run: func(p *cacheProbe) {
		_, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (string, error) { return "half", errLoad })
		p.matches("GetOrSet", err, errLoad)
		p.misses(cacheKey)
	},
}, {
	name: "cache/get-or-set/nil",
	rule: "A nil from the loader is stored as nil.",
	run: func(p *cacheProbe) {
		loads := 0
		for range 2 {
			got, err := cache.For[*record](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (*record, error) {
				loads++
				return nil, nil
			})
			if got != nil || err != nil {
				p.Errorf("GetOrSet = %v, %v, want nil", got, err)
			}
		}
		if loads != 1 {
			p.Errorf("the loader ran %d times, want once", loads)
		}
	},
}, {
	name: "cache/get-or-set/no-loader",
	rule: "GetOrSet without a loader is ErrNilLoader.",
	run: func(p *cacheProbe) {
		_, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, nil)
		p.matches("GetOrSet", err, cache.ErrNilLoader)
	},
}, {
	name: "cache/get-or-set/one-load",
	rule: "In one process N concurrent callers run one loader.",
	run: func(p *cacheProbe) {
		const callers = 16
		var loads atomic.Int32
		var waiting sync.WaitGroup
		waiting.Add(callers)
		load := func(context.Context) (string, error) {
			loads.Add(1)
			waiting.Wait() // until all callers have begun
			return "loaded", nil
		}
		p.together(callers, func(int) error {
			waiting.Done()
			got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, load)
			if err == nil && got != "loaded" {
				err = fmt.Errorf("GetOrSet = %q", got)
			}
			return err
		})
		if n := loads.Load(); n != 1 {
			p.Errorf("the loader ran %d times, want once", n)
		}
	},
}, {
	name: "cache/get-or-set/another-process-wins",
	rule: "A miss is stored with Add; if another writer won, its value is returned.",
	run: func(p *cacheProbe) {
		other := p.with(cache.Config{KeyPrefix: "shop"})
		got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (string, error) {
			other.put(cacheKey, "theirs")
			return "ours", nil
		})
		if got != "theirs" || err != nil {
			p.Errorf("GetOrSet = %q, %v, want the other's value", got, err)
		}
		p.finds(cacheKey, "theirs")
	},
}, {
	name: "cache/get-or-set/invalidated",
	rule: "A key that is deleted, expired, cleared or moved during a load is not resurrected by it.",
	run: func(p *cacheProbe) {
		invalidations := map[string]func(ctx context.Context) error{
			"Delete":     func(ctx context.Context) error { _, err := p.cache.Delete(ctx, cacheKey); return err },
			"DeleteMany": func(ctx context.Context) error { return p.cache.DeleteMany(ctx, []string{cacheKey}) },
			"Clear":      func(ctx context.Context) error { return p.cache.Clear(ctx) },
			"Set to expired": func(ctx context.Context) error {
				return p.cache.Set(ctx, cacheKey, "x", cache.After(0))
			},
		}
		for what, invalidate := range invalidations {
			got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(ctx context.Context) (string, error) {
				return "loaded", invalidate(ctx)
			})
			if got != "loaded" || err != nil {
				p.Errorf("GetOrSet = %q, %v, want what was loaded", got, err)
			}
			if found, err := p.cache.Has(p.Context(), cacheKey); found || err != nil {
				p.Errorf("after %s during the load, Has = %v, %v, want false", what, found, err)
			}
		}
	},
}, {
	name: "cache/get-or-set/set-during-load",
	rule: "A key that is set during a load is not overwritten by it.",
	run: func(p *cacheProbe) {
		got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (string, error) {
			p.put(cacheKey, "set")
			return "loaded", nil
		})
		if got != "set" || err != nil {
			p.Errorf("GetOrSet = %q, %v, want what was set", got, err)
		}
		p.finds(cacheKey, "set")
	},
}, {
	name: "cache/get-or-set/wrong-type",
	rule: "An entry of another type is ErrWrongType and is not replaced.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, record{Name: "a"})
		_, err := cache.For[receipt](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (receipt, error) {
			return receipt{}, errLoad
		})
		p.matches("GetOrSet", err, cache.ErrWrongType)
		p.finds(cacheKey, record{Name: "a"})
	},
}, {
	name: "cache/fill/not-stored",
	rule: "Fill hands on, and does not store, a value whose loader says so, or whose timeout is zero or less.",
	run: func(p *cacheProbe) {
		for _, loaded := range []cache.Loaded{
			{Value: "value", NoStore: true},
			{Value: "value", Private: true},
			{Value: "value", Timeout: cache.After(0)},
		} {
			var got string
			outcome, err := p.cache.Fill(p.Context(), cacheKey, &got, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return loaded, nil }))
			if got != "value" || err != nil || outcome != (cache.Outcome{}) {
				p.Errorf("Fill = %q, %+v, %v, want the value and nothing in the outcome", got, outcome, err)
			}
			p.misses(cacheKey)
		}
	},
}, {
	name: "cache/fill/timeout-of-the-load",
	rule: "The timeout that the loader returns goes before that of the call.",
	run: func(p *cacheProbe) {
		load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
			return cache.Loaded{Value: "value", Timeout: cache.After(p.h.short())}, nil
		})
		outcome, err := p.cache.Fill(p.Context(), cacheKey, new(string), load, cache.Never)
		if err != nil || outcome != (cache.Outcome{Stored: true}) {
			p.Errorf("Fill = %+v, %v, want it stored", outcome, err)
		}
		p.expiresAfter(p.h.short(), cacheKey)
	},
}}
