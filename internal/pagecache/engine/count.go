package engine

import (
	"context"

	"github.com/larder-go/larder/internal/hooks"
)

// Listeners to the events of a cache count requests for pages: one hit or
// one miss for each request that was looked up, and nothing for the look-ups that this
// needs, of the index of variants and the list of purges. So a hit is an answer whose
// Cache-Status says so.

// fillOp is the operation that the events of pages name.
const fillOp = "Fill"

// noteMiss tells listeners to the cache, once, that this request is not answered from it. A request that was not looked up, and one of
// the cache's own, is neither hit nor miss.
func (x *requestFlow) noteMiss(ctx context.Context) {
	if x.from != nil && x.missed.CompareAndSwap(false, true) {
		hooks.Cache.NoteMiss(ctx, x.from, fillOp, x.key)
	}
}
