package cachetest

import (
	"fmt"

	"github.com/larder-go/larder/cache/driver"
)

// neighbours are prefixes that a careless Clear takes for each other: one the
// beginning of another, and the wildcards of globs and of SQL.
var neighbours = []string{
	"", "shop", "shop:eu", "shop:1", "shopping", "Shop", "sho", "s%", "shop%", "sh_p", "_", "%",
	"shop*", "*", "sh?p", "[s]hop", "shop[1]", `shop\`, `\`, "shop/", "..", ".", "shop'", "1", "1:2",
}

var clearCases = []storeCase{{
	name: "clear/removes-the-namespace",
	rule: "Clear removes every entry whose key is in the namespace.",
	run: func(p *probe) {
		const entries = 1000
		k := func(i int) string { return fmt.Sprintf("shop:%d:%d", i%3, i) }
		for i := range entries {
			p.set(k(i), "value", driver.Never)
		}
		p.clear("shop")
		for i := range entries {
			p.absent(k(i))
		}
	},
}, {
	name: "clear/removes-no-other",
	rule: "Clear removes every entry whose key is in the namespace, and no other.",
	run: func(p *probe) {
		for _, prefix := range neighbours {
			p.clearsOnly(prefix)
		}
	},
}, {
	name: "clear/repeated-and-empty",
	rule: "Clear removes every entry whose key is in the namespace.",
	run: func(p *probe) {
		p.clear("shop")
		p.set(key, "value", driver.Never)
		p.clear("shop")
		p.clear("shop")
		p.absent(key)
	},
}, {
	name: "clear/then-the-namespace-is-as-new",
	rule: "Clear removes every entry whose key is in the namespace.",
	run: func(p *probe) {
		p.set(key, "old", driver.Never)
		p.clear("shop")
		p.deletes(key, false)
		p.touchFindsNothing(key)
		p.adds(key, "added", driver.Never, true)
		p.holds(key, "added")
		p.set(other, "set", driver.Never)
		p.holds(other, "set")
	},
}, {
	name: "clear/leaves-no-expiry-behind",
	rule: "Clear removes every entry whose key is in the namespace.",
	run: func(p *probe) {
		p.set(key, "old", p.h.short())
		p.clear("shop")
		p.set(key, "new", driver.Never)
		p.advance(p.h.short())
		p.holds(key, "new")
	},
}}

// clearsOnly clears one prefix of a store with keys of all of them, and fails
// the case unless that removes just the keys that the namespace contains.
//
// A key such as "shop:1:2:b" is of "shop" and of "shop:1" both: the form is
// ambiguous, and Namespace.Contains says what that means.
func (p *probe) clearsOnly(prefix string) {
	p.Helper()
	keys := []string{
		"shop", "shop:", "shop:1", "shop:1:", "shop:x:a", "shop:1x:a", "shop::a", "shop:-1:a", "shop 1:a",
		"plain", ":", "::", ":1", "1:a", "xshop:1:a", "shop:1234567890:a", "shop:2:a:b",
		"shop:0:a", "shop:00:a", "shop:01:a", "shop:+1:a", "shop:1:01:a", "shop:10:", "shop:9223372036854775807:a",
		"shop:9223372036854775808:a", "shop:10000000000000000000:a", "shop:99999999999999999999:a", "shop:99999999999999999999:1:a",
	}
	for _, neighbour := range neighbours {
		keys = append(keys, neighbour+":1:a", neighbour+":2:b")
	}
	keys, _ = p.sortKeys(keys)
	for _, k := range keys {
		p.set(k, "value of "+k, driver.Never)
	}
	p.clear(prefix)
	for _, k := range keys {
		if (driver.Namespace{Prefix: prefix}).Contains([]byte(k)) {
			_, err := p.store.Get(p.Context(), []byte(k))
			p.matches(fmt.Sprintf("after Clear(%q), Get(%q)", prefix, k), err, driver.ErrNotFound)
		} else if _, err := p.store.Get(p.Context(), []byte(k)); err != nil {
			p.Errorf("after Clear(%q), Get(%q): %v, want the entry", prefix, k, err)
		}
	}
}
