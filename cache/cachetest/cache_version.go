package cachetest

import (
	"math"

	"github.com/larder-go/larder/cache"
)

var cacheVersionCases = []cacheCase{{
	name: "cache/version/isolated",
	rule: "Versions isolate: every operation takes the version option.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "two", cache.Version(2))
		p.misses(cacheKey)
		p.misses(cacheKey, cache.Version(3))
		p.finds(cacheKey, "two", cache.Version(2))
		p.touches(cacheKey, false)
		p.touches(cacheKey, true, cache.Version(2))
		p.deletesKey(cacheKey, false)
		p.addsValue(cacheKey, "one", true)
		p.addsValue(cacheKey, "other", false, cache.Version(2))
		p.deletesKey(cacheKey, true)
		p.has(cacheKey, true, cache.Version(2))
		if got := p.load(cacheKey, "three", cache.Version(3)); got != "three" {
			p.Errorf("GetOrSet at version 3 = %q, want what was loaded", got)
		}
		if err := p.cache.DeleteMany(p.Context(), []string{cacheKey}, cache.Version(3)); err != nil {
			p.Fatal(err)
		}
		p.misses(cacheKey, cache.Version(3))
		if _, err := p.cache.SetMany(p.Context(), map[string]any{cacheKey: "four"}, cache.Version(4)); err != nil {
			p.Fatal(err)
		}
		p.misses(cacheKey)
		p.finds(cacheKey, "four", cache.Version(4))
		p.finds(cacheKey, "two", cache.Version(2))
	},
}, {
	name: "cache/version/of-the-alias",
	rule: "An alias whose Version is 2 sees what another alias on the same store wrote with Version(2).",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "two", cache.Version(2))
		second := p.with(cache.Config{KeyPrefix: "shop", Version: 2})
		second.finds(cacheKey, "two")
		second.misses(cacheKey, cache.Version(1))
	},
}, {
	name: "cache/version/invalid",
	rule: "A negative version is ErrInvalidVersion.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value")
		p.matches("Set", p.cache.Set(p.Context(), cacheKey, "value", cache.Version(-1)), cache.ErrInvalidVersion)
		_, err := p.cache.DecrVersion(p.Context(), cacheKey, 2)
		p.matches("DecrVersion below zero", err, cache.ErrInvalidVersion)
		_, err = p.cache.IncrVersion(p.Context(), cacheKey, math.MaxInt)
		p.matches("IncrVersion past the end", err, cache.ErrInvalidVersion)
		p.finds(cacheKey, "value")
	},
}, {
	name: "cache/version/incr",
	rule: "IncrVersion moves the entry to version+delta and returns the new version; a cached nil and an integer move too.",
	run: func(p *cacheProbe) {
		for _, value := range []any{"text", 7, (*record)(nil), record{Name: "a"}, []byte{}} {
			p.put(cacheKey, value)
			p.movesTo(3)(p.cache.IncrVersion(p.Context(), cacheKey, 2))
			p.misses(cacheKey)
			p.finds(cacheKey, value, cache.Version(3))
			p.movesTo(2)(p.cache.DecrVersion(p.Context(), cacheKey, 1, cache.Version(3)))
			p.misses(cacheKey, cache.Version(3))
			p.finds(cacheKey, value, cache.Version(2))
			p.movesTo(1)(p.cache.IncrVersion(p.Context(), cacheKey, -1, cache.Version(2)))
			p.finds(cacheKey, value)
		}
	},
}, {
	name: "cache/version/incr-missing",
	rule: "IncrVersion of a missing key is ErrNotFound.",
	run: func(p *cacheProbe) {
		_, err := p.cache.IncrVersion(p.Context(), cacheKey, 1)
		p.matches("IncrVersion", err, cache.ErrNotFound)
		_, err = p.cache.DecrVersion(p.Context(), cacheKey, 0)
		p.matches("DecrVersion by 0", err, cache.ErrNotFound)
	},
}, {
	name: "cache/version/incr-by-zero",
	rule: "A delta of 0 changes nothing.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value")
		p.movesTo(1)(p.cache.IncrVersion(p.Context(), cacheKey, 0))
		p.finds(cacheKey, "value")
	},
}, {
	name: "cache/version/incr-keeps-timeout",
	rule: "The remaining timeout is kept.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.After(p.h.short()))
		p.put("lasting", "value", cache.Never)
		if p.clock != nil {
			p.advance(p.h.short() - p.h.tick())
		}
		p.movesTo(2)(p.cache.IncrVersion(p.Context(), cacheKey, 1))
		p.movesTo(2)(p.cache.IncrVersion(p.Context(), "lasting", 1))
		p.has(cacheKey, true, cache.Version(2))
		p.advance(p.h.short())
		p.misses(cacheKey, cache.Version(2))
		p.has("lasting", true, cache.Version(2))
	},
}}

// movesTo returns a check of what IncrVersion returned.
func (p *cacheProbe) movesTo(want int) func(int, error) {
	p.Helper()
	return func(got int, err error) {
		p.Helper()
		if err != nil || got != want {
			p.Errorf("the new version is %d, %v, want %d", got, err, want)
		}
	}
}
