package echocache_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// A refresh holds nobody's Context. Contexts are used for one request after the other and written
// to by each: if one were held by a refresh, the race detector would see it.
func TestRefreshesUnderLoadHoldNobodysContext(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	scope := caches.Scope(t.Context())
	policy := middleware.NewPolicy(ttl, middleware.Grace(ttl), middleware.VaryBy(func(*http.Request) string { return "" }))
	var runs, marks atomic.Int64
	e := echo.New()
	e.Use(echocache.Lifecycle(middleware.WithCaches(caches)), around(func(c echo.Context) {
		c.Set("mark", marks.Add(1))
	}, func(c echo.Context) { c.Set("mark", int64(0)) }))
	e.GET("/other", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/page/:n", func(c echo.Context) error {
		mark := c.Get("mark")
		runs.Add(1)
		for range 100 {
			if c.Get("mark") != mark || c.Param("n") != "1" {
				t.Errorf("the Context is another's: mark %v, was %v, parameter %q", c.Get("mark"), mark, c.Param("n"))
				break
			}
		}
		return c.String(http.StatusOK, "page")
	}, echocache.Cached(policy))
	v := adaptertest.NewVisitor(t, e)
	v.Get("/page/1").WantMiss(t, "page")
	const visitors, visits, wanted = 4, 5, 20
	for round := 0; runs.Load() <= wanted; round++ { // all but the first are in the background
		if round == 500 {
			t.Fatalf("the page was made %d times in %d rounds", runs.Load(), round)
		}
		if err := policy.PurgeSoft(scope, v.URL("/page/1")); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range visitors {
			all.Go(func() {
				for j := range visits {
					for _, path := range []string{"/page/1", fmt.Sprint("/other?", j)} {
						if a, err := v.Try(t.Context(), http.MethodGet, path); err != nil || a.Status >= http.StatusMultipleChoices {
							t.Errorf("%s: %d, %v", path, a.Status, err)
						}
					}
				}
			})
		}
		all.Wait()
	}
}
