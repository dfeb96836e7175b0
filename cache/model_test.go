package cache_test

import (
	"testing"

	"github.com/larder-go/larder/cache/cachetest"
)

// A cache over the memory store behaves as its model over random operations.
func TestCacheOverMemoryBehavesAsItsModel(t *testing.T) { cachetest.ModelCache(t, memoryHarness) }

// A cache over a store without optional abilities behaves as its model.
func TestCacheWithoutAbilitiesBehavesAsItsModel(t *testing.T) {
	cachetest.ModelCache(t, plainHarness)
}

// A cache over a store with all abilities behaves as its model.
func TestCacheWithAbilitiesBehavesAsItsModel(t *testing.T) { cachetest.ModelCache(t, ableHarness) }
