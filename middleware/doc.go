// Package middleware has the HTTP side of larder as plain net/http middleware,
// func(http.Handler) http.Handler: [Lifecycle], which marks the life of each
// request and gives it its caches; a response cache; and decorators for the
// header of a response, such as [NeverCache] and [Condition]. The rules of HTTP
// caching are in internal/rfc9111; here is the flow.
//
// # Three faces
//
// There is one engine, and it has three faces. They differ in who says for how
// long a response is fresh:
//
//   - [CachePage] caches one handler for the time that its caller gives.
//   - [Site] goes around a whole mux: responses say it themselves, in
//     Cache-Control or Expires, and those that do not are kept for a time of the
//     site's.
//   - [Shared] is a shared cache before an origin, by RFC 9111, and heeds what
//     clients demand as well.
//
// Each takes the same options. Options that several routes share, or a route and
// the purge of its pages, are a [Policy].
//
//	mux.Handle("GET /reports", middleware.CachePage(5*time.Minute)(reports))
//	http.ListenAndServe(addr, middleware.Lifecycle()(mux))
//
// # What is never shared
//
// A response is stored only if nothing says that it is one user's own. Not
// stored are responses with Set-Cookie, with private, no-store or no-cache, or
// with Vary: *, and answers to requests that carry Authorization, a cookie, a
// TLS client certificate or another field that names the user or authenticates the
// client, such as X-Forwarded-User or X-Api-Key, unless the response says public or
// s-maxage, varies on the field, or the route declares what it does: see
// [IgnoreCookies], [VaryByCookie], [VaryByHeader], [VaryBy] and [IgnoreHeaders]. [Shared]
// goes by RFC 9111, section 3.5: Authorization alone counts, and must-revalidate
// allows to share its answer, too. What the handler makes of anything else, no
// cache can see: the client's address, the time, a global variable. A page that
// depends on one of these must say Cache-Control: private.
//
// The key of a page is made of the request before any handler has seen it:
// scheme, host, path and query as they were received, and what options add. What a
// client could rewrite the page by without changing the key is removed from the request
// that the handler gets: conditions and ranges, X-Forwarded-* and their like of peers that
// are not trusted, what options ignore. All other fields reach the handler as the first
// client sent them. If a page depends on one, it has to be declared by [VaryByHeader], or
// named in Vary.
//
// # Fresh, stale, and validated
//
// A fresh page is sent as it is, and HEAD, conditions and ranges are answered
// from it. A stale one is validated, if the handler has given it an ETag or
// Last-Modified: the handler is asked with If-None-Match, and may answer 304.
// Where stale-while-revalidate (RFC 5861) or [Grace] allow it, the stale page is
// sent at once and refreshed in the background; and where stale-if-error or Grace
// do, it is sent instead of a failure.
//
// # One run for all who wait
//
// Of concurrent requests to this process for a page that is not there, one has the
// handler run, and all get the response as it is written. It does not end with the
// client that was first, but with the last who waits. If the response turns out not
// to be for all, the others run the handler themselves.
//
// # Purging
//
// A [Policy] purges its pages: [Policy.Purge] invalidates a page, in all its variants,
// [Policy.PurgePrefix] all under a path, and [Policy.PurgeSoft] marks a page stale, so that
// it may be served while it is refreshed. A run that began before a purge, in any process
// with the same store, stores nothing. [Policy.PurgeHandler] does the same over HTTP, for
// those with credentials. A
// successful POST, PUT, DELETE or the like that went through the cache purges its
// own URL, and what its Location and Content-Location name on the same origin.
//
// Browsers are told to ask every time, where a handler says nothing, so that a
// purge reaches them; see [BrowserTTL].
//
// # What it says of itself
//
// Every response that went through says in Cache-Status (RFC 9211) what was done:
// "larder; hit; ttl=299", or "larder; fwd=uri-miss; fwd-status=200; stored", or
// with detail= why it was not stored. [Reasons] has what each detail means and
// what to do about it, and docs/why-not-cached.md is the same list. With
// [Explain], the cache accounts for one decision step by step.
//
// A cache that fails never breaks a page: the handler runs, and the failure is
// logged now and then.
package middleware
