// Package toystore keeps each entry in a file of its own and locks the directory for each
// operation. It is the seventh backend in the test of package testbackends: simple enough to
// read in one go, and complete enough for every suite, with several processes too.
package toystore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

func init() {
	driver.Register("toy", driver.Backend{Open: open, Validate: validate, URLLocation: location})
}

func open(_ context.Context, cfg driver.Config) (driver.Store, error) {
	return New(cfg.Location, systemClock{})
}

func validate(cfg driver.Config) error {
	err := driver.ReadOptions(cfg).Err() // there are none, so any is unknown
	if !filepath.IsAbs(cfg.Location) {
		err = errors.Join(err, errors.New("the location must be an absolute path, as in toy:///var/cache/app"))
	}
	return err
}

func location(u *url.URL) (string, error) {
	if u.Host != "" {
		return "", errors.New("there must be no host, as in toy:///var/cache/app")
	}
	return u.Path, nil
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// Store is a [driver.Store] in a directory.
type Store struct {
	dir   string
	clock driver.Clock

	mu   sync.Mutex // of this process
	lock *os.File   // of all processes; nil after Shutdown
}

var (
	_ driver.Store     = (*Store)(nil)
	_ driver.Counter   = (*Store)(nil)
	_ driver.Inspector = (*Store)(nil)
)

// New returns the store in a directory, which it creates.
func New(dir string, clock driver.Clock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	return &Store{dir: dir, clock: clock, lock: lock}, err
}

// locked runs f while no other operation of any process runs.
func (s *Store) locked(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return driver.ErrClosed
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, syscall.Flock(int(s.lock.Fd()), syscall.LOCK_UN))
}

// entry is what a file has.
type entry struct {
	Key, Value []byte
	Expires    time.Time // zero for never
}

func (s *Store) path(key []byte) string {
	sum := sha256.Sum256(key)
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+".entry")
}

// read returns the entry in a file that has not expired.
func (s *Store) read(path string) (e entry, err error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return e, driver.ErrNotFound
	case err != nil:
		return e, err
	case gob.NewDecoder(bytes.NewReader(data)).Decode(&e) != nil:
		return e, driver.ErrCorrupt
	case !e.Expires.IsZero() && !s.clock.Now().Before(e.Expires):
		return e, driver.ErrNotFound
	}
	return e, nil
}

// write replaces the file of an entry: one that is written half is never read.
func (s *Store) write(e entry) error {
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(e); err != nil {
		return err
	}
	next := filepath.Join(s.dir, "next")
	if err := os.WriteFile(next, data.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.path(e.Key))
}

func (s *Store) expiry(ttl time.Duration) time.Time {
	if ttl == driver.Never {
		return time.Time{}
	}
	return s.clock.Now().Add(ttl)
}

// Get implements [driver.Store].
func (s *Store) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.locked(ctx, func() error {
		e, err := s.read(s.path(key))
		value = e.Value
		return err
	})
	return value, err
}

// Set implements [driver.Store].
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	return s.locked(ctx, func() error { return s.write(entry{key, value, s.expiry(ttl)}) })
}

// Add implements [driver.Store].
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	err = s.locked(ctx, func() error {
		e, err := s.read(s.path(key))
		if !errors.Is(err, driver.ErrNotFound) {
			head = e.Value
			return err
		}
		err = s.write(entry{key, value, s.expiry(ttl)})
		added = err == nil
		return err
	})
	return head, added, err
}

// Touch implements [driver.Store].
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	err = s.locked(ctx, func() error {
		e, err := s.read(s.path(key))
		if err != nil {
			return err
		}
		head, e.Expires = e.Value, s.expiry(ttl)
		return s.write(e)
	})
	return head, err
}

// Delete implements [driver.Store].
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	err = s.locked(ctx, func() error {
		e, err := s.read(s.path(key))
		deleted = err == nil || errors.Is(err, driver.ErrCorrupt)
		if err == nil {
			head = e.Value
		}
		if err = os.Remove(s.path(key)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return head, deleted, err
}

// Clear implements [driver.Store]. It reads every entry.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	return s.locked(ctx, func() error {
		paths, err := s.paths()
		for _, path := range paths {
			if e, damaged := s.read(path); damaged == nil && ns.Contains(e.Key) {
				err = errors.Join(err, os.Remove(path))
			}
		}
		return err
	})
}

func (s *Store) paths() ([]string, error) { return filepath.Glob(filepath.Join(s.dir, "*.entry")) }

// Incr implements [driver.Counter].
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (n int64, err error) {
	err = s.locked(ctx, func() error {
		e, err := s.read(s.path(key))
		if err != nil {
			return err
		}
		old, ok := driver.ParseInteger(e.Value)
		switch {
		case !ok:
			return driver.ErrNotInteger
		case delta > 0 && old > math.MaxInt64-delta, delta < 0 && old < math.MinInt64-delta:
			return driver.ErrOverflow
		}
		e.Value = driver.AppendInteger(nil, old+delta)
		n = old + delta
		return s.write(e)
	})
	return n, err
}

// Inspect implements [driver.Inspector].
func (s *Store) Inspect(ctx context.Context) (found []driver.Inspection, err error) {
	err = s.locked(ctx, func() error {
		paths, err := s.paths()
		entries := driver.Figure{Name: "entries", Of: "directory", Value: int64(len(paths))}
		found = []driver.Inspection{{Where: s.dir, Figures: []driver.Figure{entries}}}
		return err
	})
	return found, err
}

// Shutdown implements [driver.Store].
func (s *Store) Shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	lock := s.lock
	s.lock = nil
	return lock.Close()
}
