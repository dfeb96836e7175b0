package cachetest

import "github.com/larder-go/larder/cache/driver"

// discardCases say what a store does that is there to keep nothing.
var discardCases = []storeCase{{
	name: "discard/set-keeps-nothing",
	rule: "When Set returns nil the value was stored; eviction may follow at any time.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.absent(key)
	},
}, {
	name: "discard/add-always-adds",
	rule: "Add stores value if nothing is stored under key, and reports whether it did.",
	run: func(p *probe) {
		p.adds(key, "value", driver.Never, true)
		p.adds(key, "value", driver.Never, true)
		p.absent(key)
	},
}, {
	name: "discard/touch-and-delete-find-nothing",
	rule: "Touch returns ErrNotFound. Deleting what is not there is no error.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.touchFindsNothing(key)
		p.deletes(key, false)
		p.clear("shop")
	},
}, {
	name:  "discard/many",
	rule:  "nil stands for a key that is not there.",
	needs: Many,
	run: func(p *probe) {
		p.setMany(driver.Never, key, "value", other, "value")
		p.getsMany([]string{key, other}, []string{missing, missing})
		if err := ability[driver.Many](p).DeleteMany(p.Context(), byteSlices([]string{key, other})); err != nil {
			p.Errorf("DeleteMany: %v", err)
		}
	},
}, {
	name:  "discard/incr-is-not-found",
	rule:  "A missing key is ErrNotFound.",
	needs: Counter,
	run: func(p *probe) {
		p.set(key, "1", driver.Never)
		p.incrFails(key, 1, driver.ErrNotFound)
	},
}, {
	name:  "discard/replace-does-not",
	rule:  "Replace stores value under key if what is stored there is equal to old.",
	needs: Replacer,
	run: func(p *probe) {
		p.set(key, "old", driver.Never)
		p.replaces(key, "old", "new", driver.Never, false)
	},
}, {
	name:  "discard/native",
	rule:  "A missing key is ErrNotFound.",
	needs: Native,
	run: func(p *probe) {
		p.setNative(key, 42)
		p.absentNative(key)
		p.addsNative(key, 42, true)
		p.absentNative(key)
	},
}}
