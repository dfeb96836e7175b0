package engine

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/purge"
)

// A hit on a networked store is one round trip: everything that a request may need from
// the store is fetched together with the page.

// indexMemory remembers the indexes of URLs that vary, so that a variant can be
// fetched together with the index that it was found by. The index in the store
// decides: what is remembered is a guess at the variant's key. It is a table of
// fixed size, so clients cannot fill it.
type indexMemory struct {
	table atomic.Pointer[[indexMemorySize]atomic.Pointer[knownIndex]]
}

const indexMemorySize = 1024

type knownIndex struct {
	primary string
	index   *page.Variants
}

func indexSlot(primary string) uint64 { return maphash.String(memorySeed, primary) % indexMemorySize }

func (m *indexMemory) remember(primary string, index *page.Variants) {
	table := m.table.Load()
	if table == nil {
		m.table.CompareAndSwap(nil, new([indexMemorySize]atomic.Pointer[knownIndex]))
		table = m.table.Load()
	}
	slot := &table[indexSlot(primary)]
	if known := slot.Load(); known == nil || known.primary != primary || known.index.Generation != index.Generation {
		slot.Store(&knownIndex{primary, index})
	}
}

// find returns the index of a URL, or nil.
func (m *indexMemory) find(primary string) *page.Variants {
	table := m.table.Load()
	if table == nil {
		return nil
	}
	if known := table[indexSlot(primary)].Load(); known != nil && known.primary == primary {
		return known.index
	}
	return nil
}

// prefetch fetches the page together with what else is needed, if that is more
// than the page and the store has it all in one round trip. It answers a hit and
// reports that it did; everything else is for find.
func (x *requestFlow) prefetch(c cache.View[page.Entry]) (answered bool) {
	ctx := x.r.Context()
	purges := x.purgeList()
	due := purges.IsDue(time.Now())
	index := x.h.indexes.find(x.primary)
	if !due && index == nil {
		return false
	}
	if !hooks.Cache.Batches(ctx, x.from) {
		if due {
			purges.Fetch(ctx, c)
		}
		return false
	}
	local := purge.LocalPurges.Load()
	keys := []string{x.primary}
	if due {
		keys = append(keys, purge.RulesKey)
	}
	variant := ""
	if index != nil {
		variant = x.variantKey(index, x.keyAt(destination{index: index}))
		keys = append(keys, variant)
	}
	found, err := c.GetMany(ctx, keys)
	if err != nil {
		return false // find will get the same error
	}
	if due {
		purges.Set(found[purge.RulesKey], local)
	}
	return x.answerFetched(found[x.primary], found[variant])
}

// answerFetched answers with a page that was fetched, if it is a hit. If not, the
// request goes on with the variant that the indexes have led to.
func (x *requestFlow) answerFetched(entry, variant page.Entry) (answered bool) {
	x.found = entry
	accepted := x.MayReuse()
	if accepted && x.decision == decisionVariant {
		x.followIndex()
		x.found = variant
		accepted = variant != nil && x.MayReuse()
	}
	if accepted && (x.decision == decisionHit || x.decision == decisionStale) {
		return x.settle(cache.Outcome{Hit: true}, nil)
	}
	if accepted && x.decision == decisionVariant {
		x.followIndex()
	}
	x.found, x.decidedOn, x.base, x.foreign, x.decided = nil, nil, nil, false, decided{}
	return false
}
