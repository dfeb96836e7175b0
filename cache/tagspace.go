package cache

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/keys"
)

// tagSpace is what an alias knows of the tags of its namespace in a store that processes share.
//
// The store has a count of invalidations and a record for each tag with its versions, see
// [driver.Invalidator]. An entry has the versions of its tags, and the count as of which they
// were valid. While the count is that, the entry is valid. Else the versions are compared with
// the records; if they are the same, the process remembers that the entry was valid as of a
// count that was read before them.
type tagSpace struct {
	ns       driver.Namespace
	countKey []byte
	inUse    atomic.Bool // entries may have tags: the count is fetched along with them

	lifetimes lifetimes

	// known is the count that was read last, "" if there was none, or nil before the first.
	known atomic.Pointer[string]

	checks atomic.Pointer[[rememberedChecks]atomic.Pointer[tagCheck]] // nil until the first
}

// What is remembered is bounded: of so many entries, by a hash of their keys, and of those with
// few tags the keys of the records.
const (
	rememberedChecks  = 1 << 12
	rememberedRecords = 16
)

// tagCheck is what is remembered of the tags of an entry.
type tagCheck struct {
	identity uint64 // of the entry
	count    string // as of which they were valid
	moved    bool   // that count was not the one in the entry: invalidations are frequent
	records  [][]byte
}

func (t *tagSpace) init(ns driver.Namespace) {
	t.ns = ns
	t.countKey = ns.ReservedKey(nil, keys.TagCount)
}

// recordKey returns the key of the record of a tag. Those of a namespace and its count are in
// one slot of a Redis Cluster.
func (t *tagSpace) recordKey(h keys.TagHash) []byte {
	return t.ns.ReservedKey(nil, h.Record())
}

func (t *tagSpace) recordKeys(hashes []keys.TagHash) [][]byte {
	records := make([][]byte, len(hashes))
	for i, h := range hashes {
		records[i] = t.recordKey(h)
	}
	return records
}

var tagCheckSeed = maphash.MakeSeed()

// check returns the check that is remembered for a key, or nil.
func (t *tagSpace) check(key []byte) *tagCheck {
	checks := t.checks.Load()
	if checks == nil {
		return nil
	}
	return checks[maphash.Bytes(tagCheckSeed, key)%rememberedChecks].Load()
}

func (t *tagSpace) remember(key []byte, c *tagCheck) {
	checks := t.checks.Load()
	if checks == nil {
		t.checks.CompareAndSwap(nil, new([rememberedChecks]atomic.Pointer[tagCheck]))
		checks = t.checks.Load()
	}
	checks[maphash.Bytes(tagCheckSeed, key)%rememberedChecks].Store(c)
}
