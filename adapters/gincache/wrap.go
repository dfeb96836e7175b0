package gincache

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Wrap makes middleware of net/http, such as the header decorators of package
// middleware, middleware of gin:
//
//	r.Use(gincache.Wrap(middleware.NeverCache))
//	r.GET("/p/:id", gincache.Wrap(middleware.CacheControl(middleware.MaxAge(time.Hour))), show)
//
// m is called once, so what it returns serves all requests. If it does not call
// its handler, the rest of the chain is aborted. It must not call the handler
// after it has returned, in another goroutine, or more than once for a request:
// for [middleware.CachePage] and its like there is [CachePage].
//
// Functions that m calls with the request can have the Context from [Context]:
//
//	gincache.Wrap(middleware.ETag(func(r *http.Request) (string, error) {
//		return versionOf(gincache.Context(r).Param("id"))
//	}))
func Wrap(m func(http.Handler) http.Handler) gin.HandlerFunc {
	handler := m(http.HandlerFunc(nextOfWrapped))
	return func(c *gin.Context) {
		noteStatus(c)
		x := &wrapped{c: c}
		r, attachment := policy.Attach(c.Request, x)
		defer attachment.Detach()
		handler.ServeHTTP(c.Writer, r)
		switch {
		case x.inner == nil:
			c.Abort()
		case !x.inner.sent:
			x.inner.handOver(c.Writer)
		}
	}
}

// wrapped is a request on its way through middleware of net/http.
type wrapped struct {
	c     *gin.Context
	inner *writer // of the handlers behind it, when they have been called
}

// nextOfWrapped is the handler that wrapped middleware gets.
func nextOfWrapped(w http.ResponseWriter, r *http.Request) {
	x, ok := policy.Attached(r).(*wrapped)
	if !ok {
		panic("gincache: Wrap: the middleware has called its handler for a request that is not its own, or is over")
	}
	x.inner, _ = next(x.c, w, r) // what has failed is in c.Errors
}
