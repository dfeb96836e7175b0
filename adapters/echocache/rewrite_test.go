package echocache_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// prepend rewrites paths, so that a second time makes another path of them.
func prepend(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		u.Path = "/v1" + u.Path
		return next(c)
	}
}

// A refresh reaches its handler wherever the URL of the first request was rewritten.
func TestARefreshIsRewrittenAsTheFirstRequestWas(t *testing.T) {
	for name, test := range map[string]struct {
		route, path string
		pre         echo.MiddlewareFunc
		before      func(http.Handler) http.Handler
	}{
		"by Pre":      {route: "/v1/page", path: "/page", pre: prepend},
		"before echo": {route: "/page", path: "/app/page", before: func(h http.Handler) http.Handler { return http.StripPrefix("/app", h) }},
	} {
		t.Run(name, func(t *testing.T) {
			caches := adaptertest.NewCaches(t)
			policy := middleware.NewPolicy(ttl, middleware.Grace(ttl))
			e := echo.New()
			if test.pre != nil {
				e.Pre(test.pre)
			}
			e.Use(echocache.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(new(signals.Bus))))
			var runs atomic.Int32
			e.GET(test.route, func(c echo.Context) error {
				return c.String(http.StatusOK, fmt.Sprintf("page %d", runs.Add(1)))
			}, echocache.Cached(policy))
			h := http.Handler(e)
			if test.before != nil {
				h = test.before(h)
			}
			v := adaptertest.NewVisitor(t, h)
			v.Get(test.path).WantMiss(t, "page 1")
			for n := 1; n < 3; n++ {
				if err := policy.PurgeSoft(caches.Scope(t.Context()), v.URL(test.path)); err != nil {
					t.Fatal(err)
				}
				v.Get(test.path).WantHit(t, fmt.Sprintf("page %d", n))
				want := fmt.Sprintf("page %d", n+1)
				adaptertest.Await(t, want+" is stored", func() bool { return v.Get(test.path).Body == want })
			}
		})
	}
}

// A refresh that does not reach its handler is not tried at each request.
func TestARefreshThatIsStoppedIsNotTriedAgainAtOnce(t *testing.T) {
	var stopped atomic.Int32
	s := newStaleSite(t, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, err := c.Cookie("member"); err != nil {
				stopped.Add(1)
				return c.String(http.StatusOK, "log in first")
			}
			return next(c)
		}
	}, nil, middleware.IgnoreCookies("member"))
	s.Get("/page", "Cookie: member=1").WantMiss(t, "page 1")
	s.purgeSoftly()
	s.Get("/page", "Cookie: member=1").WantHit(t, "page 1")
	adaptertest.Await(t, "the refresh is stopped", func() bool { return stopped.Load() > 0 })
	for range 50 {
		s.Get("/page", "Cookie: member=1").WantHit(t, "page 1")
	}
	if n := stopped.Load(); n > 2 { // one may have begun before the first was over
		t.Errorf("%d refreshes were stopped, want one", n)
	}
}
