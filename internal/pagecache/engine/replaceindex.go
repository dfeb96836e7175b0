package engine

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/page"
)

// indexReplacement stores an entry instead of an index that a request has followed, as a
// [cache.Loader]: the cache compares what it has found with what is stored. If the index was
// purged or replaced meanwhile, by any process, that entry stays.
type indexReplacement struct {
	index *page.Variants
	entry page.Entry
	ttl   time.Duration

	found  page.Entry
	loaded bool
}

var (
	_ fill.ReuseChecker = (*indexReplacement)(nil)
	_ fill.Subscriber   = (*indexReplacement)(nil)
)

// replaceIndex reports whether it has stored an entry instead of an index of x's.
func (x *requestFlow) replaceIndex(ctx context.Context, replaced indexStep, entry page.Entry, ttl time.Duration) bool {
	r := &indexReplacement{index: replaced.index, entry: entry, ttl: ttl}
	outcome, err := x.cache(ctx).Fill(ctx, replaced.key, &r.found, r)
	if err != nil {
		x.h.logStoreError(ctx, err)
	}
	return r.loaded && outcome.Stored
}

// MayReuse implements [fill.ReuseChecker]: another entry stays, and so does an index that was
// declared stale since.
func (r *indexReplacement) MayReuse() bool {
	found, isIndex := r.found.(*page.Index)
	return !isIndex || found.Variants.Generation != r.index.Generation || !found.Variants.MarkedStale.Equal(r.index.MarkedStale)
}

// Load implements [cache.Loader].
func (r *indexReplacement) Load(context.Context) (cache.Loaded, error) {
	if r.found == nil {
		return cache.Loaded{Value: r.entry, NoStore: true}, nil // it is gone, and may have been purged
	}
	r.loaded = true
	return cache.Loaded{Value: r.entry, Timeout: cache.After(r.ttl)}, nil
}

// Join implements [fill.Subscriber]: the replacement waits for no run, and no request for it.
func (r *indexReplacement) Join() fill.JoinOptions { return fill.JoinOptions{Alone: true} }

// Receive implements [fill.Subscriber]: a load that is alone publishes nothing.
func (r *indexReplacement) Receive(_ any, leave func()) { leave() }
