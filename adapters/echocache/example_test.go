package echocache_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// exampleEcho returns an echo with its caches, as a program has it: with
// cache.SetDefault, Lifecycle needs no option.
func exampleEcho(settings cache.Settings) (e *echo.Echo, shutdown func()) {
	caches, err := cache.NewHandler(settings)
	if err != nil {
		panic(err)
	}
	e = echo.New()
	e.Use(echocache.Lifecycle(middleware.WithCaches(caches)), echomiddleware.Recover())
	return e, func() { _ = caches.Shutdown(context.Background()) }
}

// visit prints what a client gets.
func visit(h http.Handler, method, target string, fields ...string) {
	r := httptest.NewRequest(method, target, nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	status, _, _ := strings.Cut(w.Header().Get("Cache-Status"), "; ttl")
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%d %q %s", w.Code, w.Body, status)))
}

var inMemory = cache.Settings{"default": {Backend: "memory"}}

func ExampleCachePage() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	e.GET("/p/:id", func(c echo.Context) error {
		return c.String(http.StatusOK, "product "+c.Param("id"))
	}, echocache.CachePage(5*time.Minute))

	visit(e, "GET", "/p/7")
	visit(e, "GET", "/p/7")
	// Output:
	// 200 "product 7" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "product 7" larder; hit
}

func ExampleSite() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	shop := e.Group("/shop", echocache.Site(middleware.DefaultTTL(time.Hour)))
	shop.GET("/hats", func(c echo.Context) error { return c.String(http.StatusOK, "hats") })
	shop.GET("/basket", func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "private")
		return c.String(http.StatusOK, "basket")
	})

	for range 2 {
		visit(e, "GET", "/shop/hats")
	}
	visit(e, "GET", "/shop/basket")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "hats" larder; hit
	// 200 "basket" larder; fwd=uri-miss; fwd-status=200; detail=private
}

// A policy is made once. Its purge handler is mounted as any http.Handler.
func ExampleCached() {
	policy := middleware.NewPolicy(time.Hour, middleware.IgnoreQuery("utm_*"))
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	e.GET("/hats", func(c echo.Context) error { return c.String(http.StatusOK, "hats") }, echocache.Cached(policy))
	e.POST("/-/purge", echo.WrapHandler(policy.PurgeHandler(middleware.BearerToken("secret"))))

	visit(e, "GET", "/hats?utm_source=letter")
	visit(e, "GET", "/hats")
	visit(e, "POST", "/-/purge")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "hats" larder; hit
	// 401 "{\"error\":\"credentials are missing or wrong\"}\n"
}

func ExampleWrap() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	e.GET("/account", func(c echo.Context) error {
		return c.String(http.StatusOK, c.Response().Header().Get("Cache-Control"))
	}, echocache.Wrap(middleware.NeverCache))

	visit(e, "GET", "/account")
	// Output:
	// 200 "max-age=0, no-cache, no-store, must-revalidate, private"
}

func ExampleFrom() {
	e, shutdown := exampleEcho(cache.Settings{"default": {Backend: "memory"}, "sessions": {Backend: "memory"}})
	defer shutdown()
	e.GET("/", func(c echo.Context) error {
		ctx, sessions := c.Request().Context(), echocache.From(c, "sessions")
		if _, err := sessions.Add(ctx, "visits", 0); err != nil {
			return err
		}
		visits, err := sessions.Incr(ctx, "visits", 1)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", visits))
	})

	visit(e, "GET", "/")
	visit(e, "GET", "/")
	// Output:
	// 200 "visit 1"
	// 200 "visit 2"
}

func ExampleVaryByKey() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	locale := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set("locale", c.Request().Header.Get("X-Locale"))
			return next(c)
		}
	}
	e.GET("/", func(c echo.Context) error {
		return c.String(http.StatusOK, fmt.Sprint("in ", c.Get("locale")))
	}, locale, echocache.CachePage(time.Hour, echocache.VaryByKey("locale")))

	visit(e, "GET", "/", "X-Locale: de")
	visit(e, "GET", "/", "X-Locale: fr")
	visit(e, "GET", "/", "X-Locale: de")
	// Output:
	// 200 "in de" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "in fr" larder; fwd=vary-miss; fwd-status=200; stored
	// 200 "in de" larder; hit
}

func ExampleVaryByParam() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	e.GET("/shop/:name", func(c echo.Context) error {
		return c.String(http.StatusOK, c.Param("name"))
	}, echocache.CachePage(time.Hour, echocache.VaryByParam("name")))

	visit(e, "GET", "/shop/hats")
	visit(e, "GET", "/shop/hats")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "hats" larder; hit
}

func ExampleVaryBy() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	byKind := echocache.VaryBy(func(c echo.Context) string {
		if strings.Contains(c.Request().UserAgent(), "Mobile") {
			return "mobile"
		}
		return "desktop"
	})
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") }, echocache.CachePage(time.Hour, byKind))

	visit(e, "GET", "/", "User-Agent: One Mobile")
	visit(e, "GET", "/", "User-Agent: Another Mobile")
	// Output:
	// 200 "page" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "page" larder; hit
}

func ExampleWhen() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	published := echocache.When(func(c echo.Context) bool { return c.QueryParam("preview") == "" })
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") }, echocache.CachePage(time.Hour, published))

	visit(e, "GET", "/?preview=1")
	// Output:
	// 200 "page" larder; fwd=bypass; detail=when
}

func ExampleContext() {
	e, shutdown := exampleEcho(inMemory)
	defer shutdown()
	version := middleware.ETag(func(r *http.Request) (string, error) {
		return "v" + echocache.Context(r).Param("id"), nil // that of the product, from a database
	})
	e.GET("/p/:id", func(c echo.Context) error { return c.String(http.StatusOK, "product") }, echocache.Wrap(version))

	visit(e, "GET", "/p/7")
	visit(e, "GET", "/p/7", `If-None-Match: "v7"`)
	// Output:
	// 200 "product"
	// 304 ""
}

func ExampleLifecycle() {
	caches, err := cache.NewHandler(inMemory)
	if err != nil {
		panic(err)
	}
	defer func() { _ = caches.Shutdown(context.Background()) }()
	e := echo.New()
	e.Use(echocache.Lifecycle(middleware.WithCaches(caches)), echomiddleware.Recover())
	e.GET("/", func(c echo.Context) error {
		if err := echocache.From(c, "default").Set(c.Request().Context(), "key", "value"); err != nil {
			return err
		}
		return c.String(http.StatusOK, "stored")
	})

	visit(e, "GET", "/")
	// Output:
	// 200 "stored"
}
