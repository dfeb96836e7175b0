// Package echocache is package middleware for echo v4: the same Lifecycle, pages
// and header decorators, as echo.MiddlewareFunc. It has no rules of caching of its
// own. For echo v5 there is package echo5cache.
//
//	e := echo.New()
//	e.Use(echocache.Lifecycle(), echomiddleware.Recover())
//	e.GET("/p/:id", show, echocache.CachePage(5*time.Minute))
//
// [CachePage] and [Site] cache what the handlers behind them answer, for one
// route, for a group or, with Use, for the whole site. What middleware before them
// adds to a response is not stored. Differences from net/http, because echo reuses a
// Context for the next request:
//
//   - While a handler runs for several clients, the request that it belongs to
//     stays open, even if its client has left.
//   - A page is refreshed in the background by a separate request, which enters at
//     the Echo and goes through all middleware, with a Context of its own. It is a
//     GET without credentials that are not in the page's key, and what is written
//     outside of the cache goes nowhere. If middleware stops it, such as one that
//     requires a cookie, the page is refreshed by the next client request after it
//     may no longer be served stale. Middleware that counts requests counts this
//     one, too; Lifecycle does not.
//   - An error that a handler returns becomes a response behind the cache, by the
//     HTTPErrorHandler, so that it counts as what it is: it may be stored if
//     [middleware.StatusTTL] says so, and an old page may stand in for it. What is
//     outside gets no error then. An error that comes after a response has begun
//     with a status below 400 keeps it from being stored.
//   - HEAD is answered from what GET has stored, but echo finds no handler for it
//     where only GET is registered: register both with the same options.
//   - Behind the cache c.Response is another one. The functions that middleware
//     outside has given to Before and After of its own are called when the client
//     gets the response; they must use that one, and not c.Response(), since c may
//     be in use by the handler then.
//
// The Context of a handler is in use by a goroutine of the cache's. Middleware
// outside gets it back when the handler has returned.
package echocache
