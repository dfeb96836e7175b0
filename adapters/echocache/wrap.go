package echocache

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Wrap makes middleware of net/http, such as the header decorators of package
// middleware, middleware of echo:
//
//	e.Use(echocache.Wrap(middleware.NeverCache))
//	e.GET("/p/:id", show, echocache.Wrap(middleware.CacheControl(middleware.MaxAge(time.Hour))))
//
// It differs from echo.WrapMiddleware: m is called once, so what it returns serves
// all requests; c has its own response back when m has returned; and an error that
// the handler returns becomes a response before m sees the end of it, so that an
// error does not get the header of a page. m must not call its handler after it
// has returned, in another goroutine, or more than once for a request: for
// [middleware.CachePage] and its like there is [CachePage].
//
// Functions that m calls with the request can have the Context from [Context]:
//
//	echocache.Wrap(middleware.ETag(func(r *http.Request) (string, error) {
//		return versionOf(echocache.Context(r).Param("id"))
//	}))
func Wrap(m func(http.Handler) http.Handler) echo.MiddlewareFunc {
	handler := m(http.HandlerFunc(nextOfWrapped))
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, attachment := policy.Attach(c.Request(), &wrapped{c: c, next: next})
			defer attachment.Detach()
			handler.ServeHTTP(c.Response(), r)
			return nil
		}
	}
}

// wrapped is a request on its way through middleware of net/http.
type wrapped struct {
	c    echo.Context
	next echo.HandlerFunc
}

// nextOfWrapped is the handler that wrapped middleware gets.
func nextOfWrapped(w http.ResponseWriter, r *http.Request) {
	x, ok := policy.Attached(r).(*wrapped)
	if !ok {
		panic("echocache: Wrap: the middleware has called its handler for a request that is not its own, or is over")
	}
	_ = run(x.c, x.next, w, r) // it has become a response
}
