// Package dummystore is the cache backend that stores nothing, for development
// and for tests of what a program does without a cache. Everything else about
// a cache on it behaves as usual: the core validates keys and encodes values.
//
// Importing the package registers the backend "dummy". It takes neither a
// location nor options, and refuses either.
package dummystore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Store is a store that is always empty. The zero value is ready, and it is
// safe for concurrent use.
type Store struct {
	closed atomic.Bool
}

var (
	_ driver.Store   = (*Store)(nil)
	_ driver.Counter = (*Store)(nil)
	_ driver.Peeker  = (*Store)(nil)
	_ driver.Expirer = (*Store)(nil)

	_ driver.Invalidator = (*Store)(nil)
)

// New returns a store.
func New() *Store { return new(Store) }

// enter begins an operation.
func (s *Store) enter(ctx context.Context) error {
	if s.closed.Load() {
		return driver.ErrClosed
	}
	return ctx.Err()
}

// miss is the whole of an operation that needs an entry.
func (s *Store) miss(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	return driver.ErrNotFound
}

// Get implements [driver.Store]: nothing is found.
func (s *Store) Get(ctx context.Context, _ []byte) ([]byte, error) {
	return nil, s.miss(ctx)
}

// Set implements [driver.Store]: it succeeds, and the entry is evicted at once.
func (s *Store) Set(ctx context.Context, _, _ []byte, _ time.Duration) error {
	return s.enter(ctx)
}

// Add implements [driver.Store]: it always adds.
func (s *Store) Add(ctx context.Context, _, _ []byte, _ time.Duration) (head []byte, added bool, err error) {
	err = s.enter(ctx)
	return nil, err == nil, err
}

// Touch implements [driver.Store]: nothing is found.
func (s *Store) Touch(ctx context.Context, _ []byte, _ time.Duration) (head []byte, err error) {
	return nil, s.miss(ctx)
}

// Delete implements [driver.Store]: there was nothing to delete.
func (s *Store) Delete(ctx context.Context, _ []byte) (head []byte, deleted bool, err error) {
	return nil, false, s.enter(ctx)
}

// Clear implements [driver.Store]. It costs nothing.
func (s *Store) Clear(ctx context.Context, _ driver.Namespace) error {
	return s.enter(ctx)
}

// Incr implements [driver.Counter]: nothing is found.
func (s *Store) Incr(ctx context.Context, _ []byte, _ int64) (int64, error) {
	return 0, s.miss(ctx)
}

// Peek implements [driver.Peeker]: nothing is found.
func (s *Store) Peek(ctx context.Context, _ []byte) (head []byte, err error) {
	return nil, s.miss(ctx)
}

// TTL implements [driver.Expirer]: nothing is found.
func (s *Store) TTL(ctx context.Context, _ []byte) (time.Duration, error) {
	return 0, s.miss(ctx)
}

// Shutdown implements [driver.Store]. It never waits or fails.
func (s *Store) Shutdown(context.Context) error {
	s.closed.Store(true)
	return nil
}

// Invalidate implements [driver.Invalidator]: there is nothing to invalidate.
func (s *Store) Invalidate(ctx context.Context, _ driver.Invalidation) error { return s.enter(ctx) }

// InvalidatesAtOnce implements [driver.Invalidator]: it is true.
func (s *Store) InvalidatesAtOnce() bool { return true }
