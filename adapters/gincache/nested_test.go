package gincache_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// What an inner page keeps apart by a value is not stored outside, whatever is outside: gin's Use,
// a group, or middleware of net/http around the engine.
func TestAnInnerPageIsKeptApartForEachUser(t *testing.T) {
	byName := gincache.VaryBy(func(c *gin.Context) string { return c.GetHeader("X-Name") })
	for name, outer := range map[string]func(*gin.Engine) http.Handler{
		"Use, Site":       func(r *gin.Engine) http.Handler { r.Use(gincache.Site()); return r },
		"Use, CachePage":  func(r *gin.Engine) http.Handler { r.Use(gincache.CachePage(ttl)); return r },
		"net/http, Site":  func(r *gin.Engine) http.Handler { return middleware.Site()(r) },
		"both, and gin's": func(r *gin.Engine) http.Handler { r.Use(gincache.Site()); return middleware.Site()(r) },
	} {
		runs := 0
		r := gin.New()
		h := outer(r)
		r.GET("/home", gincache.CachePage(ttl, middleware.IgnoreCookies("*"), byName), func(c *gin.Context) {
			runs++
			c.String(http.StatusOK, "for "+c.GetHeader("X-Name"))
		})
		v := adaptertest.NewVisitor(t, middleware.Lifecycle(adaptertest.Lifecycle(t, nil)...)(h))
		for range 4 {
			for _, user := range []string{"ada", "bob"} {
				if a := v.Get("/home", "X-Name: "+user); a.Body != "for "+user {
					t.Errorf("%s: %s gets %q (%s)", name, user, a.Body, a.CacheStatus())
				}
			}
		}
		if runs > 4 {
			t.Errorf("%s: the handler has run %d times", name, runs)
		}
	}
}
