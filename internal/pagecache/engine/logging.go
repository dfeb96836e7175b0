package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// Logger returns the logger of the caches that a request or a run has, see
// [cache.WithLogger]. Without caches it is that of the program.
func Logger(ctx context.Context) *slog.Logger { return hooks.Cache.Logger(ctx) }

// logStoreError says at times that the cache does not work, and never at every
// request.
func (h *Handler) logStoreError(ctx context.Context, err error) {
	if !h.mayLog() {
		return
	}
	level := slog.LevelWarn
	if errors.Is(err, cache.ErrUnknownAlias) {
		level = slog.LevelError // it does not pass by itself
	}
	Logger(ctx).Log(ctx, level, "larder: the page cache fails; pages are served without it", "alias", h.Alias, "error", err)
}

// logStoreRefused says at times that a page is too large for the cache.
func (h *Handler) logStoreRefused(ctx context.Context, path string) {
	if h.mayLog() {
		Logger(ctx).WarnContext(ctx, "larder: a page is too large for the cache's backend, so each request makes it", "alias", h.Alias, "path", path)
	}
}

// storeReason is the reason for which a page is served without a cache that fails.
func storeReason(err error) reason.Reason {
	if errors.Is(err, cache.ErrUnknownAlias) {
		return reason.UnknownAlias
	}
	return reason.StoreError
}

// mayLog is true once in ten seconds.
func (h *Handler) mayLog() bool {
	const interval = 10 * time.Second
	now := time.Now().UnixNano()
	next := h.nextLog.Load()
	return now >= next && h.nextLog.CompareAndSwap(next, now+int64(interval))
}

// logMaxBody says at times that no page is stored, and why.
func (h *Handler) logMaxBody(ctx context.Context, caches *cache.Handler) {
	if h.mayLog() {
		Logger(ctx).ErrorContext(ctx, "larder: no page is stored: "+h.Misfit(caches), "alias", h.Alias)
	}
}
