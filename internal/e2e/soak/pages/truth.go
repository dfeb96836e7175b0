package pages

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// truth is what the pages of a site are.
type truth struct {
	mu    sync.Mutex
	pages map[string]*page // by path
}

func newTruth() *truth {
	return &truth{pages: make(map[string]*page)}
}

// page is what is known of one path, whatever the variant.
type page struct {
	version atomic.Int64 // the latest
	runs    atomic.Int64 // of the handler

	mu    sync.Mutex
	floor int64 // the first that was not purged
}

// page returns what is known of a path.
func (t *truth) page(path string) *page {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pages[path]
	if p == nil {
		p = new(page)
		t.pages[path] = p
	}
	return p
}

// find is page without remembering a path that nobody has asked for, or not any
// more.
func (t *truth) find(path string) *page {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.pages[path]; p != nil {
		return p
	}
	return new(page)
}

// forget forgets a path.
func (t *truth) forget(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pages, path)
}

// least returns the oldest version that a request which begins now may get.
func (p *page) least() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.floor
}

// purged says that all versions before this one are gone.
func (p *page) purged(version int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.floor = max(p.floor, version)
}

// right checks the version that a request got which began when least was the
// oldest.
func (p *page) right(version, least int64) error {
	if latest := p.version.Load(); version > latest {
		return fmt.Errorf("version %d before it was made: the latest is %d", version, latest)
	}
	if version < least {
		return fmt.Errorf("version %d after it was purged: the oldest is %d", version, least)
	}
	return nil
}
