package cache

import (
	"context"
	"sync"

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
		s.opened.base, s.opened.verifies = shared, shared.verifies // what it stores is read there
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

// pending counts asynchronous operations under way. The zero value is ready.
type pending struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to 0; nil while no caller waits
}

func (p *pending) add() {
	p.mu.Lock()
	p.n++
	p.mu.Unlock()
}

func (p *pending) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n--
	if p.n == 0 && p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

func (p *pending) isIdle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n == 0
}

// wait returns when no operation is running, or ctx ends.
func (p *pending) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.n == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
