package memstore

import (
	"math"
	"sync"
	"sync/atomic"
)

// EntryOverhead is how many bytes an entry of a store bounded by bytes
// accounts for beside its key and value. It is the heap per entry of a store
// of a million entries, less the lengths of key and value: the cache's node,
// its share of the hash table and of the frequency sketch, and the rounding of
// allocations to their size classes. BenchmarkEntryOverhead measures it.
const EntryOverhead = 160

// slackFraction is the part of the bound by which the cache may exceed it
// while writers are busy: one in 32, about 3 %.
const slackFraction = 32

// bound is the limit of a store, in entries or in bytes.
//
// The cache evicts behind its writers, which queue what they wrote for a
// maintenance pass. The queue is limited by number, 128 entries for each
// processor, and that is many times the bound if the entries are large or the
// bound is small. So writers add up the weight of what no pass has surely
// seen, and when it reaches the slack they wait for a pass of their own.
type bound struct {
	limit   int64
	slack   int64
	inBytes bool

	pending atomic.Int64 // weight written since the last settling
	mu      sync.Mutex   // held while settling
}

func newBound(opts Options) *bound {
	b := &bound{limit: opts.MaxEntries}
	switch {
	case opts.MaxBytes != 0:
		b.limit, b.inBytes = opts.MaxBytes, true
	case opts.MaxEntries == 0:
		b.limit = DefaultMaxEntries
	}
	b.slack = max(1, b.limit/slackFraction)
	return b
}

// fits reports whether an entry with a value of size bytes can be stored at
// all. One entry is limited to 4 GiB besides, which is what the cache can
// account for it.
func (b *bound) fits(key []byte, size int64) bool {
	if !b.inBytes {
		return true
	}
	return size <= min(b.limit, math.MaxUint32)-EntryOverhead-int64(len(key))
}

// weigh returns what an entry that fits counts towards the limit.
func (b *bound) weigh(key string, e entry) uint32 {
	if !b.inBytes {
		return 1
	}
	return uint32(int64(len(key)) + e.size + EntryOverhead)
}

// wrote accounts for an entry that the cache has accepted, and runs settle,
// which evicts what is over the limit, if too much is pending. Other writers
// that find too much pending wait until that is done, so the cache never
// exceeds its limit by more than the slack and what each of them is writing.
func (b *bound) wrote(weight uint32, settle func()) {
	if b.pending.Add(int64(weight)) < b.slack {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.pending.Load()
	if seen < b.slack {
		return
	}
	settle()
	b.pending.Add(-seen)
}
