package engine

import (
	"context"
	"errors"
	"net/http"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// A full answer below 500 to a request for a stored page means that the page is no longer
// suitable (RFC 9111, section 4.3.3). If that answer is not stored instead of the page, the
// page is removed.

// removeUnsuitable removes the page that the run was to validate or refresh, if its answer
// means that the page is no longer suitable.
func (u *run) removeUnsuitable() {
	if u.isReplacement() {
		u.x.removeBase(context.WithoutCancel(u.ctx)) // even if all clients have left
	}
}

// isReplacement reports whether the run has given a full answer, which is not stored, instead
// of the page that was to be validated or refreshed.
func (u *run) isReplacement() bool {
	switch u.reason {
	case reason.None, reason.HandlerError, reason.Hijacked, reason.Truncated, reason.Left:
		return false
	}
	return isFullAnswer(u.status)
}

// isFullAnswer reports whether a response with this status is a whole one, and no failure.
func isFullAnswer(status int) bool {
	switch {
	case status == http.StatusPartialContent, status == http.StatusNotModified, isFailure(status):
		return false
	}
	return status >= http.StatusOK && status < http.StatusInternalServerError
}

// isFailure reports whether a status says that the handler could not answer this time: an
// error in the sense of RFC 5861, section 4, or a request to come again later.
func isFailure(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return false
}

// removeBase leaves a tombstone instead of the page that a run of this request flow was to
// validate or refresh, and of no other: a newer page that was stored meanwhile stays. For a
// URL with variants it is that variant. Later requests do not join a run of the page.
func (x *requestFlow) removeBase(ctx context.Context) {
	if x.base == nil || x.baseRemoved {
		return
	}
	x.baseRemoved = true
	r := &removal{base: x.base, key: x.canonical}
	if x.index == nil {
		r.key = x.canonical[:x.primaryLen] // what else is in the key makes no difference
	}
	if _, err := x.cache(ctx).Fill(ctx, x.key, &r.found, r); err != nil && !errors.Is(err, cache.ErrNotShared) {
		x.h.logStoreError(ctx, err)
	}
}

// removal replaces a page by a tombstone, as a [cache.Loader]: the cache compares what it
// has found with what is stored, and keeps what was stored or purged meanwhile.
type removal struct {
	base  *page.Page
	key   []byte // of the tombstone
	found page.Entry
}

var (
	_ fill.ReuseChecker = (*removal)(nil)
	_ fill.Subscriber   = (*removal)(nil)
)

// MayReuse implements [fill.ReuseChecker]: another page stays.
func (r *removal) MayReuse() bool {
	found, isPage := r.found.(*page.Page)
	return !isPage || !found.IsSame(r.base)
}

// Load implements [cache.Loader].
func (r *removal) Load(context.Context) (cache.Loaded, error) {
	if r.found == nil {
		return forOne, nil // it is gone already
	}
	return cache.Loaded{Value: page.NewTombstone(r.key), Timeout: cache.After(purge.TombstoneTTL)}, nil
}

// Join implements [fill.Subscriber]: the removal waits for no run, and no request for it.
func (r *removal) Join() fill.JoinOptions { return fill.JoinOptions{Alone: true} }

// Receive implements [fill.Subscriber]: a load that is alone publishes nothing.
func (r *removal) Receive(_ any, leave func()) { leave() }
