package cachetest

import "github.com/larder-go/larder/cache/driver"

var touchCases = []storeCase{{
	name: "touch/extends",
	rule: "Touch gives the entry under key a new expiry, from now.",
	run: func(p *probe) {
		p.set(key, "value", p.h.short())
		p.touch(key, 100*p.h.short())
		p.advance(p.h.short())
		p.holds(key, "value")
	},
}, {
	name: "touch/shortens",
	rule: "Touch gives the entry under key a new expiry, from now.",
	run: func(p *probe) {
		const fromLong, fromNever = key, other
		p.set(fromLong, "value", 100*p.h.short())
		p.set(fromNever, "value", driver.Never)
		p.touch(fromLong, p.h.short())
		p.touch(fromNever, p.h.short())
		p.advance(p.h.short())
		p.absent(fromLong)
		p.absent(fromNever)
	},
}, {
	name: "touch/leaves-value",
	rule: "Touch gives the entry under key a new expiry and leaves its value.",
	run: func(p *probe) {
		for _, value := range append(headed(), "", "42") {
			p.set(key, value, driver.Never)
			p.touch(key, 100*p.h.short())
			p.holds(key, value)
		}
	},
}, {
	name: "touch/returns-head",
	rule: "Touch returns the head of the value, or ErrNotFound.",
	run: func(p *probe) {
		for _, value := range headed() {
			p.set(key, value, driver.Never)
			p.heads("Touch", p.touch(key, driver.Never), value)
		}
	},
}, {
	name: "touch/missing-is-not-found",
	rule: "Touch returns the head of the value, or ErrNotFound.",
	run: func(p *probe) {
		p.touchFindsNothing(key)
		p.absent(key)
		p.set(key, "value", driver.Never)
		p.deletes(key, true)
		p.touchFindsNothing(key)
	},
}, {
	name: "touch/does-not-revive-expired",
	rule: "An expired entry is not found and is not revived.",
	run: func(p *probe) {
		p.set(key, "value", p.h.short())
		p.advance(p.h.short())
		p.touchFindsNothing(key)
		p.absent(key)
	},
}, {
	name: "touch/never-on-never",
	rule: "Touching an entry that never expires with Never succeeds.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.heads("Touch", p.touch(key, driver.Never), "value")
		p.heads("Touch", p.touch(key, driver.Never), "value")
		p.holds(key, "value")
	},
}}

func (p *probe) touchFindsNothing(key string) {
	p.Helper()
	_, err := p.store.Touch(p.Context(), []byte(key), driver.Never)
	p.matches("Touch("+brief(key)+")", err, driver.ErrNotFound)
}
