package cachetest

import (
	"log/slog"
	"time"

	"github.com/larder-go/larder/cache"
)

// quiet drops the warnings that cases provoke.
var quiet = slog.New(slog.DiscardHandler)

var cacheReadCases = []cacheCase{{
	name: "cache/get/never-set",
	rule: "Get of a key never set is not found.",
	run:  func(p *cacheProbe) { p.misses(cacheKey) },
}, {
	name: "cache/get/expired",
	rule: "Get of an expired key is not found.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.After(p.h.short()))
		p.finds(cacheKey, "value")
		p.expiresAfter(p.h.short(), cacheKey)
	},
}, {
	name: "cache/get/set-already-expired",
	rule: "Get of a key set with a timeout of zero or less is not found.",
	run: func(p *cacheProbe) {
		for _, d := range []time.Duration{0, -1, -time.Hour} {
			p.put(cacheKey, "old")
			p.put(cacheKey, "value", cache.After(d))
			p.misses(cacheKey)
		}
	},
}, {
	name: "cache/get/nil-is-found",
	rule: "A cached nil is found, and is no miss for Has and GetMany either.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, nil)
		p.finds(cacheKey, (*record)(nil))
		p.has(cacheKey, true)
		p.addsValue(cacheKey, "other", false)
		values, err := p.cache.GetMany(p.Context(), []string{cacheKey})
		dst := &record{}
		if err != nil || len(values) != 1 || values[cacheKey].Decode(&dst) != nil || dst != nil {
			p.Errorf("GetMany = %v, %v, and the value is %v, want nil", values, err, dst)
		}
		if value, found, err := p.cache.GetBytes(p.Context(), cacheKey); value != nil || !found || err != nil {
			p.Errorf("GetBytes = %v, %v, %v, want nil, found", value, found, err)
		}
	},
}, {
	name: "cache/get/nil-into-what-cannot-be-nil",
	rule: "A cached nil read as a type that cannot be nil is ErrNilValue.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, nil)
		var n int
		_, err := p.cache.Get(p.Context(), cacheKey, &n)
		p.matches("Get into an int", err, cache.ErrNilValue)
		var r record
		_, err = p.cache.Get(p.Context(), cacheKey, &r)
		p.matches("Get into a struct", err, cache.ErrNilValue)
	},
}, {
	name: "cache/get/another-type",
	rule: "A value of another type is ErrWrongType, not a zero value, and stays.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, record{Name: "a", N: 1})
		var other receipt
		_, err := p.cache.Get(p.Context(), cacheKey, &other)
		p.matches("Get of a struct into another", err, cache.ErrWrongType)
		var records []record
		_, err = p.cache.Get(p.Context(), cacheKey, &records)
		p.matches("Get of a struct into a slice of them", err, cache.ErrWrongType)
		var byName map[string]record
		_, err = p.cache.Get(p.Context(), cacheKey, &byName)
		p.matches("Get of a struct into a map of them", err, cache.ErrWrongType)
		_, _, err = p.cache.GetBytes(p.Context(), cacheKey)
		p.matches("GetBytes of a struct", err, cache.ErrWrongType)
		p.finds(cacheKey, record{Name: "a", N: 1})

		p.put(cacheKey, "text")
		var n int
		_, err = p.cache.Get(p.Context(), cacheKey, &n)
		p.matches("Get of a string into an int", err, cache.ErrWrongType)
	},
}, {
	name: "cache/get/destination-that-is-no-pointer",
	rule: "Get stores the value in what dst, a non-nil pointer, points to.",
	run: func(p *cacheProbe) {
		for _, value := range []any{7, "text", []byte("bytes"), record{Name: "a"}, nil} {
			p.put(cacheKey, value)
			for _, dst := range []any{nil, 0, (*string)(nil), record{}} {
				_, err := p.cache.Get(p.Context(), cacheKey, dst)
				p.matches("Get", err, cache.ErrWrongType)
			}
		}
	},
}}
