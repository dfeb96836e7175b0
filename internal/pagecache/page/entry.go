package page

import (
	"bytes"
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Entry is what is stored under one key: a *[Page], which is a response; an *[Index] of the
// variants of a URL; a *[Tombstone] of what was invalidated; or *[Purges]. An entry does not
// change after it was stored, except for what it notes of itself.
type Entry interface {
	// Canonical is the canonical key, which is compared on a hit.
	Canonical() []byte

	// Begun is when the run began that made the entry, or when it was invalidated. It is
	// zero if that is not known.
	Begun() time.Time

	// CacheSize is how many bytes the entry takes in a store that is bounded by bytes.
	CacheSize() int
}

// overhead is what an entry takes beside its texts: the struct, the headers of slices, the
// rendered age.
const overhead = 512

// Index leads to the variants of a URL.
type Index struct {
	Key      []byte
	Variants *Variants
	Made     time.Time // by this process; it is not encoded

	presence
}

// Canonical implements [Entry].
func (i *Index) Canonical() []byte { return i.Key }

// Begun implements [Entry].
func (i *Index) Begun() time.Time { return i.Made }

// CacheSize implements [Entry].
func (i *Index) CacheSize() int {
	return overhead + len(i.Key) + len(i.Variants.Generation) + LinesSize(i.Variants.Names)
}

// PurgedSoftly returns an index all of whose variants are stale that were begun before.
func (i *Index) PurgedSoftly(now time.Time) *Index {
	marked := *i.Variants
	marked.MarkedStale = now
	return &Index{Key: i.Key, Variants: &marked, Made: i.Made}
}

// Tombstone marks a URL, or one of its variants, that was invalidated: a run that began
// before, in another process, finds something instead of nothing and does not store.
type Tombstone struct {
	Key []byte
	At  time.Time
	ID  string // tells it from others
}

// NewTombstone returns what is left of the pages with that key.
func NewTombstone(key []byte) *Tombstone {
	return &Tombstone{Key: bytes.Clone(key), At: time.Now(), ID: rand.Text()}
}

// Canonical implements [Entry].
func (t *Tombstone) Canonical() []byte { return t.Key }

// Begun implements [Entry].
func (t *Tombstone) Begun() time.Time { return t.At }

// CacheSize implements [Entry].
func (t *Tombstone) CacheSize() int { return overhead + len(t.Key) + len(t.ID) }

// Purges is the list of purges by prefix, which has a key of its own.
type Purges struct{ Rules []PurgeRule }

// Canonical implements [Entry]. It is that of no request.
func (p *Purges) Canonical() []byte { return nil }

// Begun implements [Entry].
func (p *Purges) Begun() time.Time { return time.Time{} }

// CacheSize implements [Entry].
func (p *Purges) CacheSize() int {
	const each = 96 // the struct
	size := overhead
	for _, r := range p.Rules {
		size += each + len(r.KeyPrefix) + len(r.Scheme) + len(r.Host) + len(r.Path)
	}
	return size
}

// presence is what a store in this process that calls hooks has told of an entry.
type presence struct{ stored, removed atomic.Bool }

var _ driver.StoreHook = (*presence)(nil)

// OnStored implements [driver.StoreHook].
func (p *presence) OnStored() { p.stored.Store(true) }

// OnRemoved implements [driver.StoreHook]. An entry is stored under one key only: once it is
// removed, it is never current again.
func (p *presence) OnRemoved() { p.removed.Store(true) }

// IsStored reports whether a store in this process has the entry under its key. Of one in a
// store that does not tell, it is not known.
func (p *presence) IsStored() bool { return p.stored.Load() && !p.removed.Load() }
