package filestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/inflight"
)

// Store keeps entries in the files of one directory. It is safe for concurrent
// use, also with other Stores on the same directory, in this process and in
// others. Open makes one.
type Store struct {
	dir      string
	opts     Options
	root     *lock
	layout   atomic.Pointer[layout]
	inFlight inflight.Counter
}

var (
	_ driver.Store    = (*Store)(nil)
	_ driver.Counter  = (*Store)(nil)
	_ driver.Replacer = (*Store)(nil)
	_ driver.Peeker   = (*Store)(nil)
	_ driver.Expirer  = (*Store)(nil)
	_ driver.Verifier = (*Store)(nil)
)

// Open returns a Store on the directory dir, which it creates if need be. It may wait
// without limit for another process that creates the directory. It is an error if dir
// is empty, an option is negative, the directory was laid out for bounds so much larger
// that these cannot be kept, or by a newer version of this package.
//
// Stores on one directory may have different bounds; then each write keeps to
// those of its own Store.
func Open(dir string, opts Options) (*Store, error) {
	return open(context.Background(), dir, opts)
}

func open(ctx context.Context, dir string, opts Options) (*Store, error) {
	if dir == "" {
		return nil, errNoLocation
	}
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, opts: opts, root: newLock(filepath.Join(dir, rootLockName))}
	if err := s.agreeOnLayout(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Shutdown refuses new operations and waits for those in flight until ctx
// ends. Entries stay on the disk.
func (s *Store) Shutdown(ctx context.Context) error {
	return s.inFlight.CloseAndWait(ctx)
}

// begin begins an operation, which ends with s.inFlight.End.
func (s *Store) begin(ctx context.Context) error {
	if err := s.inFlight.Start(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		s.inFlight.End()
		return err
	}
	return nil
}

// maxAttempts is how often an operation begins again because the directory
// vanished under it.
const maxAttempts = 8

// update runs fn while it holds the lock of the shard of key; path is where
// the entry is. If the directory is not there, or vanishes meanwhile, update
// makes it again and runs fn again.
func (s *Store) update(ctx context.Context, key []byte, fn func(sh *shard, path string) error) error {
	sum := sha256.Sum256(key)
	for attempt := 1; ; attempt++ {
		sh := s.layout.Load().shard(sum)
		err := sh.locked(ctx, func() error { return fn(sh, sh.path(sum)) })
		if !errors.Is(err, fs.ErrNotExist) || attempt == maxAttempts {
			return err
		}
		if err := s.restore(ctx, sum); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

// restore makes the directory of the shard of the key whose hash is sum, and
// whatever is missing above it.
func (s *Store) restore(ctx context.Context, sum [sha256.Size]byte) error {
	if err := s.agreeOnLayout(ctx); err != nil {
		return err
	}
	err := os.Mkdir(s.layout.Load().shard(sum).dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (s *Store) now() int64 { return s.opts.Clock.Now().UnixNano() }

// expiryAfter returns the expiry of an entry that now gets ttl.
func expiryAfter(now int64, ttl time.Duration) int64 {
	expiry := now + int64(ttl)
	if ttl == driver.Never || ttl > 0 && expiry < now {
		return never
	}
	return expiry
}
