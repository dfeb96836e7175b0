package memcachestore

import (
	"context"
	"errors"
	"math"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// Incr implements [driver.Counter] for numbers from 0 to [math.MaxInt64], as
// the package comment says. It reads the entry and then counts.
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	if err := s.begin(ctx, key); err != nil {
		return 0, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	item, err := t.find(ctx)
	if err != nil {
		return 0, err
	}
	n, ok := driver.ParseInteger(trimmed(item.Value))
	if !ok || n < 0 {
		return 0, driver.ErrNotInteger
	}
	if _, overflow := driver.AddIntegers(n, delta); overflow {
		return 0, driver.ErrOverflow
	}
	return t.count(ctx, delta)
}

// count adds delta on the server. Others may have changed the entry since it
// was read.
func (t *target) count(ctx context.Context, delta int64) (int64, error) {
	by := uint64(delta)
	if delta < 0 {
		by = -by // also right for the least integer
	}
	sum, err := t.srv.count(ctx, t.key, by, delta < 0)
	switch {
	case errors.Is(err, memcache.ErrCacheMiss):
		return 0, driver.ErrNotFound
	case isNotNumeric(err):
		return 0, driver.ErrNotInteger
	case err != nil:
		return 0, err
	case sum > math.MaxInt64:
		return 0, driver.ErrOverflow
	}
	return int64(sum), nil
}
