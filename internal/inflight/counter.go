// Package inflight counts the operations of a store that are in flight, so that Shutdown
// refuses new ones and waits for the current ones.
package inflight

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// Counter counts the operations in flight until it is closed. The zero value is ready. Its
// methods may be called from any goroutine.
type Counter struct {
	// OnIdle, if it is set before the first Start, is called once: when the counter is
	// closed and no operation is in flight, before CloseAndWait returns. It must not use
	// the counter.
	OnIdle func()

	state   atomic.Int64 // how many operations are in flight, and closedBit
	closing sync.Once
	idle    chan struct{} // made before the counter is closed, closed when no operation is in flight
}

// closedBit is the bit of the state that says that the counter is closed. From then on the
// number beside it only falls, so it reaches zero at most once.
const closedBit = 1 << 62

// Start counts an operation, which ends with End. It returns [driver.ErrClosed] if the
// counter is closed.
func (c *Counter) Start() error {
	for {
		state := c.state.Load()
		if state&closedBit != 0 {
			return driver.ErrClosed
		}
		if c.state.CompareAndSwap(state, state+1) {
			return nil
		}
	}
}

// End ends an operation that was started.
func (c *Counter) End() {
	if c.state.Add(-1) == closedBit {
		c.settle()
	}
}

// IsClosed reports whether Close was called.
func (c *Counter) IsClosed() bool { return c.state.Load()&closedBit != 0 }

// Close makes Start fail from now on. The channel is closed when all operations have ended.
func (c *Counter) Close() (idle <-chan struct{}) {
	c.closing.Do(func() {
		c.idle = make(chan struct{})
		if running := c.state.Or(closedBit); running == 0 {
			c.settle()
		}
	})
	return c.idle
}

// settle reports that a closed counter is idle. The End of the last operation calls it, or
// Close if there is none.
func (c *Counter) settle() {
	if c.OnIdle != nil {
		c.OnIdle()
	}
	close(c.idle)
}

// CloseAndWait is Close, and waits until all operations have ended or ctx ends, whose error
// it returns. If all have ended already, it returns nil even if ctx has ended.
func (c *Counter) CloseAndWait(ctx context.Context) error {
	idle := c.Close()
	select {
	case <-idle:
		return nil
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
