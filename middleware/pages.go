package middleware

import (
	"net/http"
	"time"
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
// when the last client that waits has left. While the handler runs, the request that
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
// request, with the same value; the others have it run again, unless they
// have a part of the response already: then theirs is aborted. So it is if the handler
// writes another status after its response has begun, which says that it has failed:
// such a response is not stored.
//
// A handler may ask for its own page under its own context, and gets it without
// the cache. If it waits for it in a way that loses the context, as a request
// over the network does, it waits for [MaxWait].
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
