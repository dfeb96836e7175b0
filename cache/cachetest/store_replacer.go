package cachetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var replacerCases = []storeCase{{
	name: "replacer/replaces-equal",
	rule: "Replace stores value under key if what is stored there is equal to old, and reports whether it did.",
	run: func(p *probe) {
		for _, old := range append(headed(), "", "42", "\x00\xff") {
			p.set(key, old, driver.Never)
			p.replaces(key, old, "new", driver.Never, true)
			p.holds(key, "new")
			p.replaces(key, "new", "", driver.Never, true)
			p.holds(key, "")
		}
	},
}, {
	name: "replacer/leaves-unequal",
	rule: "Replace stores value under key if what is stored there is equal to old, and reports whether it did.",
	run: func(p *probe) {
		stored := strings.Repeat("s", 2*driver.HeadSize)
		p.set(key, stored, driver.Never)
		for _, old := range []string{"", "other", stored[:driver.HeadSize], stored + "s", stored[1:] + "t", strings.ToUpper(stored)} {
			p.replaces(key, old, "new", driver.Never, false)
			p.holds(key, stored)
		}
		p.set(key, "7", driver.Never)
		p.replaces(key, "07", "new", driver.Never, false)
		p.holds(key, "7")
	},
}, {
	name: "replacer/leaves-missing",
	rule: "Replace stores value under key if what is stored there is equal to old.",
	run: func(p *probe) {
		p.replaces(key, "old", "new", driver.Never, false)
		p.absent(key)
		p.replaces(key, "", "new", driver.Never, false)
		p.absent(key)
	},
}, {
	name: "replacer/leaves-expired",
	rule: "An entry is expired when the store's now is equal to or after its expiry.",
	run: func(p *probe) {
		p.set(key, "old", p.h.short())
		p.advance(p.h.short())
		p.replaces(key, "old", "new", driver.Never, false)
		p.absent(key)
	},
}, {
	name: "replacer/sets-expiry",
	rule: "Replace stores value under key with a new ttl.",
	run: func(p *probe) {
		const longer, shorter = key, other
		p.set(longer, "old", p.h.short())
		p.set(shorter, "old", driver.Never)
		p.replaces(longer, "old", "new", driver.Never, true)
		p.replaces(shorter, "old", "new", p.h.short(), true)
		p.advance(p.h.short())
		p.holds(longer, "new")
		p.absent(shorter)
	},
}, {
	name: "replacer/leaves-expiry-of-unequal",
	rule: "Replace stores value under key if what is stored there is equal to old.",
	run: func(p *probe) {
		const ends, stays = key, other
		p.set(ends, "there", p.h.short())
		p.set(stays, "there", driver.Never)
		p.replaces(ends, "old", "new", driver.Never, false)
		p.replaces(stays, "old", "new", p.h.short(), false)
		p.advance(p.h.short())
		p.absent(ends)
		p.holds(stays, "there")
	},
}, {
	name: "replacer/is-atomic",
	rule: "Replace is atomic.",
	run: func(p *probe) {
		p.set(key, "0", driver.Never)
		p.replacesTogether(key, func(int) driver.Store { return p.store })
	},
}}

// replaces fails the case unless Replace reports want.
func (p *probe) replaces(key, old, value string, ttl time.Duration, want bool) {
	p.Helper()
	replaced, err := ability[driver.Replacer](p).Replace(p.Context(), []byte(key), []byte(old), []byte(value), ttl)
	if err != nil || replaced != want {
		p.Errorf("Replace(%s, %s, %s) = %v, %v, want %v", brief(key), brief(old), brief(value), replaced, err, want)
	}
}

// replacesTogether lets many goroutines count up key, which holds 0, by
// compare-and-replace, each on the store that storeOf gives it, and fails the
// case if a count is lost.
func (p *probe) replacesTogether(key string, storeOf func(i int) driver.Store) {
	p.Helper()
	const goroutines, rounds = 8, 10
	p.together(goroutines, func(i int) error {
		for range rounds {
			if err := p.countByReplace(storeOf(i), key); err != nil {
				return err
			}
		}
		return nil
	})
	p.holds(key, strconv.Itoa(goroutines*rounds))
}

// countByReplace adds one to the integer under key.
func (p *probe) countByReplace(store driver.Store, key string) error {
	const attempts = 10_000 // one goroutine always gets on, so few are needed
	for range attempts {
		old, err := store.Get(p.Context(), []byte(key))
		if err != nil {
			return fmt.Errorf("calling Get: %w", err)
		}
		n, ok := driver.ParseInteger(old)
		if !ok {
			return fmt.Errorf("value %q, want an integer", old)
		}
		replaced, err := store.(driver.Replacer).Replace(p.Context(), []byte(key), old, driver.AppendInteger(nil, n+1), driver.Never)
		if err != nil {
			return fmt.Errorf("calling Replace: %w", err)
		}
		if replaced {
			return nil
		}
	}
	return errors.New("an entry is never equal to what Get returned, says Replace")
}
