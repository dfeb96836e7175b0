package gincache_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// exampleRouter returns a gin with its caches, as a program has it: with
// cache.SetDefault, Lifecycle needs no option.
func exampleRouter(settings cache.Settings) (r *gin.Engine, shutdown func()) {
	caches, err := cache.NewHandler(settings)
	if err != nil {
		panic(err)
	}
	r = gin.New()
	r.Use(gincache.Lifecycle(middleware.WithCaches(caches)), gin.Recovery())
	return r, func() { _ = caches.Shutdown(context.Background()) }
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
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	r.GET("/p/:id", gincache.CachePage(5*time.Minute), func(c *gin.Context) {
		c.String(http.StatusOK, "product %s", c.Param("id"))
	})

	visit(r, "GET", "/p/7")
	visit(r, "GET", "/p/7")
	// Output:
	// 200 "product 7" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "product 7" larder; hit
}

func ExampleSite() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	shop := r.Group("/shop", gincache.Site(middleware.DefaultTTL(time.Hour)))
	shop.GET("/hats", func(c *gin.Context) { c.String(http.StatusOK, "hats") })
	shop.GET("/basket", func(c *gin.Context) {
		c.Header("Cache-Control", "private")
		c.String(http.StatusOK, "basket")
	})

	for range 2 {
		visit(r, "GET", "/shop/hats")
	}
	visit(r, "GET", "/shop/basket")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "hats" larder; hit
	// 200 "basket" larder; fwd=uri-miss; fwd-status=200; detail=private
}

// A policy is made once. Its purge handler is mounted as any http.Handler.
func ExampleCached() {
	policy := middleware.NewPolicy(time.Hour, middleware.IgnoreQuery("utm_*"))
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	r.GET("/hats", gincache.Cached(policy), func(c *gin.Context) { c.String(http.StatusOK, "hats") })
	r.Handle("PURGE", "/*path", gin.WrapH(policy.PurgeHandler(middleware.BearerToken("secret"))))

	visit(r, "GET", "/hats?utm_source=letter")
	visit(r, "GET", "/hats")
	visit(r, "PURGE", "/hats", "Authorization: Bearer secret", "Accept: text/plain")
	visit(r, "GET", "/hats")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "hats" larder; hit
	// 200 "purged http://example.com/hats: 1 entry\n"
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
}

func ExampleWrap() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	r.GET("/account", gincache.Wrap(middleware.NeverCache), func(c *gin.Context) {
		c.String(http.StatusOK, c.Writer.Header().Get("Cache-Control"))
	})

	visit(r, "GET", "/account")
	// Output:
	// 200 "max-age=0, no-cache, no-store, must-revalidate, private"
}

func ExampleFrom() {
	r, shutdown := exampleRouter(cache.Settings{"default": {Backend: "memory"}, "sessions": {Backend: "memory"}})
	defer shutdown()
	r.GET("/", func(c *gin.Context) {
		ctx, sessions := c.Request.Context(), gincache.From(c, "sessions")
		_, _ = sessions.Add(ctx, "visits", 0) // if it fails, so does the next line
		visits, err := sessions.Incr(ctx, "visits", 1)
		c.String(http.StatusOK, "visit %d, %v", visits, err)
	})

	visit(r, "GET", "/")
	visit(r, "GET", "/")
	// Output:
	// 200 "visit 1, <nil>"
	// 200 "visit 2, <nil>"
}

func ExampleVaryByKey() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	locale := func(c *gin.Context) { c.Set("locale", c.GetHeader("X-Locale")) }
	r.GET("/", locale, gincache.CachePage(time.Hour, gincache.VaryByKey("locale")), func(c *gin.Context) {
		c.String(http.StatusOK, "in "+c.GetString("locale"))
	})

	visit(r, "GET", "/", "X-Locale: de")
	visit(r, "GET", "/", "X-Locale: fr")
	visit(r, "GET", "/", "X-Locale: de")
	// Output:
	// 200 "in de" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "in fr" larder; fwd=vary-miss; fwd-status=200; stored
	// 200 "in de" larder; hit
}

func ExampleVaryByParam() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	shop := func(c *gin.Context) { c.AddParam("shop", c.GetHeader("X-Shop")) }
	r.GET("/", shop, gincache.CachePage(time.Hour, gincache.VaryByParam("shop")), func(c *gin.Context) {
		c.String(http.StatusOK, c.Param("shop"))
	})

	visit(r, "GET", "/", "X-Shop: hats")
	visit(r, "GET", "/", "X-Shop: shoes")
	// Output:
	// 200 "hats" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "shoes" larder; fwd=vary-miss; fwd-status=200; stored
}

func ExampleVaryBy() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	byKind := gincache.VaryBy(func(c *gin.Context) string {
		if strings.Contains(c.GetHeader("User-Agent"), "Mobile") {
			return "mobile"
		}
		return "desktop"
	})
	r.GET("/", gincache.CachePage(time.Hour, byKind), func(c *gin.Context) { c.String(http.StatusOK, "page") })

	visit(r, "GET", "/", "User-Agent: One Mobile")
	visit(r, "GET", "/", "User-Agent: Another Mobile")
	// Output:
	// 200 "page" larder; fwd=uri-miss; fwd-status=200; stored
	// 200 "page" larder; hit
}

func ExampleWhen() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	published := gincache.When(func(c *gin.Context) bool { return c.Query("preview") == "" })
	r.GET("/", gincache.CachePage(time.Hour, published), func(c *gin.Context) { c.String(http.StatusOK, "page") })

	visit(r, "GET", "/?preview=1")
	// Output:
	// 200 "page" larder; fwd=bypass; detail=when
}

func ExampleContext() {
	r, shutdown := exampleRouter(inMemory)
	defer shutdown()
	version := middleware.ETag(func(r *http.Request) (string, error) {
		return "v" + gincache.Context(r).Param("id"), nil // that of the product, from a database
	})
	r.GET("/p/:id", gincache.Wrap(version), func(c *gin.Context) { c.String(http.StatusOK, "product") })

	visit(r, "GET", "/p/7")
	visit(r, "GET", "/p/7", `If-None-Match: "v7"`)
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
	r := gin.New()
	r.Use(gincache.Lifecycle(middleware.WithCaches(caches)), gin.Recovery())
	r.GET("/", func(c *gin.Context) {
		err := gincache.From(c, "default").Set(c.Request.Context(), "key", "value")
		c.String(http.StatusOK, "stored: %v", err == nil)
	})

	visit(r, "GET", "/")
	// Output:
	// 200 "stored: true"
}
