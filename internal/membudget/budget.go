// Package membudget limits the memory of responses that are being made. It knows nothing
// of responses: package cache has a Budget in each Handler, and the cache of pages counts
// its buffers there.
package membudget

import (
	"math"
	"sync/atomic"
)

// Budget counts bytes of memory up to a limit: what page caches hold back, stream to
// clients that wait, or are storing. All page caches over one cache.Handler share one, so
// that clients that do not read hold no more memory than Config.MaxInFlight, however many
// they are.
//
// Values of GetOrSet, Fill and fragments are not counted: the program has made them before
// a cache learns of them, one for each key, and no reader holds them.
//
// A Budget is safe for concurrent use. A nil Budget has no limit and counts nothing.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of this many bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Limit is how many bytes may be in use; MaxInt64 for a nil Budget.
func (b *Budget) Limit() int64 {
	if b == nil {
		return math.MaxInt64
	}
	return b.limit
}

// Used is how many bytes are in use. Hold may take it over the limit.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Reserve adds n bytes and reports whether it did: not if that would go over the limit.
// The caller releases what it has reserved.
func (b *Budget) Reserve(n int64) bool {
	if b == nil {
		return true
	}
	for {
		used := b.used.Load()
		if n > 0 && used+n > b.limit {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Hold adds n bytes, over the limit too. It is for what each response needs at least.
func (b *Budget) Hold(n int64) {
	if b != nil {
		b.used.Add(n)
	}
}

// Release takes n bytes away again.
func (b *Budget) Release(n int64) { b.Hold(-n) }
