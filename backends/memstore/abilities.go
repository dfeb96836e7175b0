package memstore

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// Incr implements [driver.Counter].
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	e, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	var sum int64
	err = driver.ErrNotFound // unless the function finds an entry
	e.cache.ComputeIfPresent(string(key), func(current entry) (entry, otter.ComputeOp) {
		if sum, err = add(current, delta); err != nil {
			return current, otter.CancelOp
		}
		next := bytesEntry(driver.AppendInteger(nil, sum), current.kept())
		e.stored(next)
		return next, otter.WriteOp
	})
	return sum, err
}

// add returns the integer that is stored as current plus delta.
func add(current entry, delta int64) (int64, error) {
	n, ok := driver.ParseInteger(current.bytes())
	if !ok {
		return 0, driver.ErrNotInteger
	}
	sum, overflow := driver.AddIntegers(n, delta)
	if overflow {
		return 0, driver.ErrOverflow
	}
	return sum, nil
}

// Replace implements [driver.Replacer]. A native entry is equal to no bytes. A
// value that is too large is ErrTooLarge, and the entry gone, only if it would
// have been replaced.
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	if !e.bound.fits(key, int64(len(value))) {
		return false, e.refuseReplace(key, old)
	}
	stored, next := string(key), bytesEntry(value, ttl)
	e.cache.ComputeIfPresent(stored, func(current entry) (entry, otter.ComputeOp) {
		if replaced = current.holds(old); !replaced {
			return current, otter.CancelOp
		}
		e.stored(next)
		return next, otter.WriteOp
	})
	if replaced {
		e.wrote(stored, next, false)
	}
	return replaced, nil
}

// refuseReplace answers a Replace whose value is too large.
func (e *engine) refuseReplace(key, old []byte) (err error) {
	e.cache.ComputeIfPresent(string(key), func(current entry) (entry, otter.ComputeOp) {
		if !current.holds(old) {
			return current, otter.CancelOp
		}
		err = driver.ErrTooLarge
		return entry{}, otter.InvalidateOp
	})
	return err
}

// TTL implements [driver.Expirer]. It does not count as a use of the entry.
func (s *Store) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	e, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	found, ok := e.cache.GetEntryQuietly(borrow(key))
	switch {
	case !ok:
		return 0, driver.ErrNotFound
	case found.ExpiresAtNano == int64(driver.Never):
		return driver.Never, nil
	}
	return found.ExpiresAfter(), nil
}

// SharesMemory implements [driver.Sharer]: it is true.
func (s *Store) SharesMemory() bool { return true }
