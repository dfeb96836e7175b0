package cachetest

import "github.com/larder-go/larder/cache/driver"

var deleteCases = []storeCase{{
	name: "delete/removes",
	rule: "Delete removes the entry under key and reports whether there was one.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.deletes(key, true)
		p.absent(key)
		p.deletes(key, false)
	},
}, {
	name: "delete/missing-is-no-error",
	rule: "Deleting what is not there is no error.",
	run: func(p *probe) {
		p.deletes(key, false)
	},
}, {
	name: "delete/expired-was-not-there",
	rule: "Delete removes the entry under key and reports whether there was one that had not expired.",
	run: func(p *probe) {
		p.set(key, "value", p.h.short())
		p.advance(p.h.short())
		p.deletes(key, false)
		p.absent(key)
	},
}, {
	name: "delete/returns-head",
	rule: "If there was one, head is the head of the entry that was removed.",
	run: func(p *probe) {
		for _, value := range append(headed(), "") {
			p.set(key, value, driver.Never)
			p.deletesValue(key, value)
			p.set(key, "before", driver.Never)
			p.set(key, value, p.h.short())
			p.deletesValue(key, value)
		}
	},
}, {
	name: "delete/leaves-others",
	rule: "Delete removes the entry under key.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.set(key+"s", "longer key", driver.Never)
		p.set(key[:len(key)-1], "shorter key", driver.Never)
		p.deletes(key, true)
		p.holds(key+"s", "longer key")
		p.holds(key[:len(key)-1], "shorter key")
	},
}}
