package middleware

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/keys"
)

// variants is what is stored for a URL whose responses vary: the names of the
// selecting fields, and a random part of the variants' keys, so that forgetting
// the index forgets them all.
type variants struct {
	generation string
	names      []string
	softened   time.Time // variants whose run began before are stale
}

// minIndexTTL is how long an index lives at least. It may well outlive its
// variants; it holds no response.
const minIndexTTL = 24 * time.Hour

func indexTTL(keep time.Duration) time.Duration { return max(keep, minIndexTTL) }

// newGeneration makes the random part. A test that compares two sites makes it the
// same for both.
var newGeneration = rand.Text

// newVariants returns an index of these names and of those that another has.
func newVariants(names []string, known *variants) *variants {
	names = slices.Clone(names)
	if known != nil {
		names = append(names, known.names...)
	}
	slices.Sort(names)
	return &variants{generation: newGeneration(), names: slices.Compact(names)}
}

// indexPage returns the entry by which others find the index of x's URL.
func (x *exchange) indexPage(index *variants, now time.Time) *page {
	return &page{key: bytes.Clone(x.canonical[:x.primaryLen]), index: index, requested: now, received: now}
}

// indexFor returns the index that a response to x's run belongs under, which
// varies on these names: nil if the URL has no variants, and the one that x has
// found if that will do.
func (x *exchange) indexFor(names []string) *variants {
	switch {
	case x.index != nil && containsAll(x.index.names, names):
		return x.index
	case x.index == nil && len(names) == 0 && !x.hasOtherKeys() && !x.foreign:
		return nil
	}
	return newVariants(names, x.index)
}

// hasOtherKeys reports whether requests for the URL may differ in what is in the
// key besides it.
func (x *exchange) hasOtherKeys() bool {
	p := x.h.policy
	return len(p.cookies.inKey) > 0 || len(p.varyValues) > 0 || len(x.vary) > 0
}

// keyUnder returns the canonical key of x's response under an index, which may
// be nil. header is the request's as it came.
func (x *exchange) keyUnder(index *variants) []byte {
	key := bytes.Clone(x.canonical[:x.fullLen])
	if index != nil {
		key = appendVariant(key, x.requestHeader(), &x.judgement, index)
	}
	return key
}

// store returns what is stored of a run's response under the key of its flight,
// and for how long; nil if that is nothing. If the response is the first of
// several variants, it is the index by which others find it. The variant is
// stored first, so that whoever gets the index finds it there; and if the page
// is invalidated in the meantime, the index is not stored and nothing leads to
// the variant.
func (x *exchange) store(ctx context.Context, entry *page, index *variants) (stored *page, ttl time.Duration) {
	ttl = x.h.keep(&entry.fresh, entry.initial, entry.isValidatable())
	switch {
	case index == x.index:
		return entry, ttl
	case x.index != nil:
		// It varies on more than was known. The requests to come find the new
		// index, and no response under it yet: a purge may have come between.
		x.write(ctx, x.primary, x.indexPage(index, entry.received), indexTTL(ttl))
		return nil, 0
	case !x.write(ctx, x.variantKey(index, entry.key), entry, ttl):
		return nil, 0
	}
	return x.indexPage(index, entry.received), indexTTL(ttl)
}

// write stores an entry, and reports whether it could. It does not wait for a store that
// does not answer.
func (x *exchange) write(ctx context.Context, key string, entry *page, keep time.Duration) bool {
	c := cache.From(ctx, x.h.alias)
	if c.IsSilent() {
		return false
	}
	err := pages.Over(c).Set(ctx, key, entry, cache.After(keep))
	if err != nil {
		x.h.logStoreError(ctx, err)
	}
	return err == nil
}

// selectVariant goes on with the variant of the page that this request selects. entry
// is where the index was found, or nil if that was not in the cache.
func (x *exchange) selectVariant(index *variants, entry *page) {
	x.index, x.indexEntry = index, entry
	x.h.indexes.remember(x.primary, index)
	x.canonical = appendVariant(x.canonical[:x.fullLen], x.requestHeader(), &x.judgement, index)
	x.key = x.variantKey(index, x.canonical)
}

// maxVariants is how many variants of one URL a store holds: a client could
// otherwise make one for each value that it can think of. Two that have the same
// slot push each other out.
const maxVariants = 4096

// variantKey is the key in the cache of the variant with that canonical key, which
// is x's or one like it.
func (x *exchange) variantKey(index *variants, canonical []byte) string {
	var buffer [256]byte
	key := keys.AppendPart(append(buffer[:0], x.canonical[:x.primaryLen]...), index.generation)
	selecting := x.fullLen + len(key) - x.primaryLen // behind the generation
	slot := variantSlot(index.generation, canonical[x.primaryLen:x.fullLen], canonical[selecting:])
	return pageKey(binary.AppendUvarint(key, slot))
}

// variantSlot returns the slot of a variant that requests select by these parts of
// their keys. All processes must come to the same, and no client may know which
// requests have one slot, since it could push a variant of its choice out with another
// that nobody asks for. The generation is what they share and clients do not know.
func variantSlot(generation string, rest, selecting []byte) uint64 {
	var buffer [512]byte
	keyed := append(append(append(buffer[:0], generation...), rest...), selecting...)
	sum := sha256.Sum256(keyed)
	return binary.LittleEndian.Uint64(sum[:]) % maxVariants
}

// selectingNames are the names in a Vary field that select a variant. The host
// is in the key of every page.
func selectingNames(vary []string) []string {
	return slices.DeleteFunc(slices.Clone(vary), func(name string) bool { return name == "Host" })
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}
