package filestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Get returns the value under key. It takes no lock. An expired entry is
// [driver.ErrNotFound]; its file stays until it is overwritten or culled.
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	e, err := s.find(ctx, key, whole)
	return e.value, err
}

// Peek returns the head of the value under key, and more if that costs
// nothing. It takes no lock.
func (s *Store) Peek(ctx context.Context, key []byte) (head []byte, err error) {
	e, err := s.find(ctx, key, headOnly)
	return e.value, err
}

// VerifiesValues implements [driver.Verifier]: it is true, since each file has
// checksums of its head and of its value.
func (s *Store) VerifiesValues() bool { return true }

// TTL returns how long the entry under key has left. It takes no lock.
func (s *Store) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	e, err := s.find(ctx, key, headOnly)
	if err != nil {
		return 0, err
	}
	if e.expiry == never {
		return driver.Never, nil
	}
	left := time.Duration(e.expiry - s.now())
	if left <= 0 {
		return 0, driver.ErrNotFound
	}
	return left, nil
}

// find returns the live entry under key.
func (s *Store) find(ctx context.Context, key []byte, part extent) (entry, error) {
	if err := s.begin(ctx); err != nil {
		return entry{}, err
	}
	defer s.inFlight.End()
	sum := sha256.Sum256(key)
	e, err := readEntry(s.layout.Load().shard(sum).path(sum), part)
	if errors.Is(err, errDamaged) {
		e, err = s.lookAgain(ctx, key, part)
	}
	if err != nil {
		return entry{}, err
	}
	if !e.live(key, s.now()) {
		return entry{}, driver.ErrNotFound
	}
	return e, nil
}

// lookAgain reads under the lock an entry that was found damaged: a writer may
// have replaced it meanwhile, else it is removed.
func (s *Store) lookAgain(ctx context.Context, key []byte, part extent) (entry, error) {
	var e entry
	err := s.update(ctx, key, func(sh *shard, path string) (err error) {
		e, err = sh.examine(path, part)
		return err
	})
	if err != nil && !vacant(err) && ctx.Err() == nil {
		// It could not be removed, from a read-only disk for instance. That
		// is no failure of a read, which has its answer.
		return entry{}, errDamaged
	}
	return e, err
}
