package cachetest

import "github.com/larder-go/larder/cache/driver"

var damageCases = []storeCase{{
	name: "damage/get-is-corrupt",
	rule: "An entry that the store itself finds damaged is ErrCorrupt.",
	run: func(p *probe) {
		p.setDamaged(key)
		p.isCorrupt(key)
	},
}, {
	name: "damage/add-leaves-it",
	rule: "A damaged entry gives ErrCorrupt and is left.",
	run: func(p *probe) {
		p.setDamaged(key)
		_, added, err := p.store.Add(p.Context(), []byte(key), []byte("added"), driver.Never)
		p.matches("Add over a damaged entry", err, driver.ErrCorrupt)
		if added {
			p.Error("Add over a damaged entry added")
		}
		p.isCorrupt(key)
	},
}, {
	name: "damage/delete-removes-it",
	rule: "A damaged entry is removed and reported as having been there.",
	run: func(p *probe) {
		p.setDamaged(key)
		head, deleted, err := p.store.Delete(p.Context(), []byte(key))
		if head != nil || !deleted || err != nil {
			p.Errorf("Delete of a damaged entry = %s, %v, %v, want a nil head and true", brief(string(head)), deleted, err)
		}
		p.absent(key)
	},
}, {
	name: "damage/set-replaces-it",
	rule: "Set stores value under key, replacing value and expiry of what was there.",
	run: func(p *probe) {
		p.setDamaged(key)
		p.set(key, "new", driver.Never)
		p.holds(key, "new")
	},
}, {
	name:  "damage/get-many-returns-nil",
	rule:  "A damaged entry is returned as nil.",
	needs: Many,
	run: func(p *probe) {
		p.setDamaged(key)
		p.set(other, "whole", driver.Never)
		p.getsMany([]string{key, other}, []string{missing, "whole"})
	},
}}

func (p *probe) setDamaged(key string) {
	p.Helper()
	p.set(key, noise(1000), driver.Never)
	p.h.Damage(p.TB, p.store, []byte(key))
}

func (p *probe) isCorrupt(key string) {
	p.Helper()
	_, err := p.store.Get(p.Context(), []byte(key))
	p.matches("Get of a damaged entry", err, driver.ErrCorrupt)
}
