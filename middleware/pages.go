package middleware

import (
	"net/http"
	"time"
)

// CachePage returns middleware that caches the responses of a handler for ttl, for all clients, in
// the cache that [cache.From] finds: the request's, if [Lifecycle] is outside of it, or the default
// handler's.
//
//	mux.Handle("GET /reports", middleware.CachePage(5*time.Minute)(reports))
//
// It answers GET and HEAD; HEAD is answered from the response to GET. It stores responses with status
// 200, and others that say their lifetime. The package comment says what is never stored. no-store,
// private, no-cache and max-age=0 of the handler override ttl. With a ttl of zero nothing is stored.
// A response whose run took over 5 minutes is not stored. A request with more than 256 fields,
// cookies or list elements, or a target over 32 KiB, bypasses the cache. If the arguments are wrong,
// it panics with everything that is wrong: see [CheckCachePage].
//
// Header fields of outer middleware count as the handler's, whether it sets them before the handler
// runs, while it runs, or when the status is written. Set-Cookie, private, no-store, or Vary on a
// cookie that is not declared make the response one for a single client; another Vary selects the
// page. The handler sees the outer header, and fields that it removes are removed on hits, too. What
// outer middleware adds after the handler has returned cannot be seen.
//
// Each URL, with its query, is a page, so clients decide how many there are: use a cache that is
// bounded by bytes, and see [OnlyQuery].
//
// # Concurrent requests
//
// Of concurrent requests to a process for a page that is not stored, one runs the handler: in its own
// goroutine, unless outer middleware has set a deadline, and in a context of the run. The context has
// the values and the deadline of the first request and its own [cache.Scope], and is cancelled when the
// last waiting client has left. While the handler runs, the request that started it stays open, even if
// its client has left. The handler gets the request without ranges and conditions, which are applied to
// each client's response, and without fields such as X-Forwarded-Host, on which the page must not
// depend. A request with a range, If-Match or If-Unmodified-Since starts no such run if nothing is
// stored: it goes to the handler unchanged, and its response is not stored.
//
// A response of up to 2 KiB is held back until it is complete, as net/http does. A longer or flushed
// response is streamed to all waiting clients while it is being stored. If a response turns out to be
// for one client, the others run the handler themselves.
//
// # Failures
//
// If the handler panics, the first request panics with the same value. The others run the handler
// again, except those that have a part of the response already, which are aborted. A handler that
// writes a second status has failed as well: its response is not stored. If the cache fails, pages are
// served without it.
//
// A handler may request its own page under its own context; that bypasses the cache. If the context is
// lost on the way, as in a request over the network, it waits for [MaxWait].
//
// A request that is cancelled before there is a response gets status 503. If its deadline is over,
// the middleware that set the deadline answers, with Cache-Control: no-store; if it does not, and is
// inside of [Lifecycle], Lifecycle answers 503. Every response says in Cache-Status (RFC 9211) what
// was done and why.
func CachePage(ttl time.Duration, opts ...PageOption) func(http.Handler) http.Handler {
	return NewPolicy(ttl, opts...).Handler
}

// Site returns middleware that caches the responses of a whole site. Unlike with [CachePage], the
// responses say how long they are fresh: by s-maxage, max-age or Expires. The others are fresh for
// [DefaultTTL].
//
//	http.ListenAndServe(addr, middleware.Site()(mux))
func Site(opts ...PageOption) func(http.Handler) http.Handler {
	return NewSitePolicy(opts...).Handler
}

// Shared returns middleware that is a shared cache as RFC 9111 describes it, in front of a handler
// that stands for an origin, such as a reverse proxy. The responses alone say what may be stored, for
// how long and for whom; where they do not, the lifetime is a tenth of the time since Last-Modified,
// at most 24 hours (RFC 9111, 4.2.2). It obeys Cache-Control of requests, and CDN-Cache-Control of
// responses (RFC 9213): see [Targets].
//
// Unless it is [Literal], it is more careful than the RFC: a response with Set-Cookie or
// private="field" is not stored.
func Shared(opts ...PageOption) func(http.Handler) http.Handler {
	return NewSharedPolicy(opts...).Handler
}
