package version1

import (
	"bytes"
	"context"
	"hash/crc32"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// Store makes what is built over it a program of the release that wrote version 1:
// what it stores is in version 1, and of version 2 it reads that it is a later one.
// Payloads were the same in that release.
type Store struct {
	driver.Store
	replacer driver.Replacer
	counter  driver.Counter
}

var (
	_ driver.Store    = (*Store)(nil)
	_ driver.Replacer = (*Store)(nil)
	_ driver.Counter  = (*Store)(nil)
	_ driver.Many     = (*Store)(nil)
)

// Over returns a Store over a store of bytes that is also a Replacer and a Counter.
func Over(store driver.Store) *Store {
	return &Store{store, store.(driver.Replacer), store.(driver.Counter)}
}

// laterVersion is one that both releases take for a later one.
const laterVersion = 99

// The codec of pages, and the fingerprint of their type, which was middleware.page.
const codecOfPages = 64

var typeOfPages = crc32.ChecksumIEEE([]byte("middleware.page"))

// written returns an entry as that release would have written it.
func written(value []byte) []byte {
	var h envelope.Header
	if h.Parse(value) != nil {
		return value // an integer
	}
	old := Header{
		Kind: Kind(h.Kind), Codec: h.Codec, Compression: h.Compression,
		Expires: Expiry(h.Expires), Type: h.Type, Length: h.Length,
	}
	if old.Codec == codecOfPages {
		old.Type = typeOfPages
	}
	return append(old.Append(nil), envelope.Payload(value)...)
}

// seen returns an entry, or its head, as that release understood it.
func seen(value []byte) []byte {
	var h Header
	if h.ParseHead(value) == ErrVersion {
		return withVersion(value, laterVersion)
	}
	return value
}

// stored returns what is in the store of an entry that was seen.
func stored(value []byte) []byte {
	var h Header
	if h.ParseHead(value) == ErrVersion {
		return withVersion(value, 2)
	}
	return value
}

func withVersion(value []byte, version byte) []byte {
	value = bytes.Clone(value)
	value[2] = version
	return value
}

// Get implements [driver.Store].
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, err := s.Store.Get(ctx, key)
	return seen(value), err
}

// Set implements [driver.Store].
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	return s.Store.Set(ctx, key, written(value), ttl)
}

// Add implements [driver.Store].
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	head, added, err = s.Store.Add(ctx, key, written(value), ttl)
	return seen(head), added, err
}

// Touch implements [driver.Store].
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	head, err = s.Store.Touch(ctx, key, ttl)
	return seen(head), err
}

// Replace implements [driver.Replacer].
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	return s.replacer.Replace(ctx, key, stored(old), written(value), ttl)
}

// Incr implements [driver.Counter].
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	return s.counter.Incr(ctx, key, delta)
}

// GetMany implements [driver.Many].
func (s *Store) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		value, err := s.Get(ctx, key)
		if err == nil {
			values[i] = append([]byte{}, value...)
		}
	}
	return values, nil
}

// SetMany implements [driver.Many].
func (s *Store) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	errs := make([]error, len(items))
	for i, item := range items {
		errs[i] = s.Set(ctx, item.Key, item.Value, ttl)
	}
	return errs, nil
}

// DeleteMany implements [driver.Many].
func (s *Store) DeleteMany(ctx context.Context, keys [][]byte) error {
	for _, key := range keys {
		if _, _, err := s.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
