// Package middleware has the HTTP side of larder as plain net/http middleware,
// func(http.Handler) http.Handler: [Lifecycle], which marks the life of each
// request and gives it its caches, and [CachePage], which caches the responses
// of a handler. The rules of HTTP caching are in internal/rfc9111; here is the
// flow.
//
// # What is never shared
//
// A response is stored only if nothing says that it is one user's own. Not
// stored are responses with Set-Cookie, with private, no-store or no-cache, or
// with Vary: *, and answers to requests that carry Authorization, a cookie, a
// TLS client certificate or an X-Api-Key field, unless the response says public
// or s-maxage, varies on the field, or the route declares what its cookies do:
// see [IgnoreCookies] and [VaryByCookie]. What the handler makes of anything
// else, no cache can see: the client's address, the time, a global variable. A
// page that depends on one of these must say Cache-Control: private.
package middleware
