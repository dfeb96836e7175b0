package cachetest

import (
	"fmt"
	"math"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

const year = 365 * 24 * time.Hour

// writes are the operations that give a new entry its ttl.
var writes = []string{"Set", "Add", "SetMany", "SetNative", "AddNative", "Start(OpSet)", "Start(OpAdd)"}

// renewals are the operations that give an entry that is there a new ttl, and
// would do so for presentValue.
var renewals = []string{"Set", "Touch", "SetMany", "Replace", "SetNative", "Start(OpSet)", "Start(OpTouch)"}

var timeoutCases = []storeCase{{
	name: "timeout/ends",
	rule: "A ttl is relative to now and always greater than zero.",
	run: func(p *probe) {
		keys := p.eachWrite(writes, p.h.short())
		p.set(other, "stays", driver.Never)
		p.advance(p.h.short())
		p.allAbsent(keys)
		p.holds(other, "stays")
	},
}, {
	name:  "timeout/expired-when-now-equals-expiry",
	rule:  "An entry is expired when the store's now is equal to or after its expiry.",
	needs: fakeClock,
	run: func(p *probe) {
		keys := p.eachWrite(writes, p.h.short())
		p.advance(p.h.short())
		p.allAbsent(keys)
	},
}, {
	name:  "timeout/present-until-expiry",
	rule:  "An entry is expired when the store's now is equal to or after its expiry.",
	needs: fakeClock,
	run: func(p *probe) {
		keys := p.eachWrite(writes, p.h.short())
		p.advance(p.h.short() - p.h.tick())
		p.allPresent(keys)
	},
}, {
	name:  "timeout/ended-when-the-clock-jumps-forward",
	rule:  "An entry is expired when the store's now is equal to or after its expiry.",
	needs: fakeClock,
	run: func(p *probe) {
		const ttl = 5 * time.Second
		keys := p.eachWrite(writes, ttl)
		p.advance(time.Hour)
		p.allAbsent(keys)
		keys = p.eachWrite(writes, ttl)
		p.advance(ttl - p.h.tick())
		p.allPresent(keys)
		p.advance(p.h.tick())
		p.allAbsent(keys)
	},
}, {
	name:  "timeout/renewed-from-now",
	rule:  "A ttl is relative to now.",
	needs: fakeClock,
	run: func(p *probe) {
		keys := p.eachRenewal(p.h.short(), func() { p.advance(p.h.short() - p.h.tick()) })
		p.advance(p.h.short() - p.h.tick())
		p.allPresent(keys)
		p.advance(p.h.tick())
		p.allAbsent(keys)
	},
}, {
	name: "timeout/never",
	rule: "Never means that the entry does not expire.",
	run: func(p *probe) {
		keys := p.eachWrite(writes, driver.Never)
		p.allPresent(keys)
		p.advance(p.h.short())
		p.allPresent(keys)
	},
}, {
	name:  "timeout/never-in-a-hundred-years",
	rule:  "Never means that the entry does not expire.",
	needs: fakeClock,
	run: func(p *probe) {
		keys := p.eachWrite(writes, driver.Never)
		p.advance(100 * year)
		p.allPresent(keys)
	},
}, {
	name: "timeout/never-after-short",
	rule: "Never means that the entry does not expire.",
	run: func(p *probe) {
		keys := p.eachRenewal(driver.Never, func() {})
		p.advance(p.h.short())
		p.allPresent(keys)
	},
}, {
	name: "timeout/rounds-up",
	rule: "A store rounds a ttl that is finer than its clock up, never down to zero.",
	run: func(p *probe) {
		keys := p.eachWrite(writes, time.Nanosecond)
		keys = append(keys, p.eachRenewal(time.Nanosecond, func() {})...)
		if p.clock != nil {
			p.allPresent(keys)
		}
		p.advance(p.h.short())
		p.allAbsent(keys)
	},
}, {
	name: "timeout/does-not-overflow",
	rule: "Never is the largest Duration, about 292 years, so a store that computes with it must guard against overflow.",
	run: func(p *probe) {
		for _, ttl := range []time.Duration{math.MaxInt64 - 1, math.MaxInt64 / 2, 200 * year, 30 * year, 31 * 24 * time.Hour} {
			keys := p.eachWrite(writes, ttl)
			keys = append(keys, p.eachRenewal(ttl, func() {})...)
			p.allPresent(keys)
		}
	},
}, {
	name: "timeout/each-entry-its-own",
	rule: "A ttl is relative to now.",
	run: func(p *probe) {
		for i := range 20 {
			ttl := driver.Never
			if i%2 == 0 {
				ttl = p.h.short()
			}
			p.set(fmt.Sprintf("shop:1:%d", i), "value", ttl)
		}
		p.advance(p.h.short())
		for i := range 20 {
			if k := fmt.Sprintf("shop:1:%d", i); i%2 == 0 {
				p.absent(k)
			} else {
				p.holds(k, "value")
			}
		}
	},
}}

// eachWrite makes an entry with each of the named operations that the store
// has, and returns the keys.
func (p *probe) eachWrite(names []string, ttl time.Duration) (keys []string) {
	p.Helper()
	p.eachNamed(names, func(op operation) {
		k := "shop:1:" + op.name
		keys = append(keys, k)
		p.deletesQuietly(k)
		p.calls(op, k, ttl)
	})
	return keys
}

// eachRenewal makes entries with a short ttl, calls between, gives each entry
// the ttl with another operation, and returns the keys.
func (p *probe) eachRenewal(ttl time.Duration, between func()) (keys []string) {
	p.Helper()
	p.eachNamed(renewals, func(op operation) {
		keys = append(keys, "shop:1:renewed-"+op.name)
	})
	for _, k := range keys {
		p.set(k, presentValue, p.h.short())
	}
	between()
	p.eachNamed(renewals, func(op operation) {
		p.calls(op, "shop:1:renewed-"+op.name, ttl)
	})
	return keys
}

// eachNamed calls f for each of the named operations that the store has.
func (p *probe) eachNamed(names []string, f func(op operation)) {
	p.Helper()
	p.eachOperation(func(op operation) {
		for _, name := range names {
			if op.name == name {
				f(op)
			}
		}
	})
}

func (p *probe) calls(op operation, key string, ttl time.Duration) {
	p.Helper()
	if err := op.call(p.Context(), p.store, arguments{[]byte(key), []byte("value"), ttl}); err != nil {
		p.Errorf("%s with ttl %v: %v", op.name, ttl, err)
	}
}

func (p *probe) deletesQuietly(key string) {
	p.Helper()
	if _, _, err := p.store.Delete(p.Context(), []byte(key)); err != nil {
		p.Fatalf("Delete(%s): %v", brief(key), err)
	}
}

func (p *probe) allPresent(keys []string) {
	p.Helper()
	for _, k := range keys {
		if _, err := p.store.Get(p.Context(), []byte(k)); err != nil {
			p.Errorf("Get(%s): %v, want the entry", brief(k), err)
		}
	}
}

func (p *probe) allAbsent(keys []string) {
	p.Helper()
	for _, k := range keys {
		p.absent(k)
	}
}
