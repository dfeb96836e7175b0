package cachetest

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

var addCases = []storeCase{{
	name: "add/stores-if-absent",
	rule: "Add stores value if nothing is stored under key, and reports whether it did.",
	run: func(p *probe) {
		p.adds(key, "value", driver.Never, true)
		p.holds(key, "value")
		p.deletes(key, true)
		p.adds(key, "again", driver.Never, true)
		p.holds(key, "again")
	},
}, {
	name: "add/leaves-what-is-there",
	rule: "Add stores value if nothing is stored under key, and reports whether it did.",
	run: func(p *probe) {
		p.set(key, "there", driver.Never)
		p.adds(key, "added", driver.Never, false)
		p.holds(key, "there")
	},
}, {
	name: "add/leaves-expiry-of-what-is-there",
	rule: "Add stores value if nothing is stored under key.",
	run: func(p *probe) {
		const ends, stays = key, other
		p.set(ends, "there", p.h.short())
		p.set(stays, "there", driver.Never)
		p.adds(ends, "added", driver.Never, false)
		p.adds(stays, "added", p.h.short(), false)
		p.advance(p.h.short())
		p.absent(ends)
		p.holds(stays, "there")
	},
}, {
	name: "add/replaces-expired",
	rule: "Add stores value if nothing is stored under key, or only an expired entry.",
	run: func(p *probe) {
		p.set(key, "expired", p.h.short())
		p.advance(p.h.short())
		p.adds(key, "added", driver.Never, true)
		p.holds(key, "added")
		p.advance(p.h.short())
		p.holds(key, "added")
	},
}, {
	name: "add/returns-head-of-what-is-there",
	rule: "If it did not, head is the head of the entry that is there.",
	run: func(p *probe) {
		for _, value := range headed() {
			p.set(key, value, driver.Never)
			head, added := p.add(key, "added", driver.Never)
			if added {
				p.Errorf("Add over %s = true, want false", brief(value))
			}
			p.heads("Add", head, value)
		}
	},
}, {
	name: "add/one-of-many-adds",
	rule: "Add is atomic: of many concurrent calls exactly one adds.",
	run: func(p *probe) {
		for round := range 20 {
			k := fmt.Sprintf("shop:1:%d", round)
			p.oneAdds(k, func(int) driver.Store { return p.store })
		}
	},
}, {
	name: "add/one-of-many-replaces-expired",
	rule: "Add is atomic: of many concurrent calls exactly one adds.",
	run: func(p *probe) {
		const rounds = 10
		k := func(round int) string { return fmt.Sprintf("shop:1:%d", round) }
		for round := range rounds {
			p.set(k(round), "expired", p.h.short())
		}
		p.advance(p.h.short())
		for round := range rounds {
			p.oneAdds(k(round), func(int) driver.Store { return p.store })
		}
	},
}}

// oneAdds lets many goroutines add key, each to the store that storeOf gives
// it, and fails the case unless one does and its value is then there.
func (p *probe) oneAdds(key string, storeOf func(i int) driver.Store) {
	p.Helper()
	const goroutines = 32
	var winners atomic.Int32
	var winner atomic.Value
	p.together(goroutines, func(i int) error {
		value := fmt.Sprint("goroutine ", i)
		_, added, err := storeOf(i).Add(p.Context(), []byte(key), []byte(value), driver.Never)
		if err != nil {
			return fmt.Errorf("calling Add: %w", err)
		}
		if added {
			winners.Add(1)
			winner.Store(value)
		}
		return nil
	})
	if n := winners.Load(); n != 1 {
		p.Fatalf("%d of %d concurrent calls added %s, want 1", n, goroutines, brief(key))
	}
	p.holds(key, winner.Load().(string))
}

// headed returns values shorter, as long as, and longer than a head.
func headed() []string {
	var values []string
	for _, size := range []int{1, driver.HeadSize - 1, driver.HeadSize, driver.HeadSize + 1, 1000} {
		values = append(values, strings.Repeat("0123456789", size/10+1)[:size])
	}
	return values
}
