package cachetest

import (
	"slices"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// CacheBuilder builds the cache that the suite checks, over store and with the
// settings of cfg: a [cache.BaseCache], or a wrapper around one. The suite
// shuts the store down.
type CacheBuilder func(tb testing.TB, store driver.Store, cfg cache.Config, opts ...cache.HandlerOption) cache.Cache

// RunCache checks that a [cache.BaseCache] over the store of h does what every
// cache does, whatever its backend. Each case is a subtest named for its rule,
// over a fresh store.
func RunCache(t *testing.T, h Harness) {
	t.Helper()
	RunCacheOver(t, h, buildBase)
}

// RunCacheOver is [RunCache] for the caches that build makes: a wrapper must
// not change what a cache does.
func RunCacheOver(t *testing.T, h Harness, build CacheBuilder) {
	t.Helper()
	for _, c := range cacheCases() {
		t.Run(c.name, func(t *testing.T) {
			if h.Parallel {
				t.Parallel()
			}
			c.check(t, h, build)
		})
	}
}

func buildBase(tb testing.TB, store driver.Store, cfg cache.Config, opts ...cache.HandlerOption) cache.Cache {
	tb.Helper()
	c, err := cache.New(store, cfg, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// cacheCase is one rule for caches.
type cacheCase struct {
	name  string
	rule  string
	needs Ability
	run   func(p *cacheProbe)
}

// check runs the case over a fresh store, or logs why it does not apply.
func (c cacheCase) check(tb testing.TB, h Harness, build CacheBuilder) {
	tb.Helper()
	h.check(tb, c.needs, c.rule, func() { c.run(newCacheProbe(tb, h, build)) })
}

// cacheCases returns every case.
func cacheCases() []cacheCase {
	return slices.Concat(
		cacheShutdownCases,
		needing(keeping,
			cacheReadCases,
			cacheValueCases,
			cacheWriteCases,
			cacheTimeoutCases,
			cacheVersionCases,
			cacheManyCases,
			cacheClearCases,
			cacheNeighbourCases,
			cacheUnreadableCases,
			cacheDamageCases,
			cacheFillCases,
		),
		needing(keeping|Counter, cacheCounterCases),
		needing(keeping|leases, cacheLeaseCases),
		needing(keeping|tagging, cacheTagCases),
		needing(discarding, cacheDiscardCases),
	)
}

// needing returns all cases of groups with needs added to each.
func needing(needs Ability, groups ...[]cacheCase) []cacheCase {
	cases := slices.Concat(groups...)
	for i := range cases {
		cases[i].needs |= needs
	}
	return cases
}
