package targets

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// wiring is a server with a page at pages.Path, without a cache and as the
// documentation recommends it: Lifecycle around everything, CachePage around the page.
type wiring struct {
	name   string
	plain  func(page http.Handler) http.Handler
	cached func(caches *cache.Handler, page http.Handler) http.Handler
}

var (
	behindMux = wiring{
		name:  "behind a mux",
		plain: muxed,
		cached: func(caches *cache.Handler, page http.Handler) http.Handler {
			return lifecycle(caches)(muxed(middleware.CachePage(pageTTL, middleware.KeyPrefix("mux"))(page)))
		},
	}
	throughGin = wiring{
		name:  "through gin",
		plain: func(page http.Handler) http.Handler { return inGin(gin.WrapH(page)) },
		cached: func(caches *cache.Handler, page http.Handler) http.Handler {
			return inGin(gincache.Lifecycle(lifecycleOptions(caches)...),
				gincache.CachePage(pageTTL, middleware.KeyPrefix("gin")), gin.WrapH(page))
		},
	}
	throughEcho = wiring{
		name:  "through echo",
		plain: func(page http.Handler) http.Handler { return inEcho(page) },
		cached: func(caches *cache.Handler, page http.Handler) http.Handler {
			e := inEcho(page, echocache.CachePage(pageTTL, middleware.KeyPrefix("echo")))
			e.Use(echocache.Lifecycle(lifecycleOptions(caches)...))
			return e
		},
	}
	wirings = []wiring{behindMux, throughGin, throughEcho}
)

// lifecycleOptions gives a Lifecycle caches and a bus of its own.
func lifecycleOptions(caches *cache.Handler) []middleware.LifecycleOption {
	return []middleware.LifecycleOption{middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches)}
}

// lifecycle is the middleware around a whole server.
func lifecycle(caches *cache.Handler) func(http.Handler) http.Handler {
	return middleware.Lifecycle(lifecycleOptions(caches)...)
}

// muxed returns a handler with a mux in front of it, as most sites have between
// Lifecycle and a page.
func muxed(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+pages.Path, h)
	return mux
}

// inGin returns gin with handlers of the page.
func inGin(handlers ...gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET(pages.Path, handlers...)
	return engine
}

// inEcho returns echo with a page and middleware of its route.
func inEcho(page http.Handler, m ...echo.MiddlewareFunc) *echo.Echo {
	e := echo.New()
	e.GET(pages.Path, echo.WrapHandler(page), m...)
	return e
}
