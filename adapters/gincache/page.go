package gincache

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/middleware"
)

// CachePage is [middleware.CachePage]: it caches the responses of the handlers
// behind it for ttl. opts are those of package middleware, and [VaryBy],
// [VaryByParam], [VaryByKey] and [When].
func CachePage(ttl time.Duration, opts ...middleware.PageOption) gin.HandlerFunc {
	return Cached(middleware.NewPolicy(ttl, opts...))
}

// Site is [middleware.Site]: it caches the responses of all handlers behind it,
// for as long as they say themselves.
func Site(opts ...middleware.PageOption) gin.HandlerFunc {
	return Cached(middleware.NewSitePolicy(opts...))
}

// Cached caches by a policy that was made elsewhere, and may be used at several routes
// and for purges. Stored pages and runs under way are shared by all uses; each use has its
// own fast path and negative cache.
func Cached(p *middleware.Policy) gin.HandlerFunc {
	pages := engine.New((*policy.Opaque)(p).Policy())
	return func(c *gin.Context) {
		noteStatus(c)
		served := pages.Serve(c.Writer, c.Request, (*frameworkRequest)(c))
		if served.TimedOut && !c.Writer.Written() {
			c.Writer.WriteHeader(http.StatusServiceUnavailable) // unless somebody outside says something else
		}
		if !served.Ran {
			c.Abort()
			return
		}
		if u, ok := c.Get(unansweredKey); ok {
			u.(*unanswered).settle(c, served.ServedStale)
		}
	}
}
