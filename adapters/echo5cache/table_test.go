package echo5cache_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/larder-go/larder/adapters/echo5cache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

func TestWhatHoldsInEveryFramework(t *testing.T) { adaptertest.Run(t, build) }

// build makes a site with echo.
func build(s adaptertest.Site) http.Handler {
	e := echo.New()
	e.Use(echo5cache.Lifecycle(middleware.WithBus(s.Bus), middleware.WithCaches(s.Caches)))
	for _, m := range s.Outside {
		e.Use(echo5cache.Wrap(m))
	}
	e.Use(echo5cache.Cached(s.Policy))
	for _, m := range s.Inside {
		e.Use(echo5cache.Wrap(m))
	}
	e.Any("/*", func(c *echo.Context) error { return s.Run(c.Response(), c.Request()) })
	return e
}
