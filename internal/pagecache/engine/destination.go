package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/keys"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Where a response is stored.
//
// If several stored responses match a request, the newest is used (RFC 9111, section 4),
// and a response with a shorter Vary matches more requests (section 4.1). The responses of
// a URL may differ in Vary: a handler that looks at X-B only if X-A is 2 says
// "Vary: X-A, X-B" only then. So the entries of a URL are a tree. An index leads to entries
// by the values of its names, and any of these may be an index itself, by further names. A
// response replaces the highest entry below which everything is selected by all of its
// names, with all that was below.

// maxDepth is how many indexes a request follows at most. Each is one more look-up.
const maxDepth = 2

// indexStep is an index that a request has followed to its page.
type indexStep struct {
	key    string // of the index in the cache
	length int    // of the canonical key there
	index  *page.Variants
}

// destination is where a response is stored: instead of the index to which the request
// came after depth others, or of what it found behind the last; and if index is set, as a
// variant under that, which is stored there.
type destination struct {
	depth int
	index *page.Variants
}

// destinationOf returns where a response that is selected by these fields is stored.
func (x *requestFlow) destinationOf(names []string) destination {
	known := x.selectors(x.depth)
	if x.depth > 0 && policy.ContainsAll(known, names) && policy.ContainsAll(names, known) {
		return destination{depth: x.depth}
	}
	depth := min(x.depth, maxDepth-1)
	for !policy.ContainsAll(names, x.selectors(depth)) {
		depth--
	}
	names = policy.Without(names, x.selectors(depth))
	if len(names) == 0 && (depth > 0 || !x.needsIndex()) {
		return destination{depth: depth}
	}
	return destination{depth, page.NewVariants(names)}
}

// needsIndex reports whether there is an index even for responses without Vary.
func (x *requestFlow) needsIndex() bool { return x.depth == 0 && x.foreign || x.hasOtherKeys() }

// hasOtherKeys reports whether requests for the URL may differ in what is in the
// key besides it.
func (x *requestFlow) hasOtherKeys() bool {
	p := x.h.Policy
	return len(p.Cookies.InKey) > 0 || len(p.VaryValues) > 0 || len(x.Vary) > 0
}

// selectors are the names of the fields that the first indexes followed by x select by.
func (x *requestFlow) selectors(depth int) []string {
	switch depth {
	case 0:
		return nil
	case 1:
		return x.steps[0].index.Names
	}
	return slices.Concat(x.steps[0].index.Names, x.steps[1].index.Names)
}

// entryAt returns the key in the cache of the entry that x reached through depth indexes,
// and how much of the canonical key leads there.
func (x *requestFlow) entryAt(depth int) (key string, length int) {
	if depth == x.depth {
		return x.key, len(x.canonical)
	}
	return x.steps[depth].key, x.steps[depth].length
}

// keyAt returns the canonical key of x's response at a destination.
func (x *requestFlow) keyAt(d destination) []byte {
	_, length := x.entryAt(d.depth)
	key := bytes.Clone(x.canonical[:length])
	if d.index != nil {
		key = page.AppendVariant(key, x.requestHeader(), &x.RequestInfo, d.index)
	}
	return key
}

// indexKey is the canonical key of an index at the entry behind depth others.
func (x *requestFlow) indexKey(depth int) []byte {
	if depth == 0 {
		return x.canonical[:x.primaryLen] // what else is in the key may differ
	}
	_, length := x.entryAt(depth)
	return x.canonical[:length]
}

// selectVariant goes on with the variant of the page that this request selects. entry
// is where the index was found, or nil if that was not in the cache.
func (x *requestFlow) selectVariant(index *page.Variants, entry *page.Index) {
	if x.depth == 0 {
		x.h.indexes.remember(x.primary, index)
	}
	x.steps[x.depth] = indexStep{x.key, len(x.canonical), index}
	x.depth++
	x.index, x.indexEntry = index, entry
	x.canonical = page.AppendVariant(x.canonical, x.requestHeader(), &x.RequestInfo, index)
	x.key = x.variantKey(x.steps[0].index, x.canonical)
}

// variantKey is the key in the cache of the variant with that canonical key, which
// is x's or one like it. index is that of the URL, also for the variants of a variant,
// so that all variants of a URL have the same slots.
func (x *requestFlow) variantKey(index *page.Variants, canonical []byte) string {
	var buffer [256]byte
	key := keys.AppendPart(append(buffer[:0], x.canonical[:x.primaryLen]...), index.Generation)
	selecting := x.fullLen + len(key) - x.primaryLen // behind the generation
	slot := page.VariantSlot(index.Generation, canonical[x.primaryLen:x.fullLen], canonical[selecting:])
	return page.Key(binary.AppendUvarint(key, slot))
}

// followIndex goes on with the variant to which the index leads that was found.
func (x *requestFlow) followIndex() {
	index := x.found.(*page.Index)
	x.selectVariant(index.Variants, index)
}

// backTo goes back to the entry that is behind depth indexes.
func (x *requestFlow) backTo(depth int) {
	key, length := x.entryAt(depth)
	x.key, x.canonical, x.depth = key, x.canonical[:length], depth
	x.index, x.indexEntry = nil, nil
	if depth > 0 {
		x.index = x.steps[depth-1].index
	}
}

// stored returns the entry to store at the destination of a run's response, and for how long,
// or nil. A variant is stored here, before its index, so that a request that finds the index
// finds the variant; if the page is invalidated in the meantime, the index is not stored and
// nothing leads to the variant.
func (x *requestFlow) stored(ctx context.Context, entry *page.Page, d destination) (stored page.Entry, ttl time.Duration) {
	ttl = x.h.Keep(&entry.Fresh, entry.Initial, entry.IsValidatable())
	if d.index == nil {
		return entry, ttl
	}
	root := d.index
	if d.depth > 0 {
		root = x.steps[0].index
	}
	if !x.write(ctx, x.variantKey(root, entry.Key), entry, ttl) {
		return nil, 0
	}
	key := bytes.Clone(x.indexKey(d.depth))
	return &page.Index{Key: key, Variants: d.index, Made: entry.Received}, page.IndexTTL(ttl)
}

// write stores an entry, and reports whether it could. It does not wait for a store that
// does not answer.
func (x *requestFlow) write(ctx context.Context, key string, entry *page.Page, keep time.Duration) bool {
	c := cache.From(ctx, x.h.Alias)
	if hooks.Cache.IsUnresponsive(c) {
		return false
	}
	err := Pages.Over(c).Set(ctx, key, entry, cache.After(keep))
	if err != nil {
		x.h.logStoreError(ctx, err)
	}
	return err == nil
}
