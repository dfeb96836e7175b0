package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// A purge says what it has found. All spellings of a URL are one to it.
func ExamplePolicy_PurgeURL() {
	pages := middleware.NewPolicy(time.Hour)

	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	defer caches.Shutdown(context.Background())
	site := middleware.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(new(signals.Bus)))(pages.Handler(http.HandlerFunc(hello)))
	site.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "https://example.org/caf%C3%A9", nil))

	ctx := caches.Scope(context.Background())
	for _, url := range []string{"HTTPS://Example.org:443/café", "https://example.org/cafe", "example.org/café"} {
		result, err := pages.PurgeURL(ctx, url)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(result)
	}
	// Output:
	// purged https://example.org/caf%C3%A9: 1 entry
	// purged https://example.org/cafe: nothing was stored
	// larder: not the URL of a page: "example.org/café" is not absolute; write it with scheme and host, such as https://example.org/path
}

// A policy has a name, is read at the routes that follow it, and purges what they
// have stored.
func ExamplePolicy() {
	catalogue := middleware.NewPolicy(time.Hour, middleware.IgnoreQuery("utm_*"), middleware.IgnoreCookies("*"))

	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	defer caches.Shutdown(context.Background())
	mux := http.NewServeMux()
	mux.Handle("GET /hats", catalogue.Handler(http.HandlerFunc(hello)))
	mux.Handle("GET /shoes", catalogue.Handler(http.HandlerFunc(hello)))
	mux.Handle("POST /-/purge", catalogue.PurgeHandler(middleware.BearerToken("sesame")))
	shop := middleware.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(new(signals.Bus)))(mux)

	get := func(target string) {
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println("GET", target, "-", w.Header().Get("Cache-Status"))
	}
	get("/hats?utm_source=news")
	get("/hats?utm_source=mail")

	purge := func(authorization string) {
		r := httptest.NewRequest("POST", "/-/purge", strings.NewReader(`{"url": "http://example.com/hats?utm_medium=any"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", authorization)
		r.Header.Set("Accept", "text/plain") // the default is JSON
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	purge("Bearer wrong")
	purge("Bearer sesame")
	get("/hats")
	// Output:
	// GET /hats?utm_source=news - larder; fwd=uri-miss; fwd-status=200; stored
	// GET /hats?utm_source=mail - larder; hit; ttl=3599
	// 401 credentials are missing or wrong
	// 200 purged http://example.com/hats: 1 entry
	// GET /hats - larder; fwd=uri-miss; fwd-status=200; stored
}

// Options that come from a configuration are checked before they are used. The error
// lists everything that is wrong with them for that kind of cache.
func ExampleCheckCachePage() {
	err := middleware.CheckCachePage(time.Hour, middleware.DefaultTTL(time.Minute), middleware.IgnoreCookies("session=1"))
	fmt.Println(err)
	// Output:
	// middleware: options are wrong:
	// 	DefaultTTL: it means nothing to CachePage, only to Site and Shared; CachePage has the ttl as its first argument
	// 	IgnoreCookies: "session=1" is a cookie with its value; the name is what stands before "="
}
