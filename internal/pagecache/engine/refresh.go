package engine

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/rfc9111"
)

// maxRefreshes is how many pages one handler refreshes in the background at the same time.
// While there are as many, a stale page is served and not refreshed; the next request for it
// tries again.
const maxRefreshes = 32

// refreshes are the runs of a handler in the background, one for each page.
type refreshes struct {
	mu    sync.Mutex
	under map[string]struct{} // the keys
}

// start refreshes the page that x has found in the background, unless that is being done, or
// a request of the cache's own has recently failed to reach the handler.
func (f *refreshes) start(x *requestFlow) {
	if x.h.refused.lookup(x.memoryKey()).isRemembered() || !f.admit(x.key) {
		return
	}
	ctx, end := cache.Detached(x.r.Context())
	y := x.background(ctx)
	go func() {
		defer f.done(y.key)
		defer func() {
			if err := end(); err != nil {
				Logger(ctx).ErrorContext(ctx, "larder: closing the caches of a refresh failed", "error", err)
			}
		}()
		y.refresh()
	}()
}

func (f *refreshes) admit(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, busy := f.under[key]; busy || len(f.under) >= maxRefreshes {
		return false
	}
	if f.under == nil {
		f.under = make(map[string]struct{})
	}
	f.under[key] = struct{}{}
	return true
}

func (f *refreshes) done(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.under, key)
}

// keptRequest is what a run in the background needs of a request that is over, beside the
// handler's request.
type keptRequest struct {
	header http.Header // as it came, without what identifies the user
	outer  http.Header // what outer middleware had set of the response, with canonical names
}

// background returns a request flow for the same page, without a client. It shares nothing
// with the request, which is over soon: the handler gets a new request without conditions,
// ranges or a body, and only with the credentials that are in the key of the page. ctx has
// the values of the request's context, a scope of its own, and is not cancelled with it.
func (x *requestFlow) background(ctx context.Context) *requestFlow {
	r, kept := x.SharedRequest(ctx, x.r, new(url.URL)), &keptRequest{header: x.requestHeader().Clone(), outer: x.outerHeader()}
	// The client's directives do not apply to a request of the cache's own.
	delete(r.Header, "Cache-Control")
	delete(r.Header, "Pragma")
	x.removeCredentials(r.Header)
	// If the response turns out to vary on one of them, it is stored as the variant of
	// requests without the field.
	x.removeCredentials(kept.header)
	if policy.HasCertificate(r) && !slices.Contains(x.KeyCredentials, policy.Certificate) {
		r = policy.WithoutCertificate(r)
	}
	y := &requestFlow{
		h:           x.h,
		next:        x.ownNext,
		r:           r,
		RequestInfo: x.RequestInfo,
		key:         x.key,
		primary:     x.primary,
		primaryLen:  x.primaryLen,
		fullLen:     x.fullLen,
		index:       x.index,
		steps:       x.steps,
		depth:       x.depth,
		kept:        kept,
	}
	y.Directives = rfc9111.RequestDirectives{}
	if x.removesCookies() {
		y.UserCookies = nil
	}
	y.canonical = append(y.buffer[:0], x.canonical...)
	return y
}

// removeCredentials removes from the header of a request the fields that identify the user
// who made it, except those in the key of the page.
func (x *requestFlow) removeCredentials(header http.Header) {
	inKey := x.inKey()
	for name := range header {
		isOfUser := x.h.IsCredential(name) || policy.KindOf(name)&policy.KindsOfUser != 0 // to a shared cache, too
		if isOfUser && !slices.Contains(inKey, name) {
			delete(header, name)
		}
	}
	if header["Cookie"] == nil || !x.removesCookies() {
		return
	}
	delete(header, "Cookie")
	if line := policy.CookieLine(x.KeyCookies); line != "" {
		header["Cookie"] = []string{line}
	}
}

// inKey are the request fields whose values are in the key of the page.
func (x *requestFlow) inKey() []string {
	return slices.Concat(x.Vary, x.KeyCredentials, x.selectors(x.depth))
}

// removesCookies reports whether a refresh is asked for without the user's cookies.
func (x *requestFlow) removesCookies() bool { return !slices.Contains(x.inKey(), "Cookie") }

// refresh runs the handler, unless another run has made the page meanwhile, with a time
// limit. It recovers from a panic of the handler.
func (x *requestFlow) refresh() {
	ctx, cancel := context.WithTimeout(x.r.Context(), x.h.RefreshTimeout)
	defer cancel()
	x.r = x.r.WithContext(ctx)
	outcome, err := x.cache(ctx).Fill(ctx, x.key, &x.found, refresher{x})
	if err = cmp.Or(err, outcome.Err); err != nil {
		Logger(ctx).WarnContext(ctx, "larder: a page could not be refreshed in the background", "error", err)
	}
	if u := x.run.Load(); u != nil {
		x.awaitEnd(ctx, u)
	}
	x.endSubscription()
}

// awaitEnd waits until the handler has returned. If ctx ends before, it cancels the run,
// unless requests wait for its response.
func (x *requestFlow) awaitEnd(ctx context.Context, u *run) {
	select {
	case <-u.done:
		x.sawEnd = true
		return
	case <-ctx.Done():
	}
	u.leave()
	x.endSubscription()
	<-u.done
}

// refresher is a request flow in the background as a loader: it does not reuse stale pages.
type refresher struct{ *requestFlow }

// MayReuse implements [fill.ReuseChecker].
func (r refresher) MayReuse() bool {
	r.decide(r.found)
	switch r.decision {
	case decisionStale, decisionValidate:
		r.base = r.page
		return false
	case decisionMiss:
		return false
	}
	return true
}

var (
	_ fill.ReuseChecker  = refresher{}
	_ fill.Preparer      = refresher{}
	_ fill.Subscriber    = refresher{}
	_ fill.StoreObserver = refresher{}
	_ fill.Cleaner       = refresher{}
	_ fill.ReuseChecker  = (*requestFlow)(nil)
	_ fill.Preparer      = (*requestFlow)(nil)
	_ fill.Subscriber    = (*requestFlow)(nil)
	_ fill.Cleaner       = (*requestFlow)(nil)

	_ http.Handler = (*Handler)(nil)
)
