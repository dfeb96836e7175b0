package dummystore_test

import (
	"testing"

	"github.com/larder-go/larder/backends/dummystore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

// The dummy store passes the conformance suite for stores that keep nothing.
func TestConformance(t *testing.T) {
	h := cachetest.Harness{
		New:       func(testing.TB, driver.Clock) driver.Store { return dummystore.New() },
		Abilities: cachetest.Counter | cachetest.Peeker | cachetest.Expirer | cachetest.Invalidator,
		Discards:  true,
	}
	cachetest.RunStore(t, h)
	cachetest.RunCache(t, h)
}
