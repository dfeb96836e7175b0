package toystore

import (
	"os"
	"testing"

	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

func newIn(tb testing.TB, dir string, clock driver.Clock) driver.Store {
	s, err := New(dir, clock)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

var harness = cachetest.Harness{
	Abilities: cachetest.Counter,
	FakeClock: true,
	New: func(tb testing.TB, clock driver.Clock) driver.Store {
		return newIn(tb, tb.TempDir(), clock)
	},
	Reopen: func(tb testing.TB, store driver.Store, clock driver.Clock) driver.Store {
		return newIn(tb, store.(*Store).dir, clock)
	},
	Damage: func(tb testing.TB, store driver.Store, key []byte) {
		if err := os.Truncate(store.(*Store).path(key), 1); err != nil {
			tb.Fatal(err)
		}
	},
}

func TestConformance(t *testing.T) {
	cachetest.RunStore(t, harness)
	cachetest.RunCache(t, harness)
}
