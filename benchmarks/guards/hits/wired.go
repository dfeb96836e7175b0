package main

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// The page in the wirings that the documentation recommends.

// lifecycleOptions gives a Lifecycle caches and a bus of its own.
func lifecycleOptions(caches *cache.Handler) []middleware.LifecycleOption {
	return []middleware.LifecycleOption{middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches)}
}

func wholePath(ctx context.Context) (func() error, error) {
	return wired(ctx, func(caches *cache.Handler) http.Handler {
		return middleware.Lifecycle(lifecycleOptions(caches)...)(cachedPage())
	})
}

func muxPath(ctx context.Context) (func() error, error) {
	return wired(ctx, func(caches *cache.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("GET /page", cachedPage())
		return middleware.Lifecycle(lifecycleOptions(caches)...)(mux)
	})
}

func ginPath(ctx context.Context) (func() error, error) {
	return wired(ctx, func(caches *cache.Handler) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		r := gin.New()
		r.Use(gincache.Lifecycle(lifecycleOptions(caches)...))
		r.GET("/page", gincache.CachePage(time.Hour), func(c *gin.Context) {
			c.Data(http.StatusOK, "text/html; charset=utf-8", make([]byte, pageSize))
		})
		return r
	})
}

func echoPath(ctx context.Context) (func() error, error) {
	return wired(ctx, func(caches *cache.Handler) http.Handler {
		e := echo.New()
		e.Use(echocache.Lifecycle(lifecycleOptions(caches)...))
		e.GET("/page", func(c echo.Context) error {
			return c.HTMLBlob(http.StatusOK, make([]byte, pageSize))
		}, echocache.CachePage(time.Hour))
		return e
	})
}

// wired is a hit of the page of a site in memory.
func wired(ctx context.Context, site func(*cache.Handler) http.Handler) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	return hitOf(site(caches), request(ctx))
}
