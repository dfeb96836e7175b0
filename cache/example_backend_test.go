package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// TinyStore is a complete store: a map that nothing bounds.
type TinyStore struct {
	clock driver.Clock

	mu      sync.Mutex
	entries map[string]tinyEntry // nil when shut down
}

var _ driver.Store = (*TinyStore)(nil)

type tinyEntry struct {
	value   []byte
	expires time.Time // zero for never
}

// NewTinyStore returns an empty store. A nil clock is the system's.
func NewTinyStore(clock driver.Clock) *TinyStore {
	if clock == nil {
		clock = systemTime{}
	}
	return &TinyStore{clock: clock, entries: make(map[string]tinyEntry)}
}

type systemTime struct{}

func (systemTime) Now() time.Time { return time.Now() }

// do runs op with the lock held, unless the store is shut down or ctx has
// ended. op gets the entry under key, if there is one that has not expired.
func (s *TinyStore) do(ctx context.Context, key []byte, op func(e tinyEntry, there bool)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		return driver.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e, there := s.entries[string(key)]
	if there && !e.expires.IsZero() && !s.clock.Now().Before(e.expires) {
		there = false
	}
	op(e, there)
	return nil
}

// put stores a copy of value: the caller's memory is its own again when the
// operation returns.
func (s *TinyStore) put(key, value []byte, ttl time.Duration) {
	e := tinyEntry{value: bytes.Clone(value)}
	if ttl != driver.Never {
		e.expires = s.clock.Now().Add(ttl)
	}
	s.entries[string(key)] = e
}

func (s *TinyStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	var value []byte
	found := false
	err := s.do(ctx, key, func(e tinyEntry, there bool) { value, found = bytes.Clone(e.value), there })
	return value, foundOr(err, found)
}

func foundOr(err error, found bool) error {
	if err == nil && !found {
		return driver.ErrNotFound
	}
	return err
}

func (s *TinyStore) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	return s.do(ctx, key, func(tinyEntry, bool) { s.put(key, value, ttl) })
}

func (s *TinyStore) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	err = s.do(ctx, key, func(e tinyEntry, there bool) {
		if there {
			head = bytes.Clone(e.value)
			return
		}
		s.put(key, value, ttl)
		added = true
	})
	return head, added, err
}

func (s *TinyStore) Touch(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
	var head []byte
	found := false
	err := s.do(ctx, key, func(e tinyEntry, there bool) {
		if found = there; there {
			head = bytes.Clone(e.value)
			s.put(key, e.value, ttl)
		}
	})
	return head, foundOr(err, found)
}

func (s *TinyStore) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	err = s.do(ctx, key, func(e tinyEntry, there bool) {
		if deleted = there; there {
			head = bytes.Clone(e.value)
		}
		delete(s.entries, string(key))
	})
	return head, deleted, err
}

func (s *TinyStore) Clear(ctx context.Context, ns driver.Namespace) error {
	return s.do(ctx, nil, func(tinyEntry, bool) {
		for key := range s.entries {
			if ns.Contains([]byte(key)) {
				delete(s.entries, key)
			}
		}
	})
}

func (s *TinyStore) Shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = nil
	return nil
}

// TinyBackend opens tiny stores. It has one option, a clock for tests.
func TinyBackend() driver.Backend {
	read := func(cfg driver.Config) (driver.Clock, error) {
		options := driver.ReadOptions(cfg)
		value := options.Value("clock")
		clock, ok := value.(driver.Clock)
		if value != nil && !ok {
			options.Fail("clock", "a driver.Clock")
		}
		return clock, options.Err()
	}
	return driver.Backend{
		Open: func(_ context.Context, cfg driver.Config) (driver.Store, error) {
			clock, err := read(cfg)
			if err != nil {
				return nil, err
			}
			return NewTinyStore(clock), nil
		},
		Validate: func(cfg driver.Config) error {
			_, err := read(cfg)
			return err
		},
		OneStorePerLocation: true,
	}
}

// A backend of one's own, in a registry of its own. A backend package would
// call cache.Register in its init function instead. Package cachetest checks
// that a store keeps the contract.
func Example_writingABackend() {
	registry := new(driver.Registry)
	registry.Register("tiny", TinyBackend())

	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "tiny"}}, cache.WithRegistry(registry))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	names := cache.For[string](caches.Proxy("default"))
	if err := names.Set(ctx, "k", "v"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(names.Get(ctx, "k"))

	if err := caches.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	_, _, err = names.Get(ctx, "k")
	fmt.Println(errors.Is(err, cache.ErrClosed))

	_, err = cache.NewHandler(cache.Settings{"default": {Backend: "tiny", Options: map[string]any{"size": 3}}}, cache.WithRegistry(registry))
	fmt.Println(err)
	// Output:
	// v true <nil>
	// true
	// invalid cache backend: invalid settings: alias "default", backend "tiny": unknown option "size": the options are clock
}
