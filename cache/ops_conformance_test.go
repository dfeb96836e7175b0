package cache_test

import (
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

// memoryHarness is a memory store with all abilities that it has.
var memoryHarness = cachetest.Harness{
	New: func(tb testing.TB, clock driver.Clock) driver.Store {
		s, err := memstore.New(memstore.Options{Clock: clock})
		if err != nil {
			tb.Fatal(err)
		}
		return s
	},
	Abilities: cachetest.Counter | cachetest.Replacer | cachetest.Expirer | cachetest.Sharer | cachetest.Native,
	FakeClock: true,
}

// plainHarness is a store without any ability.
var plainHarness = cachetest.Harness{
	New: func(_ testing.TB, clock driver.Clock) driver.Store {
		s := newMapStore()
		s.clock = showing(clock)
		return s
	},
	FakeClock: true,
}

// ableHarness is a store with all abilities but native values.
var ableHarness = cachetest.Harness{
	New: func(_ testing.TB, clock driver.Clock) driver.Store {
		s := newMapStore()
		s.clock = showing(clock)
		return ableStore{s, withCounter{s}, withReplacer{s}, withHeadReplacer{s}, withPeeker{s}, withExpirer{s}, withMany{s}, withAsync{s}}
	},
	Abilities: cachetest.Counter | cachetest.Replacer | cachetest.Peeker | cachetest.Expirer | cachetest.Many | cachetest.Async |
		cachetest.HeadReplacer,
	FakeClock: true,
}

// atOnceHarness is a store with all of these abilities that invalidates tags in one step.
var atOnceHarness = func() cachetest.Harness {
	h := ableHarness
	h.Abilities |= cachetest.Invalidator
	h.New = func(tb testing.TB, clock driver.Clock) driver.Store {
		s := ableHarness.New(tb, clock).(ableStore)
		return struct {
			ableStore
			withInvalidator
		}{s, withInvalidator{s.mapStore}}
	}
	return h
}()

type ableStore struct {
	*mapStore
	withCounter
	withReplacer
	withHeadReplacer
	withPeeker
	withExpirer
	withMany
	withAsync
}

func overProxy(tb testing.TB, store driver.Store, cfg cache.Config, opts ...cache.HandlerOption) cache.Cache {
	tb.Helper()
	cfg.Opener = openerOf(store)
	h, err := cache.NewHandler(cache.Settings{"default": cfg}, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return h.Proxy("default")
}

// A cache over the memory store passes the conformance suite.
func TestCacheOverMemoryConforms(t *testing.T) { cachetest.RunCache(t, memoryHarness) }

// A cache over a store without optional abilities passes the conformance suite.
func TestCacheWithoutAbilitiesConforms(t *testing.T) { cachetest.RunCache(t, plainHarness) }

// A cache over a store with all abilities passes the conformance suite.
func TestCacheWithAbilitiesConforms(t *testing.T) { cachetest.RunCache(t, ableHarness) }

// So does one over a store that invalidates tags in one step.
func TestCacheOverAStoreThatInvalidatesAtOnceConforms(t *testing.T) {
	cachetest.RunCache(t, atOnceHarness)
}

// A Proxy passes the conformance suite.
func TestProxyConforms(t *testing.T) {
	cachetest.RunCacheOver(t, memoryHarness, overProxy)
	cachetest.RunCacheOver(t, ableHarness, overProxy)
}
