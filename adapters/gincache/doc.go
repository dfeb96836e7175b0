// Package gincache is package middleware for gin: the same Lifecycle, pages and
// header decorators, as gin.HandlerFunc. It has no rules of caching of its own.
//
//	r := gin.New()
//	r.Use(gincache.Lifecycle(), gin.Recovery())
//	r.GET("/p/:id", gincache.CachePage(5*time.Minute), show)
//
// [CachePage] and [Site] cache what the handlers behind them answer, for one
// route, for a group or, with Use, for the whole site. What middleware before them
// adds to a response is not stored. Differences from net/http, because gin reuses a
// Context for the next request:
//
//   - While a handler runs for several clients, the request that it belongs to
//     stays open, even if its client has left.
//   - A page is refreshed in the background by a separate request, which enters at
//     the engine and goes through all middleware, with a Context of its own. It is a
//     GET without credentials that are not in the page's key, and what is written
//     outside of the cache goes nowhere. If middleware stops it, such as one that
//     requires a cookie, the page is refreshed by the next client request after it
//     may no longer be served stale. Middleware that counts requests counts this
//     one, too; Lifecycle does not.
//   - HEAD is answered from what GET has stored, but gin finds no handler for it
//     where only GET is registered: register both with the same options.
//   - If a page is in the cache, the handlers behind it are aborted, and
//     IsAborted is true for those before it.
//   - Handlers that attach errors to the Context and write nothing leave the answer
//     to middleware outside, as ever; it is not stored. Nor is a response with a
//     status below 400 to which errors were attached.
//   - IgnoreQuery and OnlyQuery take parameters out of the request. If middleware
//     before the cache calls c.Query, c has kept them all.
//
// The Context of a handler is in use by a goroutine of the cache's. Middleware
// outside gets it back when the handler has returned.
package gincache
