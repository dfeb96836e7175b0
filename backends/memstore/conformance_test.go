package memstore_test

import (
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

const abilities = cachetest.Counter | cachetest.Replacer | cachetest.Expirer | cachetest.Sharer | cachetest.Native

// harnesses are the two forms of the store, which differ in what bounds them.
func harnesses() map[string]cachetest.Harness {
	const maxBytes = 16 << 20
	open := func(opts memstore.Options) func(testing.TB, driver.Clock) driver.Store {
		return func(tb testing.TB, clock driver.Clock) driver.Store {
			opts := opts
			opts.Clock = clock
			store, err := memstore.New(opts)
			if err != nil {
				tb.Fatal(err)
			}
			return store
		}
	}
	return map[string]cachetest.Harness{
		"bounded by entries": {New: open(memstore.Options{}), Abilities: abilities, FakeClock: true, StoreHooks: true},
		"bounded by bytes":   {New: open(memstore.Options{MaxBytes: maxBytes}), Abilities: abilities, FakeClock: true, StoreHooks: true, MaxValueSize: maxBytes},
	}
}

// The memory store passes the conformance suite.
func TestConformance(t *testing.T) {
	for name, h := range harnesses() {
		t.Run(name, func(t *testing.T) {
			cachetest.RunStore(t, h)
			cachetest.RunCache(t, h)
		})
	}
}

// The memory store behaves as the model.
func TestModel(t *testing.T) {
	for name, h := range harnesses() {
		t.Run(name, func(t *testing.T) {
			cachetest.ModelStore(t, h)
			cachetest.ModelCache(t, h)
		})
	}
}

func BenchmarkConformance(b *testing.B) {
	for name, h := range harnesses() {
		b.Run(name, func(b *testing.B) { cachetest.BenchmarkStore(b, h) })
	}
}
