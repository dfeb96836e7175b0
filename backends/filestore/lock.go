package filestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// pollInterval is how often a process asks for a lock that another one holds.
// A write holds it for some tenths of a millisecond, nearly all of which a
// journalling file system takes to create and to rename a file.
const pollInterval = 500 * time.Microsecond

// lock excludes the goroutines that share it by a token, in the order of their
// coming, and other processes by a file. Only the holder of the token polls
// for the file.
type lock struct {
	token chan struct{}
	file  *flock.Flock
}

func newLock(path string) *lock {
	return &lock{
		token: make(chan struct{}, 1),
		// Over NFS, an exclusive lock needs a file open for writing.
		file: flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|openFlags), flock.SetPermissions(0o600)),
	}
}

// acquire waits for the lock until ctx ends. It returns an error that matches
// fs.ErrNotExist if the directory of the file does not exist.
func (l *lock) acquire(ctx context.Context) error {
	select {
	case l.token <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := l.acquireFile(ctx); err != nil {
		<-l.token
		return err
	}
	return nil
}

// acquireFile locks the file that is at the path now. The one that it opened
// may have been removed, directory and all, while it waited, and a lock on
// that excludes nobody.
func (l *lock) acquireFile(ctx context.Context) error {
	if err := refuseLink(l.file.Path()); err != nil {
		return err
	}
	for {
		if _, err := l.file.TryLockContext(ctx, pollInterval); err != nil {
			return explain(l.file.Path(), err)
		}
		current, err := l.current()
		if current {
			return nil
		}
		if err := errors.Join(err, l.file.Unlock()); err != nil {
			return err
		}
	}
}

// current reports whether the file held is the one at its path. It returns
// errNotOwn if that is not the store's own.
func (l *lock) current() (bool, error) {
	held, err := l.file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(l.file.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !isOwn(there):
		return false, notOwn(l.file.Path())
	}
	return os.SameFile(held, there), nil
}

func (l *lock) release() error {
	err := l.file.Unlock()
	<-l.token
	return err
}
