package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	layoutName     = "larder-layout"
	layoutTempName = "larder-layout.tmp"
	rootLockName   = "larder-lock"

	layoutVersion = 1
	layoutFormat  = "larder filestore layout %d\nshards %d\n"
)

// A new directory gets as many shards as leave each a share of this many
// entries and bytes, so that small bounds are still respected, keys spread
// evenly enough and a large value fits; and at most maxShards.
const (
	entriesPerShard = 256
	bytesPerShard   = 16 << 20
	maxShards       = 1024
)

// A directory laid out for larger bounds is refused when a share would be
// smaller than this: it would refuse ordinary values.
const (
	minEntriesPerShard = 16
	minBytesPerShard   = 1 << 20
)

// layout is the division of the directory into shards.
type layout struct {
	shards []*shard
}

// shardsFor returns the number of shards of a new directory: a power of two.
func shardsFor(opts Options) int {
	n := 1
	for 2*n <= maxShards && opts.MaxEntries/entriesPerShard >= int64(2*n) && opts.MaxBytes/bytesPerShard >= int64(2*n) {
		n *= 2
	}
	return n
}

func newLayout(dir string, count int, opts Options) (*layout, error) {
	limit := usage{entries: opts.MaxEntries / int64(count), bytes: opts.MaxBytes / int64(count)}
	if count > 1 && (limit.entries < minEntriesPerShard || limit.bytes < minBytesPerShard) {
		return nil, fmt.Errorf("filestore: %s was laid out in %d shards for larger bounds: with MaxEntries %d and MaxBytes %d it needs a new directory, or this one removed",
			dir, count, opts.MaxEntries, opts.MaxBytes)
	}
	l := &layout{shards: make([]*shard, count)}
	for i := range l.shards {
		// The name tells the number of shards, so that a Store that was
		// open while the directory was removed and laid out differently
		// does not find its shards, and reads the layout again.
		name := fmt.Sprintf("shard-%02d-of-%d", i, count)
		l.shards[i] = newShard(filepath.Join(dir, name), limit)
	}
	return l, nil
}

// shard returns the shard of the key whose hash is sum.
func (l *layout) shard(sum [sha256.Size]byte) *shard {
	return l.shards[binary.BigEndian.Uint32(sum[:])%uint32(len(l.shards))]
}

// agreeOnLayout makes sure that the directory exists, is this user's alone and
// has a layout, and uses that from now on.
func (s *Store) agreeOnLayout(ctx context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := checkDir(s.dir); err != nil {
		return err
	}
	count, err := readLayout(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		count, err = s.createLayout(ctx)
	}
	if err != nil {
		return err
	}
	current := s.layout.Load()
	if current != nil && len(current.shards) == count {
		return nil
	}
	l, err := newLayout(s.dir, count, s.opts)
	if err != nil {
		return err
	}
	// Of goroutines that come here at once only one may replace it: the
	// shards hold locks that all of them must share.
	s.layout.CompareAndSwap(current, l)
	return nil
}

// createLayout writes the layout of a new directory unless another process is
// quicker, and returns the number of shards.
func (s *Store) createLayout(ctx context.Context) (count int, err error) {
	if err := s.root.acquire(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.root.release()) }()
	count, err = readLayout(s.dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return count, err
	}
	count = shardsFor(s.opts)
	return count, writeLayout(s.dir, count)
}

func readLayout(dir string) (count int, err error) {
	path := filepath.Join(dir, layoutName)
	b, err := readOwn(path)
	if err != nil {
		return 0, err
	}
	count, err = parseLayout(string(b))
	if err != nil {
		return 0, fmt.Errorf("filestore: %s: %w", path, err)
	}
	return count, nil
}

func parseLayout(text string) (count int, err error) {
	var version int
	n, _ := fmt.Sscanf(text, layoutFormat, &version, &count)
	if n > 0 && version > layoutVersion {
		return 0, fmt.Errorf("layout version %d is newer than version %d of this program", version, layoutVersion)
	}
	if version != layoutVersion || count < 1 || count > maxShards || text != fmt.Sprintf(layoutFormat, version, count) {
		return 0, errors.New("not a layout: the directory is not a cache's, or is damaged and must be removed")
	}
	return count, nil
}

// writeLayout syncs, unlike the writing of entries: a layout lost in a power
// cut would take all entries with it, and it is written once.
func writeLayout(dir string, count int) error {
	temp := filepath.Join(dir, layoutTempName)
	f, err := createOwn(temp)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, layoutFormat, layoutVersion, count)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(dir, layoutName))
}
