package gincache_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// The suite of all adapters passes with gin.
func TestWhatHoldsInEveryFramework(t *testing.T) { adaptertest.Run(t, build) }

// build makes a site with gin. Its router cleans no paths.
func build(s adaptertest.Site) http.Handler {
	r := gin.New()
	r.Use(gincache.Lifecycle(middleware.WithBus(s.Bus), middleware.WithCaches(s.Caches)))
	for _, m := range s.Outside {
		r.Use(gincache.Wrap(m))
	}
	r.Use(gincache.Cached(s.Policy))
	for _, m := range s.Inside {
		r.Use(gincache.Wrap(m))
	}
	r.Any("/*path", func(c *gin.Context) {
		if err := s.Run(c.Writer, c.Request); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err)
		}
	})
	return r
}
