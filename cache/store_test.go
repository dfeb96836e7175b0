package cache_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// mapStore is the simplest store that keeps the contract: a map, a mutex and a
// clock that stands still. It has no optional ability; store_ability_test.go
// has those, to be embedded beside it:
//
//	struct {
//		*mapStore
//		withCounter
//	}{s, withCounter{s}}
type mapStore struct {
	clock *fakeClock

	// hook, if set before the store is used, is called at the start of each
	// operation, without the lock. It may block. An error that it returns is
	// the operation's, which then does nothing else.
	hook func(ctx context.Context, op, key string) error

	mu       sync.Mutex
	entries  map[string]mapEntry
	calls    map[string]int
	sessions []*sessionStore
	closed   bool
}

var _ driver.Store = (*mapStore)(nil)

type mapEntry struct {
	value    []byte
	native   any
	isNative bool
	expires  time.Time // zero for never
}

func newMapStore() *mapStore {
	return &mapStore{
		clock:   newFakeClock(),
		entries: make(map[string]mapEntry),
		calls:   make(map[string]int),
	}
}

// enter counts a call, runs the hook and locks the store if there is no error.
func (s *mapStore) enter(ctx context.Context, op string, key []byte) error {
	s.mu.Lock()
	s.calls[op]++
	s.mu.Unlock()
	if s.hook != nil {
		if err := s.hook(ctx, op, string(key)); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return driver.ErrClosed
	}
	return nil
}

// find returns the entry under key unless it has expired. The lock is held.
func (s *mapStore) find(key []byte) (mapEntry, bool) {
	e, ok := s.entries[string(key)]
	if ok && !e.expires.IsZero() && !s.clock.Now().Before(e.expires) {
		delete(s.entries, string(key))
		return mapEntry{}, false
	}
	return e, ok
}

// put stores e with an expiry of ttl from now. The lock is held.
func (s *mapStore) put(key []byte, e mapEntry, ttl time.Duration) {
	if ttl <= 0 {
		panic("a store is never given a ttl of zero or less")
	}
	e.expires = time.Time{}
	if ttl != driver.Never {
		e.expires = s.clock.Now().Add(ttl)
	}
	s.entries[string(key)] = e
}

func bytesEntry(value []byte) mapEntry { return mapEntry{value: bytes.Clone(value)} }

func (s *mapStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.enter(ctx, "Get", key); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	e, ok := s.find(key)
	if !ok {
		return nil, driver.ErrNotFound
	}
	return bytes.Clone(e.value), nil
}

func (s *mapStore) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.enter(ctx, "Set", key); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.put(key, bytesEntry(value), ttl)
	return nil
}

func (s *mapStore) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if err := s.enter(ctx, "Add", key); err != nil {
		return nil, false, err
	}
	defer s.mu.Unlock()
	return s.addEntry(key, bytesEntry(value), ttl)
}

// addEntry is Add with the lock held.
func (s *mapStore) addEntry(key []byte, e mapEntry, ttl time.Duration) ([]byte, bool, error) {
	if there, ok := s.find(key); ok {
		return bytes.Clone(there.value), false, nil
	}
	s.put(key, e, ttl)
	return nil, true, nil
}

func (s *mapStore) Touch(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
	if err := s.enter(ctx, "Touch", key); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	e, ok := s.find(key)
	if !ok {
		return nil, driver.ErrNotFound
	}
	s.put(key, e, ttl)
	return bytes.Clone(e.value), nil
}

func (s *mapStore) Delete(ctx context.Context, key []byte) ([]byte, bool, error) {
	if err := s.enter(ctx, "Delete", key); err != nil {
		return nil, false, err
	}
	defer s.mu.Unlock()
	e, ok := s.find(key)
	delete(s.entries, string(key))
	return bytes.Clone(e.value), ok, nil
}

func (s *mapStore) Clear(ctx context.Context, ns driver.Namespace) error {
	if err := s.enter(ctx, "Clear", nil); err != nil {
		return err
	}
	defer s.mu.Unlock()
	maps.DeleteFunc(s.entries, func(key string, _ mapEntry) bool { return ns.Contains([]byte(key)) })
	return nil
}

func (s *mapStore) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.calls["Shutdown"]++
	s.closed = true
	s.mu.Unlock()
	if s.hook != nil {
		return s.hook(ctx, "Shutdown", "")
	}
	return nil
}

// count returns how often op was called.
func (s *mapStore) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// total returns how many operations were called.
func (s *mapStore) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, calls := range s.calls {
		n += calls
	}
	return n
}

// raw returns what is stored under a final key, or nil.
func (s *mapStore) raw(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := s.find([]byte(key))
	return bytes.Clone(e.value)
}

// plant stores raw bytes under a final key, for ever.
func (s *mapStore) plant(key string, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put([]byte(key), bytesEntry(raw), driver.Never)
}

// fakeClock is a clock that stands still until it is moved.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	source driver.Clock // shows the time instead of now, unless nil
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// showing returns a clock that shows what source shows.
func showing(source driver.Clock) *fakeClock { return &fakeClock{source: source} }

func (c *fakeClock) Now() time.Time {
	if c.source != nil {
		return c.source.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// openerOf returns a backend that opens store, whatever the settings.
func openerOf(store driver.Store) *driver.Backend {
	return &driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return store, nil },
		Validate: func(driver.Config) error { return nil },
	}
}

// newCache returns a cache over store.
func newCache(t testing.TB, store driver.Store, cfg cache.Config, opts ...cache.HandlerOption) *cache.BaseCache {
	t.Helper()
	c, err := cache.New(store, cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newHandler returns a handler that is shut down at the end of the test.
func newHandler(t testing.TB, settings cache.Settings, opts ...cache.HandlerOption) *cache.Handler {
	t.Helper()
	h, err := cache.NewHandler(settings, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Shutdown(context.Background()) })
	return h
}

// broken returns a backend of which every operation fails.
func broken() *driver.Backend {
	s := newMapStore()
	s.hook = func(_ context.Context, op, _ string) error {
		if op == "Shutdown" {
			return nil
		}
		return errors.New("connection reset")
	}
	return openerOf(s)
}
