package filestore

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// found is an entry that a scan found, without its bytes.
type found struct {
	path            string
	expiry, written int64
	size            int64
	own             bool // a record or a lease of larder's own
}

func newFound(path string, e entry) found {
	own := driver.IsReservedKey(e.key) || driver.IsLease(e.value)
	return found{path: path, expiry: e.expiry, written: e.written, size: e.size, own: own}
}

// scan lists the shard, visits every entry and records the tally again. It
// removes damaged entries, and temporary files: those are written under the
// lock, so whoever left one there has died.
func (sh *shard) scan(visit func(path string, e entry)) (usage, error) {
	files, err := os.ReadDir(sh.dir)
	if err != nil {
		return usage{}, err
	}
	var total usage
	for _, file := range files {
		if !file.Type().IsRegular() {
			continue
		}
		path := filepath.Join(sh.dir, file.Name())
		switch {
		case strings.HasPrefix(file.Name(), tempPrefix):
			err = remove(path)
		case isEntryName(file.Name()):
			var e entry
			if e, err = readEntry(path, headOnly); err == nil {
				total = total.plus(e.size)
				visit(path, e)
			} else if errors.Is(err, errDamaged) {
				err = remove(path)
			}
		}
		if err != nil && !vacant(err) {
			return usage{}, err
		}
	}
	if err := sh.record(total); err != nil {
		return usage{}, err
	}
	sh.counted = true
	return total, nil
}

// vacant reports whether err, from reading an entry, means that there is none
// that counts.
func vacant(err error) bool {
	return errors.Is(err, driver.ErrNotFound) || errors.Is(err, driver.ErrCorrupt)
}

// chooseVictims counts the shard and chooses what must go so that e may
// replace old at path: nothing, if the tally had been too high; else all that
// is expired, and of the rest what was written longest ago until the shard
// would be at nine tenths of its share. Records and leases of larder's own go when
// nothing else is left.
func (sh *shard) chooseVictims(path string, old, e entry) (usage, []found, error) {
	var others []found
	total, err := sh.scan(func(p string, o entry) {
		if p != path {
			others = append(others, newFound(p, o))
		}
	})
	if err != nil {
		return usage{}, nil, err
	}
	after := total.minus(old.size).plus(e.size)
	if after.within(sh.limit) {
		return total, nil, nil
	}
	now := e.written
	target := usage{entries: sh.limit.entries - sh.limit.entries/10, bytes: sh.limit.bytes - sh.limit.bytes/10}
	slices.SortFunc(others, func(a, b found) int { return compareAge(a, b, now) })
	n := 0
	for n < len(others) && (others[n].expiry <= now || !after.within(target)) {
		after = after.minus(others[n].size)
		n++
	}
	return total, others[:n], nil
}

// compareAge puts expired entries first, then those of callers and then larder's own,
// each written longest ago first.
func compareAge(a, b found, now int64) int {
	return cmp.Or(
		cmp.Compare(a.class(now), b.class(now)),
		cmp.Compare(a.written, b.written),
		strings.Compare(a.path, b.path),
	)
}

// class is 0 for an expired entry, 1 for one of a caller and 2 for one of larder's own.
func (f found) class(now int64) int {
	switch {
	case f.expiry <= now:
		return 0
	case f.own:
		return 2
	}
	return 1
}
