package memstore

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// clockResolution is how often a shared reading of the time is renewed:
	// less than half of driver.MaxClockLag, so that a late timer stays within
	// that.
	clockResolution = 2 * time.Millisecond

	// A reading is shared once burstReads reads in a row took burstTime or
	// less. Fewer reads pay less for asking the time than for the timer.
	burstReads = 64
	burstTime  = 16 * time.Millisecond

	// sharedTicks is how many times a shared reading is renewed before reads
	// have to be frequent again: 128 ms.
	sharedTicks = 64
)

// coarseClock is the otter.Clock of a store that was given none. It counts
// nanoseconds since it was made, and never runs backwards.
//
// While the store is read often, all reads share one reading of the time, which
// a timer renews. Otherwise each read asks for the time itself, and no timer
// runs: an idle program is not woken, and the first read after a long pause
// does not go by an old reading.
//
// A coarseClock is safe for concurrent use. stop ends its timer.
type coarseClock struct {
	noTicks
	made time.Time

	// reading is the shared reading while it is positive. Otherwise none is
	// shared, and it is minus the latest time that was told.
	reading atomic.Int64

	reads      atomic.Int64 // that asked for the time themselves
	burstBegan atomic.Int64 // the time of the last of them whose number burstReads divides

	mu        sync.Mutex
	timer     *time.Timer
	ticksLeft int
	stopped   bool
}

func newCoarseClock() *coarseClock {
	c := &coarseClock{made: time.Now()}
	// Made here, the timer runs by the same clock as the one that made it,
	// even if the store is read inside a testing/synctest bubble.
	c.timer = time.AfterFunc(time.Hour, c.tick)
	c.timer.Stop()
	return c
}

// NowNano implements otter.Clock.
func (c *coarseClock) NowNano() int64 {
	if shared := c.reading.Load(); shared > 0 {
		return shared
	}
	return c.ask()
}

// ask returns the precise time, or the shared reading if there is one by now.
func (c *coarseClock) ask() int64 {
	for {
		latest := c.reading.Load()
		if latest > 0 {
			return latest
		}
		// Whoever shares a reading has to have seen this one, or this one is
		// discarded: so nobody is told less than somebody else was before.
		now := max(c.precise(), -latest)
		if c.reading.CompareAndSwap(latest, -now) {
			c.count(now)
			return now
		}
	}
}

func (c *coarseClock) precise() int64 { return int64(time.Since(c.made)) }

// count counts a read that asked for the time, and shares a reading with the
// next ones if they are frequent.
func (c *coarseClock) count(now int64) {
	if c.reads.Add(1)%burstReads != 0 {
		return
	}
	if now-c.burstBegan.Swap(now) <= int64(burstTime) {
		c.share()
	}
}

// share starts the timer, unless it runs.
func (c *coarseClock) share() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.ticksLeft > 0 {
		return
	}
	c.ticksLeft = sharedTicks
	c.renew()
	c.timer.Reset(clockResolution)
}

// tick renews the shared reading or, at the last tick, withdraws it.
func (c *coarseClock) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	if c.ticksLeft--; c.ticksLeft == 0 {
		c.withdraw()
		return
	}
	c.renew()
	c.timer.Reset(clockResolution)
}

// renew shares the time. The caller holds mu.
func (c *coarseClock) renew() {
	for {
		latest := c.reading.Load()
		if c.reading.CompareAndSwap(latest, c.precise()) {
			return
		}
	}
}

// withdraw makes reads ask for the time again. The caller holds mu, without
// which nobody changes a shared reading.
func (c *coarseClock) withdraw() {
	if shared := c.reading.Load(); shared > 0 {
		c.reading.Store(-shared)
	}
}

// stop ends the timer. After it, the clock tells the precise time.
func (c *coarseClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
	c.withdraw()
}
