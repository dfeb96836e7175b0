package middleware_test

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// backend is a memory store without native values that counts and fails as
// told.
type backend struct {
	opens  atomic.Int32 // stores
	opened atomic.Int32 // sessions
	closed atomic.Int32 // sessions
	gets   atomic.Int32
	dead   atomic.Int32 // sessions that were closed with a context that had ended

	fail atomic.Pointer[error]

	mu     sync.Mutex
	last   *store            // that was opened
	values map[string][]byte // that were added
}

func (b *backend) config() cache.Config {
	return cache.Config{Opener: &driver.Backend{
		Open: func(context.Context, driver.Config) (driver.Store, error) {
			b.opens.Add(1)
			s, err := memstore.New(memstore.Options{})
			b.last = &store{Store: s, backend: b}
			return b.last, err
		},
		Validate: func(driver.Config) error { return nil },
	}}
}

// failWith has every operation return err; nil ends that.
func (b *backend) failWith(err error) { b.fail.Store(&err) }

func (b *backend) err() error {
	if err := b.fail.Load(); err != nil {
		return *err
	}
	return nil
}

type store struct {
	driver.Store
	backend *backend
}

func (s *store) Get(ctx context.Context, key []byte) ([]byte, error) {
	s.backend.gets.Add(1)
	if err := s.backend.err(); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, key)
}

func (s *store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.backend.err(); err != nil {
		return err
	}
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *store) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if err := s.backend.err(); err != nil {
		return nil, false, err
	}
	s.backend.remember(key, value)
	return s.Store.Add(ctx, key, value, ttl)
}

// OpenSession implements [driver.Sessions].
func (s *store) OpenSession(context.Context) (driver.Store, error) {
	s.backend.opened.Add(1)
	return session{s}, nil
}

type session struct{ *store }

func (s session) Shutdown(ctx context.Context) error {
	s.backend.closed.Add(1)
	if ctx.Err() != nil {
		s.backend.dead.Add(1)
	}
	return nil
}

// exitGoroutine is runtime.Goexit.
func exitGoroutine() { runtime.Goexit() }

func (b *backend) remember(key, value []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.values == nil {
		b.values = make(map[string][]byte)
	}
	b.values[string(key)] = bytes.Clone(value)
}

// damage changes every value that was added.
func (b *backend) damage(f func([]byte) []byte) {
	for key, value := range b.values {
		_ = b.last.Store.Set(context.Background(), []byte(key), f(value), driver.Never)
	}
}
