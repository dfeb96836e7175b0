package cachetest

import (
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

var invalidationCases = []storeCase{{
	name: "invalidator/hard-changes-both-versions",
	rule: "An invalidation that is not soft changes both versions of a record, for whatever the record was.",
	run: func(p *probe) {
		p.makeCount()
		p.makeRecord(0, driver.Never)
		p.set(tagKey(1), "", driver.Never)
		p.makeRecord(2, driver.Never)
		v := p.invalidates(0, 1)
		p.holdsVersions(0, v, v)
		p.holdsVersions(1, v, v)
		p.holdsVersions(2, firstVersion, firstVersion)
	},
}, {
	name: "invalidator/soft-changes-the-second-version",
	rule: "A soft invalidation changes the second version of a record.",
	run: func(p *probe) {
		p.makeCount()
		p.makeRecord(0, driver.Never)
		p.set(tagKey(1), "too short", driver.Never)
		soft := p.softlyInvalidates(0, 1)
		p.holdsVersions(0, firstVersion, soft)
		p.holdsVersions(1, soft, soft)
		hard := p.invalidates(0)
		again := p.softlyInvalidates(0)
		p.holdsVersions(0, hard, again)
	},
}, {
	name: "invalidator/adds-to-the-count",
	rule: "Invalidate adds one to the number of the count if there is one, and a record has the count at which it was changed last.",
	run: func(p *probe) {
		for _, count := range p.tagCounts() {
			p.set(countKey, count.String(), driver.Never)
			for _, soft := range []bool{false, true} {
				p.makeRecord(0, driver.Never)
				p.makeRecord(1, driver.Never)
				p.invalidate(soft, 0, 1)
				after := p.count()
				if after.Making != count.Making || after.Number <= count.Number {
					p.Errorf("after the count %v comes %v, want a larger number of the same making", count, after)
				}
				p.holdsCount(0, count, after)
				p.holdsCount(1, count, after)
				count = after
			}
			p.invalidates()
			if after := p.count(); after.Number <= count.Number {
				p.Errorf("an invalidation without records leaves the count %v at %v", count, after)
			}
		}
	},
}, {
	name: "invalidator/makes-nothing",
	rule: "Invalidate makes neither the count nor a record.",
	run: func(p *probe) {
		p.invalidates(0)
		p.softlyInvalidates(0)
		p.absent(countKey)
		p.absent(tagKey(0))
		p.adds(tagKey(0), tagRecord(firstVersion, ""), driver.Never, true)
		p.invalidates(0)
		p.absent(countKey)
		p.deletes(tagKey(0), true)
		p.makeCount()
		p.invalidates(0, 1)
		p.absent(tagKey(0))
		p.adds(tagKey(1), "other", driver.Never, true)
	},
}, {
	name: "invalidator/leaves-what-has-expired",
	rule: "An entry is expired when the store's now is equal to or after its expiry: Invalidate does not bring it back.",
	run: func(p *probe) {
		p.set(countKey, p.tagCounts()[0].String(), p.h.short())
		p.makeRecord(0, p.h.short())
		p.makeRecord(1, driver.Never)
		p.advance(p.h.short())
		v := p.invalidates(0, 1)
		p.absent(countKey)
		p.absent(tagKey(0))
		p.holds(tagKey(1), v+v)
	},
}, {
	name: "invalidator/leaves-what-was-cleared",
	rule: "Clear takes the records of a namespace along: Invalidate does not bring them back.",
	run: func(p *probe) {
		p.makeCount()
		p.makeRecord(0, driver.Never)
		p.clear(tagSpace.Prefix)
		p.invalidates(0)
		p.softlyInvalidates(0)
		p.absent(countKey)
		p.absent(tagKey(0))
	},
}, {
	name: "invalidator/record-without-count",
	rule: "Record returns what becomes of a record, given the count, or nothing if there is no count.",
	run: func(p *probe) {
		p.set(tagKey(0), tagRecord(firstVersion, p.tagCounts()[0].String()), driver.Never)
		p.set(tagKey(1), tagRecord(firstVersion, p.tagCounts()[0].String()), driver.Never)
		hard, soft := p.invalidates(0), p.softlyInvalidates(1)
		p.holds(tagKey(0), hard+hard)
		p.holds(tagKey(1), firstVersion+soft)
	},
}, {
	name: "invalidator/keeps-expiry",
	rule: "Invalidate keeps the expiry of count and records; unless InvalidatesAtOnce, a record may become one that does not expire.",
	run: func(p *probe) {
		p.makeCount()
		p.touch(countKey, p.h.short())
		p.makeRecord(0, p.h.short())
		p.makeRecord(1, driver.Never)
		p.invalidates(0)
		soft := p.softlyInvalidates(0, 1)
		p.advance(p.h.short())
		p.absent(countKey)
		if p.invalidatesAtOnce() {
			p.absent(tagKey(0))
		}
		p.holdsVersions(1, firstVersion, soft)

		p.makeCount()
		hard := p.invalidates(1)
		p.advance(p.h.short())
		p.count()
		p.holdsVersions(1, hard, hard)
	},
}, {
	name: "invalidator/refuses-what-is-no-count",
	rule: "What is under the key of the count and is no count is ErrNotInteger.",
	run: func(p *probe) {
		for _, text := range []string{"none", strings.Repeat("a", driver.VersionSize) + ":", "", "1:x"} {
			p.set(countKey, text, driver.Never)
			p.makeRecord(0, driver.Never)
			err := ability[driver.Invalidator](p).Invalidate(p.Context(), invalidation(false, 0))
			p.matches("Invalidate with a count of "+brief(text), err, driver.ErrNotInteger)
			p.holds(countKey, text)
			p.holdsVersions(0, firstVersion, firstVersion)
		}
	},
}, {
	name:  "invalidator/invalid-record-is-refused",
	rule:  "The core calls CheckKey before every operation; the store checks again.",
	needs: KeyChecker,
	run: func(p *probe) {
		_, refused := p.sortKeys(awkwardKeys())
		for _, k := range refused {
			inv := invalidation(false, 0)
			inv.Records = append(inv.Records, []byte(k))
			err := ability[driver.Invalidator](p).Invalidate(p.Context(), inv)
			p.matches("Invalidate of "+brief(k), err, driver.ErrInvalidKey)
		}
	},
}, {
	name:  "invalidator/in-a-session",
	rule:  "OpenSession returns a store for the use of one request.",
	needs: Sessions,
	run: func(p *probe) {
		p.makeCount()
		p.makeRecord(0, driver.Never)
		before := p.count()
		session := p.openSession()
		v := session.invalidates(0)
		session.holdsVersions(0, v, v)
		session.shutdown()
		p.holdsVersions(0, v, v)
		p.holdsCount(0, before, p.count())
	},
}, {
	name:  "invalidator/other-processes-see-it",
	rule:  "A store does not lose the change of a count or of a record that it has reported.",
	needs: reopening,
	run: func(p *probe) {
		p.makeCount()
		p.makeRecord(0, driver.Never)
		second := p.reopen()
		before := second.count()
		v := p.invalidates(0)
		second.holdsVersions(0, v, v)
		second.holdsCount(0, before, second.count())
		before = second.count()
		soft := second.softlyInvalidates(0)
		p.shutdown()
		third := second.reopen()
		third.holdsVersions(0, v, soft)
		third.holdsCount(0, before, third.count())
	},
}}
