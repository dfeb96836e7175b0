package middleware

import (
	"net/http"
	"sync"
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
// It answers GET and HEAD and stores responses with status 200, and others that
// say themselves how long they are fresh; HEAD is answered from what a GET would
// give. The package comment says what is never stored. A handler that says
// no-store, private, no-cache or max-age=0 wins over ttl. With a ttl of zero
// nothing is stored. What is wrong with the arguments makes it panic, once: see
// [CheckCachePage].
//
// What outer middleware sets in the header counts as the handler's, whether it does so
// before the handler runs, while it runs, or as the status is written: Set-Cookie,
// private, no-store, or Vary on a cookie that is not declared make the response one
// client's, and another Vary selects the page. The handler sees the outer header, and
// the fields that it removes are removed on hits, too. What outer middleware adds after
// the handler has returned cannot be seen.
//
// Each URL is a page, query included, so clients decide how many there are: keep
// pages in a cache that is bounded by bytes, and see [OnlyQuery].
//
// Of concurrent requests to a process for a page that is not in the cache, one runs the
// handler, in a goroutine and with a context of its own: the context has the
// values of the first request's, its deadline and a [cache.Scope] of its own, and ends
// when the last client who waits has left. While the handler runs, the request that
// started it stays open, even if its client has left. The handler gets the request without
// what the page must not depend on: ranges and conditions, which are applied to
// each client's answer, and fields such as X-Forwarded-Host. A request with a range,
// If-Match or If-Unmodified-Since for a page of which nothing is stored starts no such
// run: it goes to the handler as it came, and what it gets is not stored.
//
// A response of up to 2 KiB is held back until it is complete, as net/http does;
// what is longer, or flushed, goes to everyone who waits as the handler writes
// it, while the entry fills. If a response turns out not to be for all, the
// others run the handler themselves. If the handler panics, so does the first
// request, with the same value; the others have it run once more, unless they
// have a part of the response already: then theirs is aborted. So it is if the handler
// writes another status after its response has begun, which says that it has failed:
// such a response is not stored.
//
// A handler may ask for its own page under its own context, and gets it without
// the cache. If it waits for it in a way that loses the context, as a request
// over the network does, it waits for [Patience].
//
// Every response says in Cache-Status (RFC 9211) what was done and why. If the
// cache fails, pages are served without it. A request that is cancelled before there is
// an answer gets status 503. One whose deadline is over is left to whoever set the
// deadline, with Cache-Control: no-store; if nobody inside of [Lifecycle] answers it,
// Lifecycle does, with 503.
func CachePage(ttl time.Duration, opts ...PageOption) func(http.Handler) http.Handler {
	return NewPolicy(ttl, opts...).Handler
}

// Site returns middleware that caches the responses of a whole site. It differs
// from [CachePage] in that responses say how long they are fresh: by s-maxage,
// max-age or Expires, and those that do not for the time of [DefaultTTL].
//
//	http.ListenAndServe(addr, middleware.Site()(mux))
func Site(opts ...PageOption) func(http.Handler) http.Handler {
	return NewSitePolicy(opts...).Handler
}

// Shared returns middleware that is a shared cache as RFC 9111 describes it, for
// a handler that stands for an origin: a reverse proxy. Only the responses say
// what may be stored, for how long and for whom; where they do not, a lifetime is
// guessed as the RFC suggests. It heeds what requests say in Cache-Control, and
// the field CDN-Cache-Control (RFC 9213), see [Targets].
//
// Unless it is [Literal], it is more careful than the RFC: a response with
// Set-Cookie or private="field" is not stored.
func Shared(opts ...PageOption) func(http.Handler) http.Handler {
	return NewSharedPolicy(opts...).Handler
}

// wrap returns a handler with its responses cached.
func (p *policy) wrap(next http.Handler) http.Handler {
	p.checkFit()
	declared := p.declaredVary()
	return &pageHandler{
		policy:         p,
		next:           next,
		browserControl: p.browserControl(p.browserTTL),
		declaredVary:   declared,
		declaredLine:   varyLine(declared),
		uncacheable:    new(memory),
		selectors:      new(selectorMemory),
		refused:        new(memory),
		rejected:       new(memory),
		hot:            new(hotWays),
		purges:         new(purgeLists),
		indexes:        new(indexMemory),
		refreshes:      new(refreshes),
	}
}

// declaredVary are the request fields on which pages depend by option. The host is a
// part of every cache's key.
func (p *policy) declaredVary() []string {
	names := selectingNames(p.varyHeaders)
	if len(p.cookies.inKey) > 0 {
		names = append(names, "Cookie")
	}
	return names
}

// pages is the view under which pages are stored, over whichever cache. A
// cache that fails counts as one that has nothing.
var pages = cache.For[*page](nil, cache.Native, cache.Using(pageCodec{}), cache.FailOpen, cache.Quiet)

// encodedPages is the view of the same as they are stored.
var encodedPages = cache.For[encodedPage](nil, cache.Using(pageCodec{}), cache.FailOpen, cache.Quiet)

// pageHandler is a handler with its pages cached. Its methods are the steps that
// an exchange goes through.
type pageHandler struct {
	*policy
	next           http.Handler
	browserControl string
	declaredVary   []string
	declaredLine   string // the same as a line of Vary
	hot            *hotWays
	uncacheable    *memory
	selectors      *selectorMemory // of what is uncacheable
	refused        *memory         // pages whose refreshes did not come to the handler
	rejected       *memory         // pages that the store did not take
	purges         *purgeLists
	indexes        *indexMemory
	refreshes      *refreshes
	nextLog        atomic.Int64

	hasWarnedOfLoop atomic.Bool
}

// ServeHTTP implements [http.Handler].
func (h *pageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.serveHot(w, r) {
		return
	}
	x := exchanges.Get().(*exchange)
	x.h, x.w, x.r, x.next, x.anew, x.bound = h, w, r, h.next, h.next, &x.stay
	x.serve()
	if x.isForgotten {
		*x = exchange{}
		exchanges.Put(x)
	}
}

// exchanges are of requests that were hits, or went past the cache: no handler has
// seen anything of them, and no run has had them.
var exchanges = sync.Pool{New: func() any { return new(exchange) }}
