package cachetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// The keys that most cases use. All are such as the core makes them.
const (
	key   = "shop:1:key"
	other = "shop:1:other"
)

var setCases = []storeCase{{
	name: "get/missing-is-not-found",
	rule: "Get returns the value stored under key, or ErrNotFound.",
	run: func(p *probe) {
		p.absent(key)
		p.set(other, "value", driver.Never)
		p.absent(key)
	},
}, {
	name: "set/is-there-when-it-returns",
	rule: "When Set returns nil the value was stored.",
	run: func(p *probe) {
		for i := range 100 {
			k := fmt.Sprintf("shop:1:%d", i)
			p.set(k, "value", driver.Never)
			p.holds(k, "value")
		}
	},
}, {
	name: "set/replaces-value",
	rule: "Set stores value under key, replacing value and expiry of what was there.",
	run: func(p *probe) {
		for _, value := range []string{"first", "second, which is longer", "3rd", "", "fifth"} {
			p.set(key, value, driver.Never)
			p.holds(key, value)
		}
	},
}, {
	name: "set/replaces-expiry",
	rule: "Set stores value under key, replacing value and expiry of what was there.",
	run: func(p *probe) {
		const longer, shorter = key, other
		p.set(longer, "old", p.h.short())
		p.set(longer, "new", driver.Never)
		p.set(shorter, "old", driver.Never)
		p.set(shorter, "new", p.h.short())
		p.advance(p.h.short())
		p.holds(longer, "new")
		p.absent(shorter)
	},
}, {
	name: "set/over-expired",
	rule: "An entry is expired when the store's now is equal to or after its expiry.",
	run: func(p *probe) {
		p.set(key, "old", p.h.short())
		p.advance(p.h.short())
		p.set(key, "new", driver.Never)
		p.holds(key, "new")
	},
}, {
	name: "set/is-whole",
	rule: "The old entry, the new one or none may be there, never a mixture.",
	run: func(p *probe) {
		const goroutines, rounds, size = 8, 20, 16 << 10
		p.set(key, strings.Repeat("z", p.h.within(size)), driver.Never)
		p.together(goroutines, func(i int) error {
			value := strings.Repeat(string(rune('a'+i)), p.h.within(size)-i)
			for range rounds {
				if err := p.store.Set(p.Context(), []byte(key), []byte(value), driver.Never); err != nil {
					return fmt.Errorf("calling Set: %w", err)
				}
				got, err := p.store.Get(p.Context(), []byte(key))
				if err != nil {
					return fmt.Errorf("calling Get: %w", err)
				}
				if len(got) == 0 || strings.Trim(string(got), string(got[:1])) != "" {
					return errors.New("read a mixture of two values")
				}
			}
			return nil
		})
	},
}}

// within returns size, or as much of it as the store is sure to take.
func (h Harness) within(size int) int {
	if h.MaxValueSize == 0 {
		return size
	}
	return min(size, h.MaxValueSize/2)
}
