package echocache_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// The suite of all adapters passes with echo.
func TestWhatHoldsInEveryFramework(t *testing.T) { adaptertest.Run(t, build) }

// build makes a site with echo.
func build(s adaptertest.Site) http.Handler {
	e := echo.New()
	e.Use(echocache.Lifecycle(middleware.WithBus(s.Bus), middleware.WithCaches(s.Caches)))
	for _, m := range s.Outside {
		e.Use(echocache.Wrap(m))
	}
	e.Use(echocache.Cached(s.Policy))
	for _, m := range s.Inside {
		e.Use(echocache.Wrap(m))
	}
	e.Any("/*", func(c echo.Context) error { return s.Run(c.Response(), c.Request()) })
	return e
}
