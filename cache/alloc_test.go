//go:build !race

package cache_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// The race detector allocates for itself, so these tests run without it.

// allocations fails the test if f allocates more often than want.
func allocations(t *testing.T, what string, want float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(200, f); got > want {
		t.Errorf("%s: %v allocations, want %v", what, got, want)
	}
}

// memoryCache is a cache over a memory store, in a scope as in a request.
func memoryCache(t *testing.T) (context.Context, *cache.BaseCache) {
	t.Helper()
	store, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store), KeyPrefix: "shop"}})
	scope := h.Scope(t.Context())
	return scope, cache.From(scope, "default")
}

// Reading bytes allocates only the copy, and nothing with Shared.
func TestReadingBytesAllocatesOnlyTheCopy(t *testing.T) {
	ctx, c := memoryCache(t)
	if err := c.SetBytes(ctx, "k", make([]byte, 256)); err != nil {
		t.Fatal(err)
	}
	allocations(t, "GetBytes, shared", 0, func() { _, _, _ = c.GetBytes(ctx, "k", cache.Shared) })
	allocations(t, "GetBytes, copied", 1, func() { _, _, _ = c.GetBytes(ctx, "k") })
	allocations(t, "GetBytes, a miss", 0, func() { _, _, _ = c.GetBytes(ctx, "missing") })
	allocations(t, "Has", 0, func() { _, _ = c.Has(ctx, "k") })
}

// A load that has one caller allocates at most 12 times with all that the store does: what
// only a second caller needs is not made.
func TestALoadOfOneCallerAllocatesLittle(t *testing.T) {
	ctx, c := memoryCache(t)
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	type size struct{ Width, Height int }
	sizes := cache.For[size](c)
	load := func(context.Context) (size, error) { return size{1, 2}, nil }
	const grown = 5000 // entries after which the tables of the store grow seldom
	keys := make([]string, grown+300)
	for i := range keys {
		keys[i] = fmt.Sprint("missing:", i)
	}
	n := 0
	getOrSet := func() {
		if _, err := sizes.GetOrSet(cancellable, keys[n], load); err != nil {
			t.Fatal(err)
		}
		n++
	}
	for range grown {
		getOrSet()
	}
	allocations(t, "GetOrSet that loads", 12, getOrSet)
}

// Reading a native value allocates nothing.
func TestReadingANativeValueDoesNotAllocate(t *testing.T) {
	ctx, c := memoryCache(t)
	mustSet(t, c, "k", &point{1, 2}, cache.Native)
	points := cache.For[*point](c)
	allocations(t, "Get", 0, func() { _, _, _ = points.Get(ctx, "k") })
	load := func(context.Context) (*point, error) { return nil, errLoad }
	allocations(t, "GetOrSet, a hit", 0, func() { _, _ = points.GetOrSet(ctx, "k", load) })

	mustSet(t, c, "struct", point{1, 2}, cache.Native)
	structs := cache.For[point](c)
	allocations(t, "Get of a struct", 0, func() { _, _, _ = structs.Get(ctx, "struct") })
	wrapped := structs.Over(struct{ cache.Cache }{c})
	allocations(t, "Get of a struct through a wrapper, its destination", 1, func() { _, _, _ = wrapped.Get(ctx, "struct") })
}

// GetMany allocates nothing for each key.
func TestGetManyAllocatesNothingForEachKey(t *testing.T) {
	ctx, c := memoryCache(t)
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = fmt.Sprint("user:", i)
		mustSet(t, c, keys[i], []byte("value"))
	}
	// The batch with its keys and entries, and the map, which is of a few
	// pieces.
	allocations(t, "GetMany", 12, func() { _, _ = c.GetMany(ctx, keys) })
}

// Reading an integer allocates only its destination.
func TestReadingAnIntegerAllocatesOnlyItsDestination(t *testing.T) {
	ctx, c := memoryCache(t)
	mustSet(t, c, "n", int64(1)<<40)
	numbers := cache.For[int64](c)
	allocations(t, "Get", 1, func() { _, _, _ = numbers.Get(ctx, "n") })
	ints := cache.For[int](c)
	allocations(t, "Get of an int", 1, func() { _, _, _ = ints.Get(ctx, "n") })
}

// Reading an encoded struct allocates what its codec needs and no more.
func TestWhatTheCoreAddsToTheCodecsAllocations(t *testing.T) {
	ctx, c := memoryCache(t)
	mustSet(t, c, "k", order{"a", 1})
	orders := cache.For[order](c)
	// The destination, the field's string, and what the codec takes to find
	// out that the data are well-formed.
	allocations(t, "Get of an encoded struct", 3, func() { _, _, _ = orders.Get(ctx, "k") })
}
