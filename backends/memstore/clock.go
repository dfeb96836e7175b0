package memstore

import (
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// clockResolution is how often the default clock reads the time: less than
// half of driver.MaxClockLag, so that a late wake-up stays within that.
const clockResolution = 2 * time.Millisecond

// elapsed makes an otter.Clock of a driver.Clock: it counts from the opening
// of the store, since the instants of a test's clock need not fit the
// nanoseconds since 1970.
type elapsed struct {
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

// Tick implements otter.Clock. The ticks only start sweeps, and each sweep asks
// the clock what has expired.
func (c *elapsed) Tick(interval time.Duration) <-chan time.Time {
	return time.Tick(interval)
}
