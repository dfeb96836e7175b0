package gincache

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/lifecycle"
	"github.com/larder-go/larder/middleware"
)

// Lifecycle is [middleware.Lifecycle]: it gives each request its caches and sends
// the signals of its life. It belongs before all else:
//
//	r := gin.New()
//	r.Use(gincache.Lifecycle(), gin.Logger(), gin.Recovery())
//
// GotRequestException is sent once for a handler that panics, and once for a
// response with a status of 500 or above, whoever has made it of what: the error
// is then the last of c.Errors, if there is one.
func Lifecycle(opts ...middleware.LifecycleOption) gin.HandlerFunc {
	life := lifecycle.New(opts...)
	return func(c *gin.Context) {
		request := c.Request
		defer func() { c.Request = request }()
		life.Serve(request, func(r *http.Request) error {
			c.Request = r
			c.Next()
			return failure(c)
		})
	}
}

// failure is what a request has failed by, or nil.
func failure(c *gin.Context) error {
	if c.Writer.Status() < http.StatusInternalServerError {
		return nil
	}
	if last := c.Errors.Last(); last != nil {
		return last
	}
	return fmt.Errorf("gincache: %s has been answered with status %d", c.FullPath(), c.Writer.Status())
}

// From is [cache.From]: the cache of this alias for the request of c.
func From(c *gin.Context, alias string) *cache.BaseCache {
	return cache.From(c.Request.Context(), alias)
}
