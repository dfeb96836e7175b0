package memstore

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// GetNative implements [driver.Native].
func (s *Store) GetNative(ctx context.Context, key []byte) (value []byte, native any, isNative bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	found, ok := e.cache.GetIfPresent(borrow(key))
	switch {
	case !ok:
		return nil, nil, false, driver.ErrNotFound
	case found.native != nil:
		return nil, found.native.value, true, nil
	}
	return found.bytes(), nil, false, nil
}

// SetNative implements [driver.Native]. A size that is negative counts as
// zero; in a store bounded by entries it means nothing.
func (s *Store) SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
	e, err := s.enter(ctx)
	if err != nil {
		return err
	}
	size = max(0, size)
	if !e.bound.fits(key, size) {
		return e.refuse(key)
	}
	e.set(string(key), nativeEntry(native, size, ttl))
	return nil
}

// AddNative implements [driver.Native], with the size of SetNative and the
// rule of Add for values that are too large.
func (s *Store) AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (added bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	size = max(0, size)
	if !e.bound.fits(key, size) {
		_, err := e.refuseAdd(key)
		return false, err
	}
	_, added = e.add(string(key), nativeEntry(native, size, ttl))
	return added, nil
}

// NativeByDefault implements [driver.Native]: it is [Options.Native].
func (s *Store) NativeByDefault() bool { return s.native }

// BoundedByBytes implements [driver.Native].
func (s *Store) BoundedByBytes() bool { return s.inBytes }
