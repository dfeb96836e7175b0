package cache_test

import (
	"testing"

	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

// The backend of the example passes the conformance suite.
func TestTheBackendOfTheExampleKeepsTheContract(t *testing.T) {
	cachetest.RunStore(t, cachetest.Harness{
		New:       func(_ testing.TB, clock driver.Clock) driver.Store { return NewTinyStore(clock) },
		FakeClock: true,
	})
}
