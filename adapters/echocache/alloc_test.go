package echocache_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/internal/race"
	"github.com/larder-go/larder/middleware"
)

// A hit allocates no more than the given number of times.
func TestWhatAHitAllocates(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	page := func(c echo.Context) error { return c.String(http.StatusOK, "page") }
	constant := func(echo.Context) string { return "" }
	e := echo.New()
	e.GET("/page", page, echocache.CachePage(ttl))
	e.GET("/site", page, echocache.Site())
	e.GET("/cached", page, echocache.Cached(middleware.NewPolicy(ttl)))
	e.GET("/vary", page, echocache.CachePage(ttl, echocache.VaryBy(constant)))
	e.GET("/p/:id", page, echocache.CachePage(ttl, echocache.VaryByParam("id")))
	e.GET("/wrapped", page, echocache.Wrap(func(h http.Handler) http.Handler { return h }), echocache.CachePage(ttl))
	for path, want := range map[string]float64{
		"/page": 2, "/site": 2, "/cached": 2,
		"/vary":    5, // what functions of the Context need to find it
		"/p/7":     6, // and what they return
		"/wrapped": 8, // the same for middleware of net/http, and the response of what is behind it
	} {
		if n := adaptertest.Allocations(t, e, caches, path); n > want+allocationsOfEcho && !race.Enabled {
			t.Errorf("a hit of %s allocates %v times, want %v at most", path, n, want+allocationsOfEcho)
		}
	}
}

// A hit allocates less than its body is long. A published cache decompresses 8 MB to answer with 1
// KiB.
func TestAHitAllocatesLessThanItsBodyIsLong(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	body := strings.Repeat("page", 1<<18)
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, body) }, echocache.CachePage(ttl))
	if n := adaptertest.AllocatedBytes(t, e, caches, "/"); n > 16<<10 {
		t.Errorf("a hit of %d bytes allocates %d", len(body), n)
	}
}
