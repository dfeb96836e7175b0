package filestore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Set stores value under key. It returns [driver.ErrTooLarge] if the entry
// would take more than a shard's share of MaxBytes.
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	return s.update(ctx, key, func(sh *shard, path string) error {
		old, err := readEntry(path, headOnly)
		if err != nil && !vacant(err) {
			return err
		}
		now := s.now()
		return sh.put(path, old, newEntry(key, value, expiryAfter(now, ttl), now))
	})
}

// Add stores value under key unless something other than an expired entry is
// there. Of a large value it reads the head only.
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, false, err
	}
	defer s.inFlight.End()
	err = s.update(ctx, key, func(sh *shard, path string) error {
		old, err := readEntry(path, headOnly)
		if err != nil && !errors.Is(err, driver.ErrNotFound) {
			return err
		}
		now := s.now()
		if old.live(key, now) {
			head = old.value
			return nil
		}
		err = sh.put(path, old, newEntry(key, value, expiryAfter(now, ttl), now))
		added = err == nil
		return err
	})
	return head, added, err
}

// Touch gives the entry under key a new expiry. It reads and writes the whole
// value, since a file in its place never changes, and so makes the entry young
// again for culling.
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	err = s.rewrite(ctx, key, func(e *entry, now int64) (bool, error) {
		head = e.value
		e.expiry = expiryAfter(now, ttl)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return head, nil
}

// Incr adds delta to the integer under key.
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	var sum int64
	err := s.rewrite(ctx, key, func(e *entry, _ int64) (bool, error) {
		n, ok := driver.ParseInteger(e.value)
		if !ok {
			return false, driver.ErrNotInteger
		}
		var overflow bool
		if sum, overflow = driver.AddIntegers(n, delta); overflow {
			return false, driver.ErrOverflow
		}
		e.value = driver.AppendInteger(nil, sum)
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	return sum, nil
}

// Replace stores value under key if old is there, and reports whether it did.
// A missing entry is not equal to any old.
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	err = s.rewrite(ctx, key, func(e *entry, now int64) (bool, error) {
		replaced = bytes.Equal(e.value, old)
		e.value, e.expiry = value, expiryAfter(now, ttl)
		return replaced, nil
	})
	if errors.Is(err, driver.ErrNotFound) {
		return false, nil
	}
	return replaced && err == nil, err
}

// rewrite stores what change makes of the live entry under key, unless change
// returns false or an error, and gives it the present as its time of writing.
func (s *Store) rewrite(ctx context.Context, key []byte, change func(e *entry, now int64) (bool, error)) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	return s.update(ctx, key, func(sh *shard, path string) error {
		old, err := sh.examine(path, whole)
		if err != nil {
			return err
		}
		now := s.now()
		if !old.live(key, now) {
			return driver.ErrNotFound
		}
		e := old
		if changed, err := change(&e, now); !changed || err != nil {
			return err
		}
		return sh.put(path, old, newEntry(key, e.value, e.expiry, now))
	})
}

// Delete removes the entry under key. It also removes a file that is not an
// entry or of a newer version, and reports that as having been there:
// otherwise an older program could not invalidate what a newer one wrote.
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, false, err
	}
	defer s.inFlight.End()
	err = s.update(ctx, key, func(sh *shard, path string) error {
		e, err := sh.examine(path, headOnly)
		switch {
		case errors.Is(err, driver.ErrNotFound):
			return nil
		case errors.Is(err, errDamaged): // and gone by now
			deleted = true
			return nil
		case errors.Is(err, errForeign):
			err = os.Remove(path)
			deleted = err == nil
			return err
		case err != nil:
			return err
		case !bytes.Equal(e.key, key):
			return nil
		}
		if deleted = e.live(key, s.now()); deleted {
			head = e.value
		}
		return sh.drop(path, e)
	})
	if err != nil {
		return nil, false, err
	}
	return head, deleted, nil
}
