package cachetest

import (
	"math"

	"github.com/larder-go/larder/cache"
)

var cacheCounterCases = []cacheCase{{
	name: "cache/incr/adds",
	rule: "Incr and Decr return the new value, which Get finds as an integer.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, 40)
		p.counts(47)(p.cache.Incr(p.Context(), cacheKey, 7))
		p.counts(42)(p.cache.Decr(p.Context(), cacheKey, 5))
		p.counts(42)(p.cache.Incr(p.Context(), cacheKey, 0))
		p.finds(cacheKey, 42)
		p.finds(cacheKey, uint8(42))
	},
}, {
	name:  "cache/incr/negative",
	rule:  "Incr and Decr are exact over all of int64.",
	needs: signedCounter,
	run: func(p *cacheProbe) {
		p.put(cacheKey, level(3))
		p.counts(-4)(p.cache.Decr(p.Context(), cacheKey, 7))
		p.counts(-8)(p.cache.Incr(p.Context(), cacheKey, -4))
		p.put(cacheKey, int64(math.MinInt64+1))
		p.counts(math.MinInt64)(p.cache.Decr(p.Context(), cacheKey, 1))
		_, err := p.cache.Decr(p.Context(), cacheKey, 1)
		p.matches("Decr below the range", err, cache.ErrOverflow)
		_, err = p.cache.Decr(p.Context(), cacheKey, math.MinInt64)
		p.matches("Decr by the least integer", err, cache.ErrOverflow)
		p.finds(cacheKey, int64(math.MinInt64))
	},
}, {
	name: "cache/incr/exact-to-the-end",
	rule: "Incr is exact up to MaxInt64.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, int64(math.MaxInt64-2))
		p.counts(math.MaxInt64 - 1)(p.cache.Incr(p.Context(), cacheKey, 1))
		p.counts(math.MaxInt64)(p.cache.Incr(p.Context(), cacheKey, 1))
		p.finds(cacheKey, int64(math.MaxInt64))
	},
}, {
	name: "cache/incr/overflow",
	rule: "Overflow of int64 is ErrOverflow, not a wrap.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, int64(math.MaxInt64))
		_, err := p.cache.Incr(p.Context(), cacheKey, 1)
		p.matches("Incr past the range", err, cache.ErrOverflow)
		if !p.h.UnsignedCounter {
			p.finds(cacheKey, int64(math.MaxInt64))
		}
	},
}, {
	name: "cache/incr/missing",
	rule: "Incr of a missing key is ErrNotFound and stores nothing.",
	run: func(p *cacheProbe) {
		_, err := p.cache.Incr(p.Context(), cacheKey, 1)
		p.matches("Incr", err, cache.ErrNotFound)
		_, err = p.cache.Decr(p.Context(), cacheKey, 1)
		p.matches("Decr", err, cache.ErrNotFound)
		p.misses(cacheKey)
	},
}, {
	name: "cache/incr/not-an-integer",
	rule: "Incr of a value that is not an integer is ErrNotInteger, and the value stays.",
	run: func(p *cacheProbe) {
		for _, value := range []any{"7", []byte("7"), 7.5, record{N: 7}, uint64(math.MaxUint64)} {
			p.put(cacheKey, value)
			_, err := p.cache.Incr(p.Context(), cacheKey, 1)
			p.matches("Incr", err, cache.ErrNotInteger)
			p.finds(cacheKey, value)
		}
		p.put(cacheKey, nil)
		_, err := p.cache.Incr(p.Context(), cacheKey, 1)
		p.matches("Incr of nil", err, cache.ErrNotInteger)
	},
}, {
	name: "cache/incr/keeps-timeout",
	rule: "Incr keeps the timeout.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, 1, cache.After(p.h.short()))
		p.put("lasting", 1, cache.Never)
		p.counts(2)(p.cache.Incr(p.Context(), cacheKey, 1))
		p.counts(2)(p.cache.Incr(p.Context(), "lasting", 1))
		p.expiresAfter(p.h.short(), cacheKey)
		p.has("lasting", true)
	},
}, {
	name: "cache/incr/version",
	rule: "Every operation takes the version option, Incr included.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, 1)
		p.put(cacheKey, 10, cache.Version(2))
		p.counts(11)(p.cache.Incr(p.Context(), cacheKey, 1, cache.Version(2)))
		p.finds(cacheKey, 1)
	},
}, {
	name: "cache/incr/atomic",
	rule: "Incr and Decr are atomic.",
	run: func(p *cacheProbe) {
		const callers, each = 8, 20
		p.put(cacheKey, 1000)
		p.together(callers, func(i int) error {
			for range each {
				var err error
				if i%2 == 0 {
					_, err = p.cache.Incr(p.Context(), cacheKey, 3)
				} else {
					_, err = p.cache.Decr(p.Context(), cacheKey, 1)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		p.finds(cacheKey, 1000+callers/2*each*2)
	},
}}

// counts returns a check of what Incr returned.
func (p *cacheProbe) counts(want int64) func(int64, error) {
	p.Helper()
	return func(got int64, err error) {
		p.Helper()
		if err != nil || got != want {
			p.Errorf("the new value is %d, %v, want %d", got, err, want)
		}
	}
}
