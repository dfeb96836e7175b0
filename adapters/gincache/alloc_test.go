package gincache_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/internal/race"
	"github.com/larder-go/larder/middleware"
)

// A hit allocates no more than the given number of times.
func TestWhatAHitAllocates(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	page := func(c *gin.Context) { c.String(http.StatusOK, "page") }
	constant := func(*gin.Context) string { return "" }
	r := gin.New()
	r.GET("/page", gincache.CachePage(ttl), page)
	r.GET("/site", gincache.Site(), page)
	r.GET("/cached", gincache.Cached(middleware.NewPolicy(ttl)), page)
	r.GET("/vary", gincache.CachePage(ttl, gincache.VaryBy(constant)), page)
	r.GET("/p/:id", gincache.CachePage(ttl, gincache.VaryByParam("id")), page)
	r.GET("/wrapped", gincache.Wrap(func(h http.Handler) http.Handler { return h }), gincache.CachePage(ttl), page)
	for path, want := range map[string]float64{
		"/page": 2, "/site": 2, "/cached": 2,
		"/vary":    5, // what functions of the Context need to find it
		"/p/7":     6, // and what they return
		"/wrapped": 7, // the same for middleware of net/http, and the writer of what is behind it
	} {
		if n := adaptertest.Allocations(t, r, caches, path); n > want && !race.Enabled {
			t.Errorf("a hit of %s allocates %v times, want %v at most", path, n, want)
		}
	}
}

// A hit allocates less than its body is long. A published cache decompresses 8 MB to answer with 1
// KiB.
func TestAHitAllocatesLessThanItsBodyIsLong(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	body := strings.Repeat("page", 1<<18)
	r := gin.New()
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) { c.String(http.StatusOK, body) })
	if n := adaptertest.AllocatedBytes(t, r, caches, "/"); n > 16<<10 {
		t.Errorf("a hit of %d bytes allocates %d", len(body), n)
	}
}
