// Package gate counts the operations of a store that are in flight, so that a
// shutdown lets nobody in any more and waits for those who are inside.
package gate

import (
	"context"
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// Gate counts the operations in flight, and shuts once. The zero value is open.
// Its methods may be called from any goroutine.
type Gate struct {
	// OnIdle, if it is set before the first Enter, is called once: when the gate
	// is shut and nobody is inside any more, before those who wait for that go
	// on. It must not use the gate.
	OnIdle func()

	mu       sync.Mutex
	inFlight int
	idle     chan struct{} // made when the gate shuts, closed when nothing is in flight
}

// Enter begins an operation, which ends with Leave. It returns
// [driver.ErrClosed] if the gate is shut.
func (g *Gate) Enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle != nil {
		return driver.ErrClosed
	}
	g.inFlight++
	return nil
}

// Leave ends an operation that has entered.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	g.settle()
}

// IsShut reports whether the gate lets nobody in any more.
func (g *Gate) IsShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.idle != nil
}

// Shut lets nobody in any more. The channel is closed when all have left.
func (g *Gate) Shut() (idle <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle == nil {
		g.idle = make(chan struct{})
		g.settle()
	}
	return g.idle
}

// settle ends the shutting when nothing is in flight. The lock is held.
func (g *Gate) settle() {
	if g.idle == nil || g.inFlight > 0 {
		return
	}
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
