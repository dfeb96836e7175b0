// Package middleware has the HTTP side of larder as plain net/http middleware,
// func(http.Handler) http.Handler: [Lifecycle], which gives each request its caches and marks
// its start and end; a response cache; and decorators for the header of a response, such as
// [NeverCache] and [Condition].
//
// # Three modes
//
// There is one cache of pages with three modes. They differ in what decides for how long a
// response is fresh:
//
//   - [CachePage] caches one handler for a time that the caller gives.
//   - [Site] wraps a whole mux. Responses say their lifetime in Cache-Control or Expires;
//     the others have the site's default lifetime.
//   - [Shared] is a shared cache in front of an origin, by RFC 9111. It obeys the directives
//     of requests as well.
//
// All take the same options. Define a [Policy] to share options between routes, and to purge
// their pages.
//
//	mux.Handle("GET /reports", middleware.CachePage(5*time.Minute)(reports))
//	http.ListenAndServe(addr, middleware.Lifecycle()(mux))
//
// # What is never shared
//
// A response is stored only if nothing says that it is for one user. These are not stored:
//
//   - responses with Set-Cookie, with private, no-store or no-cache, or with Vary: *
//   - responses to requests with Authorization, a cookie, a TLS client certificate or another
//     field that names the user or authenticates the client, such as X-Forwarded-User or
//     X-Api-Key, unless the response says public or s-maxage or varies on the field, or an
//     option declares what the route does with it: see [IgnoreCookies], [VaryByCookie],
//     [VaryByHeader], [VaryBy] and [IgnoreHeaders]
//
// Shared goes by RFC 9111, section 3.5: only Authorization counts, and must-revalidate allows
// sharing, too. No cache can see what else a handler depends on: the client's address, the
// time, a global variable. A page that depends on one of these must say Cache-Control: private.
//
// The key of a page is made from the request before any handler has seen it: scheme, host,
// path and query as received, the URL as outer middleware has rewritten it, and what options
// add. Fields that could change the page without changing its key are removed from the request
// that the handler gets: conditions and ranges, X-Forwarded-* and similar fields of peers that
// are not trusted, and what options ignore. All other fields reach the handler as the first
// client sent them. If a page depends on one, declare it with VaryByHeader, or name it in
// Vary.
//
// # Fresh, stale, and validated
//
// A fresh page is sent as it is. HEAD, conditions and ranges are answered from it. A stale
// page is validated if the handler has given it an ETag or Last-Modified: the handler is asked
// with If-None-Match, and may answer 304. With stale-while-revalidate (RFC 5861) or [Grace]
// the stale page is sent at once and refreshed in the background. With stale-if-error or Grace
// it is sent instead of a failure.
//
// # One run for concurrent requests
//
// Of concurrent requests to this process for a page that is not stored, one runs the handler,
// and all get its response while it is written. The run goes on when the first client leaves,
// and is cancelled when the last one has. If the response turns out to be for one client, the
// others run the handler themselves.
//
// # Purging
//
// A Policy purges its pages: [Policy.Purge] invalidates a page in all its variants,
// [Policy.PurgePrefix] invalidates every page under a path, and [Policy.PurgeSoft] marks a page
// stale, so that it may be served while it is refreshed. A run that began before a purge, in any
// process with the same store, stores nothing. [Policy.PurgeHandler] does the same over HTTP
// for authorized clients. A successful POST, PUT, DELETE or other unsafe request through the
// cache purges its own URL, and the URLs of the same origin in its Location and
// Content-Location.
//
// Where a handler does not say otherwise, browsers are asked to revalidate each time, so that
// a purge reaches them: see [BrowserTTL].
//
// # Cache-Status
//
// Each response says in Cache-Status (RFC 9211) what the cache did: "larder; hit; ttl=299", or
// "larder; fwd=uri-miss; fwd-status=200; stored", or why it was not stored, in detail=.
// [Reasons] explains each detail and what to do about it, and so does docs/why-not-cached.md.
// [Explain] shows each step of one decision.
//
// A cache that fails does not break a page: the handler runs, and the failure is logged at
// intervals.
package middleware
