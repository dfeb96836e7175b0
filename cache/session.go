package cache

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// session is one request's session of a store that has sessions. It is opened
// at the request's first operation.
type session struct {
	mu     sync.Mutex
	opened *opened
	closed bool
}

// open returns the session's store, or the shared one after close: the cache
// stays usable, and nothing is left to close a session that opens late.
func (s *session) open(ctx context.Context, shared *opened) (*opened, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return shared, nil
	}
	if s.opened == nil {
		store, err := shared.sessions.OpenSession(ctx)
		if err != nil {
			return nil, err
		}
		s.opened = newOpened(store, shared.flights)
		s.opened.base, s.opened.primary, s.opened.verifies = shared, shared.primary, shared.verifies // what it stores is read there
		s.opened.leases = shared.leases
		s.opened.namespaced = shared.namespaced
	}
	return s.opened, nil
}

func (s *session) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened != nil && !s.closed
}

// close ends the session. It is idempotent.
func (s *session) close(ctx context.Context) error {
	s.mu.Lock()
	var store driver.Store
	if s.opened != nil && !s.closed {
		store = s.opened.store
	}
	s.closed = true
	s.mu.Unlock()
	if store == nil {
		return nil
	}
	return store.Shutdown(ctx)
}

// pending counts operations under way. Only who waits for their end takes its lock. The zero
// value is ready.
type pending struct {
	n      atomic.Int64
	awaits atomic.Bool // somebody waits

	mu   sync.Mutex
	idle chan struct{} // closed when n falls to 0; nil while no caller waits
}

func (p *pending) add() { p.n.Add(1) }

func (p *pending) done() {
	if p.n.Add(-1) == 0 && p.awaits.Load() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.endWait()
	}
}

// endWait lets those go who wait, if no operation is running; mu is held.
func (p *pending) endWait() {
	if p.isIdle() && p.idle != nil {
		close(p.idle)
		p.idle = nil
		p.awaits.Store(false)
	}
}

func (p *pending) isIdle() bool { return p.n.Load() == 0 }

// wait returns when no operation is running, or ctx ends.
func (p *pending) wait(ctx context.Context) error {
	if p.isIdle() {
		return nil
	}
	p.mu.Lock()
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.awaits.Store(true) // before n is read again: one of the two sees the other
	p.endWait()
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
