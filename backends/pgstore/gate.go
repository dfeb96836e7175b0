package pgstore

import (
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

// shut lets nobody in any more. The channel is closed when all have left.
func (g *gate) shut() (idle <-chan struct{}) {
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
