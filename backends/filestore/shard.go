package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

const (
	shardLockName = "lock"
	tempPrefix    = "temp-"
)

// shard is one directory of entries. All methods except locked, check and path
// need its lock.
type shard struct {
	dir     string
	limit   usage
	lock    *lock
	checked atomic.Bool // whether the directory is known to be the store's own
	counted bool        // whether this Store has listed the shard once
}

func newShard(dir string, limit usage) *shard {
	return &shard{dir: dir, limit: limit, lock: newLock(filepath.Join(dir, shardLockName))}
}

// locked runs fn while it holds the lock of the shard.
func (sh *shard) locked(ctx context.Context, fn func() error) error {
	if err := sh.check(); err != nil {
		return err
	}
	if err := sh.lock.acquire(ctx); err != nil {
		return err
	}
	err := fn()
	if releaseErr := sh.lock.release(); err == nil {
		err = releaseErr
	}
	return err
}

// check makes sure, once, that the directory of the shard is the store's own:
// before it is written to, since the lock is a file in it. Nobody else can
// change that later, because the directory above is checked whenever it is made.
func (sh *shard) check() error {
	if sh.checked.Load() {
		return nil
	}
	err := checkShard(sh.dir)
	sh.checked.Store(err == nil)
	return err
}

// path returns where the entry is whose key has the hash sum.
func (sh *shard) path(sum [sha256.Size]byte) string {
	return filepath.Join(sh.dir, hex.EncodeToString(sum[:]))
}

func isEntryName(name string) bool {
	return len(name) == hex.EncodedLen(sha256.Size) && strings.Trim(name, "0123456789abcdef") == ""
}

// examine reads the entry at path. If that is damaged it is removed: under the
// lock no writer can be about to replace it. What it counted for is unknown and
// stays in the tally until the shard is counted.
func (sh *shard) examine(path string, part extent) (entry, error) {
	e, err := readEntry(path, part)
	if !errors.Is(err, errDamaged) {
		return e, err
	}
	if err := remove(path); err != nil {
		return entry{}, err
	}
	return entry{}, errDamaged
}

// put stores e at path, where old is now (the zero entry if there is none that
// counts), and makes room for it first.
func (sh *shard) put(path string, old, e entry) error {
	if e.size > sh.limit.bytes {
		if err := sh.drop(path, old); err != nil {
			return err
		}
		return driver.ErrTooLarge
	}
	recorded, err := sh.usage()
	if err != nil {
		return err
	}
	var victims []found
	if after := recorded.minus(old.size).plus(e.size); !after.within(sh.limit) {
		if recorded, victims, err = sh.chooseVictims(path, old, e); err != nil {
			return err
		}
	}
	// Only when the new entry is safely on the disk does an old one go: a
	// full disk costs nothing that is stored.
	temp, err := writeTemp(sh.dir, e)
	if err != nil {
		return err
	}
	if err := sh.install(temp, path, old, e, recorded, victims); err != nil {
		_ = os.Remove(temp) // the error of the installing is the one that matters
		return err
	}
	return nil
}

// install removes the victims and renames temp to path. The tally grows before
// the rename and shrinks after it, so that a crash leaves it too high and
// never too low: the next time that room is short, the shard is counted.
func (sh *shard) install(temp, path string, old, e entry, recorded usage, victims []found) error {
	after := recorded.minus(old.size).plus(e.size)
	for _, v := range victims {
		if err := remove(v.path); err != nil {
			return err
		}
		after = after.minus(v.size)
	}
	high := usage{entries: max(recorded.entries, after.entries), bytes: max(recorded.bytes, after.bytes)}
	if high != recorded {
		if err := sh.record(high); err != nil {
			return err
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	if after != high {
		return sh.record(after)
	}
	return nil
}

// drop removes the entry at path, which is old; the zero entry is none.
func (sh *shard) drop(path string, old entry) error {
	if old.size == 0 {
		return nil
	}
	recorded, err := sh.usage()
	if err != nil {
		return err
	}
	if err := remove(path); err != nil {
		return err
	}
	return sh.record(recorded.minus(old.size))
}
