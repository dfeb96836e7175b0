package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// CachePage returns middleware that caches the responses of a handler for ttl,
// for all clients, in the cache that [cache.From] finds: the request's, if
// [Lifecycle] is outside of it, or the default handler's.
//
//	mux.Handle("GET /reports", middleware.CachePage(5*time.Minute)(reports))
//
// It answers GET and HEAD and stores responses with status 200; HEAD is
// answered from what a GET would give. The package comment says what is never
// stored. A handler that says no-store, private, no-cache or max-age=0 wins
// over ttl. With a ttl of zero or less nothing is stored.
//
// What middleware further out has set in the header by then counts as the
// handler's: with a Set-Cookie, private or no-store there, the request goes past
// the cache, and a Vary there is a part of the key.
//
// Each URL is a page, query included, so clients decide how many there are: keep
// pages in a cache that is bounded by bytes, and see [OnlyQuery].
//
// Of concurrent requests for a page that is not in the cache, one runs the
// handler, in a goroutine and with a context of its own: the context has the
// values of the first request's and a [cache.Scope] of its own, and ends when
// the last client who waits has left. The handler gets the request without
// what the page must not depend on: ranges and conditions, which are applied to
// each client's answer, and fields such as X-Forwarded-Host. The response is
// held back until it is complete, unless it is over [MaxBody] or the handler
// flushes or sets trailers: then it is streamed to the first client, is not
// stored, and the others run the handler themselves, as they do whenever a
// response turns out not to be for all. If the handler panics, so does the
// first request, with the same value; the others have it run once more.
//
// A handler may ask for its own page under its own context, and gets it without
// the cache. It must not wait for it in a way that loses the context, as a
// request over the network does: that waits for the handler.
//
// Every response says in Cache-Status (RFC 9211) what was done and why. If the
// cache fails, pages are served without it. A request whose context ends before
// there is an answer gets status 503, since its client may still be there.
func CachePage(ttl time.Duration, opts ...PageOption) func(http.Handler) http.Handler {
	p := newPolicy(ttl, opts)
	return func(next http.Handler) http.Handler {
		return &pageHandler{
			policy:         p,
			next:           next,
			browserControl: browserControl(p.browserTTL),
			uncacheable:    new(memory),
		}
	}
}

// browserControl is what browsers are told where the handler says nothing.
func browserControl(ttl time.Duration) string {
	if ttl <= 0 {
		return "max-age=0, must-revalidate"
	}
	return "max-age=" + strconv.FormatInt(int64(ttl/time.Second), 10)
}

// pages is the view under which pages are stored, over whichever cache. A
// cache that fails counts as one that has nothing.
var pages = cache.For[*page](nil, cache.Native, cache.Using(pageCodec{}), cache.FailOpen)

// pageHandler is a handler with its pages cached. Its methods are the steps that
// an exchange goes through.
type pageHandler struct {
	*policy
	next           http.Handler
	browserControl string
	uncacheable    *memory
	nextLog        atomic.Int64
}

// ServeHTTP implements [http.Handler].
func (h *pageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{h: h, w: w, r: r}
	if x.judgement = h.judge(w.Header(), r); x.bypass != reasonNone {
		x.pass(forwardOf(x.bypass), x.bypass)
		return
	}
	x.start(h.appendKey(x.buffer[:0], r, &x.judgement))
	x.find()
}

// logStoreError says at times that the cache does not work, and never at every
// request.
func (h *pageHandler) logStoreError(ctx context.Context, err error) {
	const interval = 10 * time.Second
	now := time.Now().UnixNano()
	next := h.nextLog.Load()
	if now >= next && h.nextLog.CompareAndSwap(next, now+int64(interval)) {
		slog.WarnContext(ctx, "larder: the page cache fails; pages are served without it", "alias", h.alias, "error", err)
	}
}
