package cachetest

import (
	"sync/atomic"

	"github.com/larder-go/larder/cache"
)

var cacheWriteCases = []cacheCase{{
	name: "cache/set/overwrites",
	rule: "Set stores value, whatever was there.",
	run: func(p *cacheProbe) {
		for _, value := range []any{"text", 7, []byte("bytes"), record{Name: "a"}, "text"} {
			p.put(cacheKey, value)
			p.finds(cacheKey, value)
		}
	},
}, {
	name: "cache/add/only-if-absent",
	rule: "Add stores only if absent or expired, and reports it.",
	run: func(p *cacheProbe) {
		for _, present := range []any{"first", 7, nil, record{Name: "a"}, []byte{}} {
			p.deletesAny(cacheKey)
			p.addsValue(cacheKey, present, true)
			p.addsValue(cacheKey, "second", false)
			p.has(cacheKey, true)
		}
		p.put(cacheKey, "first", cache.After(p.h.short()))
		p.advance(p.h.short())
		p.addsValue(cacheKey, "second", true)
		p.finds(cacheKey, "second")
	},
}, {
	name: "cache/add/expired-at-once",
	rule: "Add with a timeout of zero or less stores nothing, and reports whether it would have.",
	run: func(p *cacheProbe) {
		p.addsValue(cacheKey, "value", true, cache.After(0))
		p.misses(cacheKey)
		p.put(cacheKey, "old")
		p.addsValue(cacheKey, "value", false, cache.After(-1))
		p.finds(cacheKey, "old")
	},
}, {
	name: "cache/add/atomic",
	rule: "Add is atomic, also between processes.",
	run: func(p *cacheProbe) {
		processes := []cache.Cache{p.open(cache.Config{KeyPrefix: "shop"}), p.open(cache.Config{KeyPrefix: "shop"})}
		var added atomic.Int32
		p.together(8, func(i int) error {
			ok, err := processes[i%2].Add(p.Context(), cacheKey, i)
			if ok {
				added.Add(1)
			}
			return err
		})
		if n := added.Load(); n != 1 {
			p.Errorf("%d of 8 callers added, want 1", n)
		}
	},
}, {
	name: "cache/touch/absent",
	rule: "Touch reports whether the key was there; an expired one is not revived.",
	run: func(p *cacheProbe) {
		p.touches(cacheKey, false)
		p.put(cacheKey, "value", cache.After(p.h.short()))
		p.advance(p.h.short())
		p.touches(cacheKey, false, cache.Never)
		p.misses(cacheKey)
	},
}, {
	name: "cache/touch/keeps-the-value",
	rule: "Touch gives a new expiry and leaves the value.",
	run: func(p *cacheProbe) {
		for _, value := range []any{"text", 7, []byte{}, record{Name: "a"}} {
			p.put(cacheKey, value)
			p.touches(cacheKey, true, cache.Never)
			p.finds(cacheKey, value)
		}
		p.put(cacheKey, nil)
		p.touches(cacheKey, true)
		p.finds(cacheKey, (*int)(nil))
	},
}, {
	name: "cache/touch/never-on-never",
	rule: "Touch to never works also on a key that already never expires.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Never)
		p.touches(cacheKey, true, cache.Never)
		p.finds(cacheKey, "value")
	},
}, {
	name: "cache/touch/zero",
	rule: "Touch(0) expires the key at once.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Never)
		p.touches(cacheKey, true, cache.After(0))
		p.misses(cacheKey)
		p.touches(cacheKey, false, cache.After(0))
	},
}, {
	name: "cache/delete/reports",
	rule: "Delete reports whether something was there. Deleting what is not there is no error.",
	run: func(p *cacheProbe) {
		p.deletesKey(cacheKey, false)
		p.put(cacheKey, "value")
		p.put("other", "value")
		p.deletesKey(cacheKey, true)
		p.misses(cacheKey)
		p.deletesKey(cacheKey, false)
		p.finds("other", "value")
	},
}}

// deletesAny deletes key, whether it is there or not.
func (p *cacheProbe) deletesAny(key string) {
	p.Helper()
	if _, err := p.cache.Delete(p.Context(), key); err != nil {
		p.Fatal(err)
	}
}
