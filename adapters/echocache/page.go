package echocache

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/middleware"
)

// CachePage is [middleware.CachePage]: it caches the responses of the handler
// behind it for ttl. opts are those of package middleware, and [VaryBy],
// [VaryByParam], [VaryByKey] and [When].
func CachePage(ttl time.Duration, opts ...middleware.PageOption) echo.MiddlewareFunc {
	return Cached(middleware.NewPolicy(ttl, opts...))
}

// Site is [middleware.Site]: it caches the responses of all handlers behind it,
// for as long as they say themselves.
func Site(opts ...middleware.PageOption) echo.MiddlewareFunc {
	return Cached(middleware.NewSitePolicy(opts...))
}

// Cached caches by a policy that was made elsewhere, and may be used at several routes
// and for purges. Stored pages and runs under way are shared by all uses; each use has its
// own fast path and negative cache.
func Cached(p *middleware.Policy) echo.MiddlewareFunc {
	pages := engine.New((*policy.Opaque)(p).Policy())
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			v := frameworkRequests.Get().(*frameworkRequest)
			v.c, v.next = c, next
			pages.Serve(c.Response(), c.Request(), v)
			err := v.err
			if err == nil {
				err = overdue(c)
			}
			*v = frameworkRequest{}
			frameworkRequests.Put(v) // the engine keeps none
			return err
		}
	}
}

// overdue returns the error of a request whose time is over and that has no answer: that
// is for whoever has limited the time.
func overdue(c echo.Context) error {
	if err := c.Request().Context().Err(); errors.Is(err, context.DeadlineExceeded) && uncommitted(c) {
		return err
	}
	return nil
}
