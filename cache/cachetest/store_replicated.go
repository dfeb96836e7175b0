package cachetest

import (
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var replicatedCases = []storeCase{{
	name:  "replicated/primary",
	rule:  "The store at the primary has the same entries and abilities, and is its own primary.",
	needs: Replicated,
	run: func(p *probe) {
		primary, err := p.store.(driver.Replicated).Primary()
		if err != nil {
			p.Fatalf("Primary: %v", err)
		}
		at := p.over(primary)
		p.set("a", "by the store", time.Hour)
		at.holds("a", "by the store")
		at.set("b", "at the primary", time.Hour)
		at.holds("b", "at the primary")
		at.deletes("a", true)
		at.absent("a")
		for _, a := range abilities {
			if a.implemented != nil && a.implemented(p.store) != a.implemented(primary) {
				p.Errorf("one of the two is no driver.%s", a.name)
			}
		}
		if again, err := primary.(driver.Replicated).Primary(); again != primary || err != nil {
			p.Errorf("the primary of the primary is %v, %v, want itself", again, err)
		}
	},
}}
