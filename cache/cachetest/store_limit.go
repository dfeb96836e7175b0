package cachetest

import "github.com/larder-go/larder/cache/driver"

var limitCases = []storeCase{{
	name: "limit/stores-what-is-below",
	rule: "ErrTooLarge reports that the value is over the limit of the store.",
	run: func(p *probe) {
		value := noise(p.h.MaxValueSize / 2)
		p.set(key, value, driver.Never)
		p.holds(key, value)
	},
}, {
	name: "limit/too-large",
	rule: "ErrTooLarge reports that the value is over the limit of the store. The store holds nothing under the key afterwards.",
	run: func(p *probe) {
		p.eachNamed([]string{"Set", "Add", "SetMany", "Replace", "Start(OpSet)", "Start(OpAdd)"}, func(op operation) {
			p.deletesQuietly(key)
			if op.name != "Add" && op.name != "Start(OpAdd)" {
				p.set(key, presentValue, driver.Never)
			}
			err := op.call(p.Context(), p.store, arguments{[]byte(key), []byte(noise(p.h.MaxValueSize + 1)), driver.Never})
			p.matches(op.name+" of a value over the limit", err, driver.ErrTooLarge)
			p.absent(key)
		})
	},
}, {
	name:  "limit/one-of-many-too-large",
	rule:  "If only some failed, errs has one element for each item, nil for those stored.",
	needs: Many,
	run: func(p *probe) {
		p.set("shop:1:b", "old", driver.Never)
		errs, err := ability[driver.Many](p).SetMany(p.Context(), []driver.Item{
			{Key: []byte("shop:1:a"), Value: []byte("A")},
			{Key: []byte("shop:1:b"), Value: []byte(noise(p.h.MaxValueSize + 1))},
			{Key: []byte("shop:1:c"), Value: []byte("C")},
		}, driver.Never)
		if err != nil || len(errs) != 3 || errs[0] != nil || errs[2] != nil {
			p.Fatalf("SetMany with one value over the limit = %v, %v, want three errors of which only the second is not nil", errs, err)
		}
		p.matches("SetMany, for the value over the limit", errs[1], driver.ErrTooLarge)
		p.getsMany([]string{"shop:1:a", "shop:1:b", "shop:1:c"}, []string{"A", missing, "C"})
	},
}}
