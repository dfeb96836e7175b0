package flight

import (
	"context"
	"sync"
	"time"
)

// runContext is the context of a run: it has the values of another one, without its deadline,
// and can be cancelled. Most functions ask it nothing, so the context of package context
// that answers them is made for the first question that needs it.
//
// All methods are safe for concurrent use.
type runContext struct {
	values  runValues
	starter leaver // of an inline run, or nil

	mu          sync.Mutex
	isOver      bool
	asked       context.Context // nil until then
	cancelAsked context.CancelFunc
	stopNoting  func() bool // the end of the starter's context; nil if nobody does
}

// leaver is a flight whose starter may leave at any time, see [Flight.noteStarter].
type leaver interface{ noteStarter() }

// runValues are the values of a run: its own, and those of its starter's context.
type runValues struct {
	starter  context.Context
	key, run any // [runKey] and the flight
}

// Deadline implements [context.Context]: there is none.
func (c *runContext) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements [context.Context].
func (c *runContext) Done() <-chan struct{} { return c.real().Done() }

// Err implements [context.Context].
func (c *runContext) Err() error {
	if c.starter != nil {
		c.starter.noteStarter()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isOver {
		return context.Canceled
	}
	return nil
}

// Value implements [context.Context]. Package context finds its own contexts by the address
// of an int: that is a question for a real one. If a release of Go had another key,
// context.Cause would be that of the starter, which a test would see.
func (c *runContext) Value(key any) any {
	if _, isAddress := key.(*int); isAddress {
		return c.real().Value(key)
	}
	return c.values.Value(key)
}

// real returns a context of package context.
func (c *runContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked, c.cancelAsked = context.WithCancel(&c.values)
		switch {
		case c.isOver:
			c.cancelAsked()
		case c.starter != nil:
			c.stopNoting = context.AfterFunc(c.values.starter, c.starter.noteStarter)
		}
	}
	return c.asked
}

// end is cancel when the run is over.
func (c *runContext) end() {
	c.cancel()
	c.mu.Lock()
	stop := c.stopNoting
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// cancel ends the context.
func (c *runContext) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isOver = true
	if c.cancelAsked != nil {
		c.cancelAsked()
	}
}

// Deadline implements [context.Context]: there is none.
func (*runValues) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements [context.Context]: it is never closed.
func (*runValues) Done() <-chan struct{} { return nil }

// Err implements [context.Context].
func (*runValues) Err() error { return nil }

// Value implements [context.Context].
func (v *runValues) Value(key any) any {
	if key == v.key {
		return v.run
	}
	return v.starter.Value(key)
}
