package cache_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
)

// cleaned is a loader that counts how often its memory is released, and what the store
// held then.
type cleaned struct {
	cache.Loader
	store    *mapStore
	cleanups int
	stored   int
}

var _ fill.Cleaner = (*cleaned)(nil)

func (c *cleaned) Cleanup() {
	c.cleanups++
	c.stored = c.store.count("Add")
}

// The memory of a load is released once the store has its value.
func TestALoaderThatHasReturnedReleasesItsMemoryOnceTheStoreHasTheValue(t *testing.T) {
	for name, test := range map[string]struct {
		load             cache.Loader
		cleanups, stored int
	}{
		"stored":     {returning(cache.Loaded{Value: "v"}), 1, 1},
		"not stored": {returning(cache.Loaded{Value: "v", NoStore: true}), 1, 0},
		"private":    {returning(cache.Loaded{Value: "v", Private: true}), 1, 0},
		"an error":   {cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{}, errLoad }), 1, 0},
		"a panic":    {cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { panic("in the load") }), 0, 0},
	} {
		s := newMapStore()
		load := &cleaned{Loader: test.load, store: s}
		_, _ = newCache(t, s, cache.Config{}).Fill(t.Context(), "k", new(string), load)
		if load.cleanups != test.cleanups || load.stored != test.stored {
			t.Errorf("%s: Cleanup ran %d times, with %d values stored; want %d, %d", name, load.cleanups, load.stored, test.cleanups, test.stored)
		}
	}
}
