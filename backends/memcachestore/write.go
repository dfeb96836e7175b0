package memcachestore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// Set implements [driver.Store]. The server decides what is too large, by
// default 1 MiB with the key and its own overhead.
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.begin(ctx, key); err != nil {
		return err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	return t.set(ctx, value, ttl)
}

func (t *target) set(ctx context.Context, value []byte, ttl time.Duration) error {
	item, err := t.item(ctx, value, ttl)
	if err != nil {
		return err
	}
	err = t.srv.set(ctx, item)
	if isTooLarge(err) {
		return t.refuse(ctx)
	}
	return err
}

// refuse removes what is under the key, since the value that was to replace it
// is too large, and returns driver.ErrTooLarge.
func (t *target) refuse(ctx context.Context) error {
	if _, err := t.srv.delete(ctx, t.key); err != nil {
		return err
	}
	return driver.ErrTooLarge
}

// Add implements [driver.Store]. The head is read in a second step. An entry
// that was cleared is replaced by compare-and-swap.
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, false, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	return t.add(ctx, value, ttl)
}

func (t *target) add(ctx context.Context, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	item, err := t.item(ctx, value, ttl)
	if err != nil {
		return nil, false, err
	}
	refused := t.srv.add(ctx, item)
	if !errors.Is(refused, memcache.ErrNotStored) && !isTooLarge(refused) {
		return nil, refused == nil, refused
	}
	for {
		there, err := t.look(ctx)
		if err != nil {
			return nil, false, err
		}
		if there != nil {
			// What is dead will be overwritten, so the epoch has to be that of
			// after it was read: a newer entry must not be taken for dead.
			live, err := t.isLive(ctx, there, t.now())
			if err != nil {
				return nil, false, err
			}
			if live {
				return trimmed(there.Value), false, nil
			}
		}
		switch {
		case isTooLarge(refused):
			return nil, false, driver.ErrTooLarge
		case there == nil:
			return nil, false, nil // it was there when the server refused
		}
		item, err := t.item(ctx, value, ttl)
		if err != nil {
			return nil, false, err
		}
		item.CasID = there.CasID
		replaced, err := t.srv.swap(ctx, item)
		if replaced || err != nil {
			return nil, replaced, err
		}
	}
}

// Touch implements [driver.Store].
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	item, err := t.srv.touch(ctx, t.key, expiration(ttl, t.now))
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, driver.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	live, err := t.isLive(ctx, item, t.began)
	if err != nil {
		return nil, err
	}
	if !live {
		return nil, driver.ErrNotFound // a dead entry that lives longer stays dead
	}
	return trimmed(item.Value), nil
}

// Delete implements [driver.Store]. It reads the entry first, since only that
// tells whether one that is there was cleared. The head is that of the entry that it
// read, even if another was written between the two.
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, false, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	there, err := t.find(ctx)
	if errors.Is(err, driver.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if deleted, err = t.srv.delete(ctx, t.key); !deleted {
		return nil, false, err
	}
	return trimmed(there.Value), true, nil
}

// Replace implements [driver.Replacer], by reading the entry and then
// compare-and-swap. The new entry is of the epoch of the old one: if that is
// cleared in between, it is cleared, too.
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	if err := s.begin(ctx, key); err != nil {
		return false, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	for {
		there, err := t.find(ctx)
		if errors.Is(err, driver.ErrNotFound) {
			return false, nil
		}
		if err != nil || !bytes.Equal(trimmed(there.Value), old) {
			return false, err
		}
		replaced, err := t.succeed(ctx, there, value, ttl)
		if isTooLarge(err) {
			return false, t.refuse(ctx)
		}
		if replaced || err != nil {
			return replaced, err
		}
	}
}

// succeed stores value instead of there, in the same epoch, and reports whether
// that was still what is stored. The epoch that is known by now may be a later one:
// the value would come back to life that a Clear has ended.
func (t *target) succeed(ctx context.Context, there *memcache.Item, value []byte, ttl time.Duration) (bool, error) {
	return t.srv.swap(ctx, &memcache.Item{
		Key: t.key, Value: value, Flags: there.Flags, Expiration: expiration(ttl, t.now), CasID: there.CasID,
	})
}
