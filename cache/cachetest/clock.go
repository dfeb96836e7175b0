package cachetest

import (
	"sync"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var _ driver.Clock = (*Clock)(nil)

// Clock is a [driver.Clock] that stands still until Advance is called. It is safe for
// concurrent use. Make one with [NewClock].
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the beginning of 2026, UTC: a whole
// second, so that a store whose times are coarse rounds nothing away there.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)}
}

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
