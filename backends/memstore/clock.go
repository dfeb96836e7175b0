package memstore

import (
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// elapsed makes an otter.Clock of a driver.Clock: it counts from the opening
// of the store, since the instants of a test's clock need not fit the
// nanoseconds since 1970.
type elapsed struct {
	noTicks
	clock  driver.Clock
	opened time.Time
}

func newElapsed(clock driver.Clock) *elapsed {
	return &elapsed{clock: clock, opened: clock.Now()}
}

// NowNano implements otter.Clock.
func (c *elapsed) NowNano() int64 {
	return int64(c.clock.Now().Sub(c.opened))
}

// noTicks is the part of an otter.Clock that starts the cache's own sweeps,
// which would go on for ever. The store has a [sweeper] instead.
type noTicks struct{}

// Tick implements otter.Clock. A nil channel means no ticks.
func (noTicks) Tick(time.Duration) <-chan time.Time { return nil }
