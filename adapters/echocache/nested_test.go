package echocache_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// What an inner page keeps apart by a value is not stored outside, whatever is outside: echo's Use,
// or middleware of net/http around the whole.
func TestAnInnerPageIsKeptApartForEachUser(t *testing.T) {
	byName := echocache.VaryBy(func(c echo.Context) string { return c.Request().Header.Get("X-Name") })
	for name, outer := range map[string]func(*echo.Echo) http.Handler{
		"Use, Site":        func(e *echo.Echo) http.Handler { e.Use(echocache.Site()); return e },
		"Use, CachePage":   func(e *echo.Echo) http.Handler { e.Use(echocache.CachePage(ttl)); return e },
		"net/http, Site":   func(e *echo.Echo) http.Handler { return middleware.Site()(e) },
		"both, and echo's": func(e *echo.Echo) http.Handler { e.Use(echocache.Site()); return middleware.Site()(e) },
	} {
		runs := 0
		e := echo.New()
		h := outer(e)
		e.GET("/home", func(c echo.Context) error {
			runs++
			return c.String(http.StatusOK, "for "+c.Request().Header.Get("X-Name"))
		}, echocache.CachePage(ttl, middleware.IgnoreCookies("*"), byName))
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
