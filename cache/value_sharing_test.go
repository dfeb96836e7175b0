package cache_test

import (
	"context"

	"github.com/larder-go/larder/cache/driver"
)

// sharingStore returns the memory that it keeps.
type sharingStore struct{ *mapStore }

var _ driver.Sharer = sharingStore{}

func (sharingStore) SharesMemory() bool { return true }

func (s sharingStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.enter(ctx, "Get", key); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	e, ok := s.find(key)
	if !ok {
		return nil, driver.ErrNotFound
	}
	return e.value, nil
}
