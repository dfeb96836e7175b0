package cachetest

import (
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var peekerCases = []storeCase{{
	name: "peeker/returns-head",
	rule: "Peek returns the head of the value under key.",
	run: func(p *probe) {
		for _, value := range append(headed(), "") {
			p.set(key, value, driver.Never)
			head, err := ability[driver.Peeker](p).Peek(p.Context(), []byte(key))
			if err != nil {
				p.Errorf("Peek of %s: %v", brief(value), err)
			}
			p.heads("Peek", head, value)
		}
	},
}, {
	name: "peeker/missing-is-not-found",
	rule: "Peek returns the head of the value under key, or ErrNotFound.",
	run: func(p *probe) {
		_, err := ability[driver.Peeker](p).Peek(p.Context(), []byte(key))
		p.matches("Peek", err, driver.ErrNotFound)
	},
}, {
	name: "peeker/expired-is-not-found",
	rule: "Peek returns the head of the value under key, or ErrNotFound.",
	run: func(p *probe) {
		p.set(key, "value", p.h.short())
		p.advance(p.h.short())
		_, err := ability[driver.Peeker](p).Peek(p.Context(), []byte(key))
		p.matches("Peek", err, driver.ErrNotFound)
	},
}}

// aWhile is a ttl that does not end while the suite runs, and clockError what
// a store's idea of the time that has passed may be off by where the suite
// does not govern its clock.
const (
	aWhile     = time.Hour
	clockError = time.Minute
)

var expirerCases = []storeCase{{
	name: "expirer/remaining",
	rule: "TTL returns how long the entry under key has left.",
	run: func(p *probe) {
		p.set(key, "value", aWhile)
		p.lasts(key, aWhile)
		p.set(key, "value", 2*aWhile)
		p.lasts(key, 2*aWhile)
	},
}, {
	name:  "expirer/remaining-shrinks",
	rule:  "TTL returns how long the entry under key has left.",
	needs: fakeClock,
	run: func(p *probe) {
		p.set(key, "value", aWhile)
		p.advance(aWhile / 4)
		p.lasts(key, aWhile-aWhile/4)
		p.advance(aWhile - aWhile/4 - p.h.tick())
		p.lasts(key, p.h.tick())
	},
}, {
	name: "expirer/never",
	rule: "TTL returns how long the entry under key has left, or Never.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.lasts(key, driver.Never)
	},
}, {
	name: "expirer/after-touch",
	rule: "Touch gives the entry under key a new expiry.",
	run: func(p *probe) {
		p.set(key, "value", aWhile)
		p.touch(key, 3*aWhile)
		p.lasts(key, 3*aWhile)
		p.touch(key, driver.Never)
		p.lasts(key, driver.Never)
		p.touch(key, aWhile)
		p.lasts(key, aWhile)
	},
}, {
	name:  "expirer/after-incr",
	rule:  "Incr keeps the expiry.",
	needs: Counter,
	run: func(p *probe) {
		p.set(key, "1", aWhile)
		p.incrs(key, 1, 2)
		p.lasts(key, aWhile)
		p.set(key, "1", driver.Never)
		p.incrs(key, 1, 2)
		p.lasts(key, driver.Never)
	},
}, {
	name: "expirer/missing-is-not-found",
	rule: "TTL returns ErrNotFound.",
	run: func(p *probe) {
		_, err := ability[driver.Expirer](p).TTL(p.Context(), []byte(key))
		p.matches("TTL", err, driver.ErrNotFound)
	},
}, {
	name: "expirer/expired-is-not-found",
	rule: "TTL returns ErrNotFound.",
	run: func(p *probe) {
		p.set(key, "value", p.h.short())
		p.advance(p.h.short())
		_, err := ability[driver.Expirer](p).TTL(p.Context(), []byte(key))
		p.matches("TTL", err, driver.ErrNotFound)
	},
}}

// lasts fails the case unless the entry under key has want left.
func (p *probe) lasts(key string, want time.Duration) {
	p.Helper()
	got, err := ability[driver.Expirer](p).TTL(p.Context(), []byte(key))
	late := p.h.tick() // for rounding
	early := late
	if p.clock == nil {
		early += clockError
	}
	switch {
	case err != nil:
		p.Errorf("TTL(%s): %v, want %v", brief(key), err, want)
	case want == driver.Never || got == driver.Never:
		if got != want {
			p.Errorf("TTL(%s) = %v, want %v (%v is Never)", brief(key), got, want, driver.Never)
		}
	case got < want-early || got > want+late:
		p.Errorf("TTL(%s) = %v, want %v", brief(key), got, want)
	}
}
