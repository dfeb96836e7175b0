// Package gate counts the operations of a store that are in flight, so that a
// shutdown lets nobody in any more and waits for those who are inside.
package gate

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// Gate counts the operations in flight, and shuts once. The zero value is open.
// Its methods may be called from any goroutine.
type Gate struct {
	// OnIdle, if it is set before the first Enter, is called once: when the gate
	// is shut and nobody is inside any more, before those who wait for that go
	// on. It must not use the gate.
	OnIdle func()

	state    atomic.Int64 // how many are inside, and shut
	shutting sync.Once
	idle     chan struct{} // made before the gate shuts, closed when nobody is inside
}

// shut is the bit of the state that says that nobody is let in any more. From
// then on the number beside it only falls, and so comes to zero once at most.
const shut = 1 << 62

// Enter begins an operation, which ends with Leave. It returns
// [driver.ErrClosed] if the gate is shut.
func (g *Gate) Enter() error {
	for {
		state := g.state.Load()
		if state&shut != 0 {
			return driver.ErrClosed
		}
		if g.state.CompareAndSwap(state, state+1) {
			return nil
		}
	}
}

// Leave ends an operation that has entered.
func (g *Gate) Leave() {
	if g.state.Add(-1) == shut {
		g.settle()
	}
}

// IsShut reports whether the gate lets nobody in any more.
func (g *Gate) IsShut() bool { return g.state.Load()&shut != 0 }

// Shut lets nobody in any more. The channel is closed when all have left.
func (g *Gate) Shut() (idle <-chan struct{}) {
	g.shutting.Do(func() {
		g.idle = make(chan struct{})
		if inside := g.state.Or(shut); inside == 0 {
			g.settle()
		}
	})
	return g.idle
}

// settle ends the shutting. Whoever brings the state of a shut gate to nobody
// inside calls it: the last to leave, or Shut.
func (g *Gate) settle() {
	if g.OnIdle != nil {
		g.OnIdle()
	}
	close(g.idle)
}

// ShutAndWait is Shut, and waits until all have left or ctx ends, whose error
// it returns. If all have left already, it returns nil though ctx has ended.
func (g *Gate) ShutAndWait(ctx context.Context) error {
	idle := g.Shut()
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
