package cachetest

import (
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// leaseCases are what the core relies on for leases, which are values as any other to
// a store: the bytes of each are those of no other, so that Replace tells whether a
// lease is still there. What holds for values of every length is in other cases.
var leaseCases = []storeCase{{
	name: "lease/bytes-come-back-whole",
	rule: "A head is the first HeadSize bytes of a value or the whole of a shorter one.",
	run: func(p *probe) {
		for _, lease := range leaseValues() {
			p.adds(key, lease, p.h.short(), true)
			head, added := p.add(key, leaseValues()[0], p.h.short())
			if added {
				p.Errorf("Add over lease %s = true, want false", brief(lease))
			}
			p.isHead("Add", head, lease)
			p.isHead("Touch", p.touch(key, p.h.short()), lease)
			p.holds(key, lease)
			p.replaces(key, lease, "value", driver.Never, true)
			p.replaces(key, "value", lease, driver.Never, true)
			p.deletesValue(key, lease)
		}
	},
}, {
	name: "lease/another-byte-is-another-lease",
	rule: "Replace stores value under key if what is stored there is equal to old, and reports whether it did.",
	run: func(p *probe) {
		lease := leaseValues()[0]
		p.set(key, lease, driver.Never)
		for i := range len(lease) {
			b := []byte(lease)
			b[i] ^= 1
			p.replaces(key, string(b), "value", driver.Never, false)
		}
		for _, old := range []string{lease[:driver.HeadSize-1], lease + "\x00", lease + " ", lease + lease} {
			p.replaces(key, old, "value", driver.Never, false)
		}
		p.replaces(key, lease, lease+"\x00", driver.Never, true)
		p.replaces(key, lease, "value", driver.Never, false)
		p.holds(key, lease+"\x00")
	},
}, {
	name: "lease/what-was-removed-is-not-replaced",
	rule: "Replace stores value under key if what is stored there is equal to old.",
	run: func(p *probe) {
		lease := leaseValues()[0]
		for name, remove := range p.removals() {
			p.adds(key, lease, driver.Never, true)
			remove()
			p.replaces(key, lease, "value", driver.Never, false)
			p.absent(key)
			p.adds(key, leaseValues()[1], driver.Never, true)
			p.replaces(key, lease, "value", driver.Never, false)
			p.holds(key, leaseValues()[1])
			p.deletes(key, true)
			if p.Failed() {
				p.Fatalf("the lease was removed by %s", name)
			}
		}
	},
}, {
	name: "lease/replace-shortens",
	rule: "Replace stores value under key with a new ttl.",
	run: func(p *probe) {
		lease, free := leaseValues()[0], leaseValues()[1]
		p.adds(key, lease, 100*p.h.short(), true)
		p.replaces(key, lease, free, p.h.short(), true)
		p.set(other, lease, p.h.short())
		p.replaces(other, lease, free, 100*p.h.short(), true)
		p.touch(other, p.h.short())
		p.advance(p.h.short())
		for _, k := range []string{key, other} {
			p.replaces(k, free, "value", driver.Never, false)
			p.adds(k, lease, driver.Never, true)
		}
	},
}}

// leaseValues returns values of the form that leases have, with bytes that protocols and
// databases treat in a way of their own.
func leaseValues() []string {
	var values []string
	for _, end := range []string{"1", "2", "\x00", " ", "\r\n", "\xff", "\\x00"} {
		rest := strings.Repeat("\x00\xff9 ", driver.HeadSize)
		values = append(values, driver.LeaseStart+rest[:driver.HeadSize-len(driver.LeaseStart)-len(end)]+end)
	}
	return values
}

// removals returns ways to remove what is stored under key.
func (p *probe) removals() map[string]func() {
	ways := map[string]func(){
		"Delete": func() { p.deletes(key, true) },
		"Clear":  func() { p.clear("shop") },
		"Set and Delete": func() {
			p.set(key, "another's", driver.Never)
			p.deletes(key, true)
		},
		"Touch and the end of its ttl": func() {
			p.touch(key, p.h.short())
			p.advance(p.h.short())
		},
	}
	if p.h.traits()&Many != 0 {
		ways["DeleteMany"] = func() {
			if err := ability[driver.Many](p).DeleteMany(p.Context(), byteSlices([]string{key})); err != nil {
				p.Fatalf("DeleteMany: %v", err)
			}
		}
	}
	return ways
}

// isHead fails the case unless head, which the call what returned, is lease.
func (p *probe) isHead(what string, head []byte, lease string) {
	p.Helper()
	if string(head) != lease {
		p.Errorf("%s returned head %s, want all of %s", what, brief(string(head)), brief(lease))
	}
}
