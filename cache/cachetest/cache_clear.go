package cachetest

import (
	"strconv"

	"github.com/larder-go/larder/cache"
)

var cacheClearCases = []cacheCase{{
	name: "cache/clear/own-entries-only",
	rule: `Clear removes the entries of this prefix only: prefix "shop" does not clear "shop:eu" or "shop*".`,
	run: func(p *cacheProbe) {
		prefixes := []string{"shop", "shop:eu", "shop*", "", "shopping", "s?op", "other"}
		for _, cleared := range prefixes {
			all := make(map[string]*cacheProbe)
			for _, prefix := range prefixes {
				all[prefix] = p.with(cache.Config{KeyPrefix: prefix})
				all[prefix].put(cacheKey, prefix, cache.Never)
			}
			if err := all[cleared].cache.Clear(p.Context()); err != nil {
				p.Fatalf("Clear of %q: %v", cleared, err)
			}
			for _, prefix := range prefixes {
				if prefix == cleared {
					all[prefix].misses(cacheKey)
				} else {
					all[prefix].finds(cacheKey, prefix)
				}
			}
		}
	},
}, {
	name: "cache/clear/all-versions",
	rule: "Clear empties the namespace, all versions included.",
	run: func(p *cacheProbe) {
		for version := range 12 {
			p.put(cacheKey, "value", cache.Version(version))
		}
		if err := p.cache.Clear(p.Context()); err != nil {
			p.Fatal(err)
		}
		for version := range 12 {
			p.misses(cacheKey, cache.Version(version))
		}
		p.put(cacheKey, "after")
		p.finds(cacheKey, "after")
	},
}}

var cacheNeighbourCases = []cacheCase{{
	name: "cache/neighbours/prefix-version-keyfunc",
	rule: "Two aliases with different prefix, version or KeyFunc over one store do not see each other.",
	run: func(p *cacheProbe) {
		neighbours := []*cacheProbe{
			p,
			p.with(cache.Config{KeyPrefix: "other"}),
			p.with(cache.Config{}),
			p.with(cache.Config{KeyPrefix: "shop", Version: 2}),
			p.with(cache.Config{KeyPrefix: "shop", KeyFunc: func(prefix string, version int, key string) string {
				return prefix + "/" + strconv.Itoa(version) + "/" + key
			}}),
		}
		for i, neighbour := range neighbours {
			neighbour.misses(cacheKey)
			neighbour.addsValue(cacheKey, i, true)
		}
		for i, neighbour := range neighbours {
			neighbour.finds(cacheKey, i)
			neighbour.deletesKey(cacheKey, true)
			neighbour.misses(cacheKey)
		}
	},
}}
