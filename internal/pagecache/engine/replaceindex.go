package engine

import (
	"context"
	"errors"
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
	isReplaced := r.loaded && outcome.Stored
	if isReplaced {
		x.h.replacedIndexes.Add(1)
	}
	return isReplaced
}

// errIndexReplaced is the error of a run that did not start, because the index by which its
// request had come may have been replaced since. Whoever waits looks the page up again.
var errIndexReplaced = errors.New("larder: the index of the page has been replaced")

// hasStaleIndex reports whether a request has found no variant that an index led to, and a
// run has replaced an index since the request began: perhaps that one, by the response that
// this request wants. It does so once, so that a request comes to an end.
func (x *requestFlow) hasStaleIndex() bool {
	if x.w == nil || x.depth == 0 || x.hasLookedAgain || x.replacedBefore == x.h.replacedIndexes.Load() {
		return false
	}
	x.hasLookedAgain = true
	return true
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
