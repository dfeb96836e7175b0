package cache_test

import (
	"context"
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// fakeBackend opens a mapStore each time and remembers all of them.
type fakeBackend struct {
	// opening, if set, is called first; its error is that of Open.
	opening func(ctx context.Context, cfg driver.Config) error

	// validate, if set, is the Validate of the backend.
	validate func(cfg driver.Config) error

	// wrap, if set, makes the store to hand out.
	wrap func(s *mapStore) driver.Store

	oneStorePerLocation bool

	mu      sync.Mutex
	opens   int
	stores  []*mapStore
	configs []driver.Config
}

// openingAt returns a backend whose Open waits until release is closed.
func openingAt(release <-chan struct{}) *fakeBackend {
	return &fakeBackend{opening: func(context.Context, driver.Config) error {
		<-release
		return nil
	}}
}

// backend returns b as settings and registries take it.
func (b *fakeBackend) backend() driver.Backend {
	return driver.Backend{Open: b.open, Validate: b.check, OneStorePerLocation: b.oneStorePerLocation}
}

// opener returns b for a Config.
func (b *fakeBackend) opener() *driver.Backend {
	backend := b.backend()
	return &backend
}

// registry returns a registry with b under name.
func (b *fakeBackend) registry(name string) *driver.Registry {
	r := new(driver.Registry)
	r.Register(name, b.backend())
	return r
}

func (b *fakeBackend) open(ctx context.Context, cfg driver.Config) (driver.Store, error) {
	b.mu.Lock()
	b.opens++
	b.configs = append(b.configs, cfg)
	b.mu.Unlock()
	if b.opening != nil {
		if err := b.opening(ctx, cfg); err != nil {
			return nil, err
		}
	}
	s := newMapStore()
	b.mu.Lock()
	b.stores = append(b.stores, s)
	b.mu.Unlock()
	if b.wrap != nil {
		return b.wrap(s), nil
	}
	return s, nil
}

func (b *fakeBackend) check(cfg driver.Config) error {
	if b.validate != nil {
		return b.validate(cfg)
	}
	return nil
}

// opened returns how often Open was called.
func (b *fakeBackend) opened() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opens
}

// store returns the i-th store that was opened.
func (b *fakeBackend) store(i int) *mapStore {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stores[i]
}
