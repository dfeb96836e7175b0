package cache_test

import (
	"testing"

	"github.com/larder-go/larder/cache/cachetest"
)

func TestCacheOverMemoryBehavesAsItsModel(t *testing.T) { cachetest.ModelCache(t, memoryHarness) }
func TestCacheWithoutAbilitiesBehavesAsItsModel(t *testing.T) {
	cachetest.ModelCache(t, plainHarness)
}
func TestCacheWithAbilitiesBehavesAsItsModel(t *testing.T) { cachetest.ModelCache(t, ableHarness) }
