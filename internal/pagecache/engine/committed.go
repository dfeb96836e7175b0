package engine

import (
	"context"
	"errors"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

var _ fill.StoreObserver = (*requestFlow)(nil)

// Committed implements [fill.StoreObserver]. The head of a streamed page is sent before
// it is stored, and may say that it is. If the store then rejects it, that is remembered, so
// that the next response says so.
func (x *requestFlow) Committed(ctx context.Context, err error) {
	key := x.run.Load().storedAs // the request may be over
	switch {
	case err == nil:
		x.h.rejected.forget(key)
	case errors.Is(err, cache.ErrTooLarge):
		x.h.rejected.remember(key, reason.StoreRefused)
		x.h.logStoreRefused(ctx, x.r.URL.Path)
	default:
		x.h.rejected.remember(key, reason.StoreError)
		x.h.logStoreError(ctx, err)
	}
}
