package cachetest

import (
	"strings"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// oldValue is what the cases replace by its head.
var oldValue = strings.Repeat("0123456789", 10)

var headReplacerCases = []storeCase{{
	name: "head-replacer/replaces-equal-head",
	rule: "ReplaceHead stores value under key if the first HeadSize bytes of what is stored there are head, and reports whether it did.",
	run: func(p *probe) {
		for _, old := range []string{oldValue, oldValue[:driver.HeadSize], oldValue[:driver.HeadSize] + "\x00\xff", noise(64 << 10)} {
			p.set(key, old, driver.Never)
			p.replacesHead(key, old[:driver.HeadSize], "new", driver.Never, true)
			p.holds(key, "new")
		}
	},
}, {
	name: "head-replacer/leaves-unequal-head",
	rule: "ReplaceHead stores value under key if the first HeadSize bytes of what is stored there are head.",
	run: func(p *probe) {
		p.set(key, oldValue, driver.Never)
		for i := range driver.HeadSize {
			other := []byte(oldValue[:driver.HeadSize])
			other[i] ^= 1
			p.replacesHead(key, string(other), "new", driver.Never, false)
		}
		p.holds(key, oldValue)
	},
}, {
	name: "head-replacer/leaves-shorter",
	rule: "A shorter value has no such head.",
	run: func(p *probe) {
		for _, old := range []string{"", "7", oldValue[:driver.HeadSize-1]} {
			p.set(key, old, driver.Never)
			p.replacesHead(key, oldValue[:driver.HeadSize], "new", driver.Never, false)
			p.holds(key, old)
		}
	},
}, {
	name: "head-replacer/leaves-missing",
	rule: "ReplaceHead stores value under key if the first HeadSize bytes of what is stored there are head.",
	run: func(p *probe) {
		p.replacesHead(key, oldValue[:driver.HeadSize], "new", driver.Never, false)
		p.absent(key)
	},
}, {
	name: "head-replacer/leaves-expired",
	rule: "An entry is expired when the store's now is equal to or after its expiry.",
	run: func(p *probe) {
		p.set(key, oldValue, p.h.short())
		p.advance(p.h.short())
		p.replacesHead(key, oldValue[:driver.HeadSize], "new", driver.Never, false)
		p.absent(key)
	},
}, {
	name: "head-replacer/sets-expiry",
	rule: "ReplaceHead stores value under key with a new ttl.",
	run: func(p *probe) {
		const longer, shorter = key, other
		p.set(longer, oldValue, p.h.short())
		p.set(shorter, oldValue, driver.Never)
		p.replacesHead(longer, oldValue[:driver.HeadSize], "new", driver.Never, true)
		p.replacesHead(shorter, oldValue[:driver.HeadSize], "new", p.h.short(), true)
		p.advance(p.h.short())
		p.holds(longer, "new")
		p.absent(shorter)
	},
}, {
	name: "head-replacer/copies-what-it-keeps",
	rule: "Keys and values passed to a store belong to the caller. The store must copy what it keeps.",
	run: func(p *probe) {
		p.set(key, oldValue, driver.Never)
		k, head, value := []byte(key), []byte(oldValue[:driver.HeadSize]), []byte("new")
		if replaced, err := ability[driver.HeadReplacer](p).ReplaceHead(p.Context(), k, head, value, driver.Never); !replaced || err != nil {
			p.Fatalf("ReplaceHead = %v, %v", replaced, err)
		}
		for _, b := range [][]byte{k, head, value} {
			scribble(b, '#')
		}
		p.holds(key, "new")
	},
}, {
	name: "head-replacer/is-atomic",
	rule: "ReplaceHead is atomic.",
	run: func(p *probe) {
		const goroutines = 8
		for range 20 {
			p.set(key, oldValue, driver.Never)
			replaced := make([]bool, goroutines)
			p.together(goroutines, func(i int) (err error) {
				replaced[i], err = ability[driver.HeadReplacer](p).ReplaceHead(p.Context(), []byte(key), []byte(oldValue[:driver.HeadSize]), []byte("new"), driver.Never)
				return err
			})
			if n := trues(replaced); n != 1 {
				p.Fatalf("%d of %d concurrent ReplaceHead of one entry have replaced it, want one", n, goroutines)
			}
		}
	},
}, {
	name:  "head-replacer/native-has-no-head",
	rule:  "A native entry has no such head.",
	needs: Native,
	run: func(p *probe) {
		p.setNative(key, 41)
		p.replacesHead(key, oldValue[:driver.HeadSize], "new", driver.Never, false)
		p.holdsNative(key, 41)
	},
}, {
	name:  "head-replacer/too-large",
	rule:  "ErrTooLarge reports that the value is over the limit of the store. The store holds nothing under the key afterwards.",
	needs: limited,
	run: func(p *probe) {
		p.set(key, oldValue, driver.Never)
		large := []byte(noise(p.h.MaxValueSize + 1))
		_, err := ability[driver.HeadReplacer](p).ReplaceHead(p.Context(), []byte(key), []byte(oldValue[:driver.HeadSize]), large, driver.Never)
		p.matches("ReplaceHead by a value over the limit", err, driver.ErrTooLarge)
		p.absent(key)
	},
}}

func trues(all []bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

// replacesHead fails the case unless ReplaceHead reports want.
func (p *probe) replacesHead(key, head, value string, ttl time.Duration, want bool) {
	p.Helper()
	replaced, err := ability[driver.HeadReplacer](p).ReplaceHead(p.Context(), []byte(key), []byte(head), []byte(value), ttl)
	if err != nil || replaced != want {
		p.Errorf("ReplaceHead(%s, %s, %s) = %v, %v, want %v", brief(key), brief(head), brief(value), replaced, err, want)
	}
}
