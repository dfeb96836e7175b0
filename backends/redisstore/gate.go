package redisstore

import (
	"context"
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// gate counts the operations in flight, and shuts. The zero value is open.
type gate struct {
	mu       sync.Mutex
	inFlight int
	idle     chan struct{} // made when the gate shuts, closed when nothing is in flight
}

// enter begins an operation, which ends with leave.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle != nil {
		return driver.ErrClosed
	}
	g.inFlight++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	if g.idle != nil && g.inFlight == 0 {
		close(g.idle)
	}
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.idle != nil
}

// shut lets nobody in any more and waits until all have left or ctx ends.
func (g *gate) shut(ctx context.Context) error {
	idle := g.close()
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

func (g *gate) close() (idle <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle == nil {
		g.idle = make(chan struct{})
		if g.inFlight == 0 {
			close(g.idle)
		}
	}
	return g.idle
}
