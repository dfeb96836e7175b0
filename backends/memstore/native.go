package memstore

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// GetNative implements [driver.Native]. A native []byte comes back as value.
func (s *Store) GetNative(ctx context.Context, key []byte) (value []byte, native any, isNative bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	found, ok := e.cache.GetIfPresent(borrow(key))
	if !ok {
		return nil, nil, false, driver.ErrNotFound
	}
	value, native, isNative = found.either()
	return value, native, isNative, nil
}

// SetNative implements [driver.Native]. A size that is negative counts as
// zero; in a store bounded by entries it means nothing.
func (s *Store) SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
	e, err := s.enter(ctx)
	if err != nil {
		return err
	}
	v := nativeEntry(native, size, ttl)
	if !e.bound.fits(key, v.size) {
		return e.refuse(key)
	}
	e.set(string(key), v)
	return nil
}

// AddNative implements [driver.Native], with the size of SetNative and the
// rule of Add for values that are too large.
func (s *Store) AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (added bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	v := nativeEntry(native, size, ttl)
	if !e.bound.fits(key, v.size) {
		_, err := e.refuseAdd(key)
		return false, err
	}
	_, added = e.add(string(key), v)
	return added, nil
}

// NativeByDefault implements [driver.Native]: it is [Options.Native].
func (s *Store) NativeByDefault() bool { return s.native }

// BoundedByBytes implements [driver.Native].
func (s *Store) BoundedByBytes() bool { return s.inBytes }
