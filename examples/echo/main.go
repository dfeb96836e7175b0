// Command echo is a small news site in echo, with its pages in a cache.
//
//	go run ./examples/echo
//	curl -si http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. When the news change, their page is
// purged:
//
//	curl -d 'Rain is coming' http://127.0.0.1:8080/news/weather
//	curl -i http://127.0.0.1:8080/news/weather
//
// Read on here: newSite. It is echo v4; for v5 take package echo5cache, which has
// the same functions.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/larder-go/larder/adapters/echocache"
	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal("echo: ", err)
	}
}

// run serves the site until ctx ends.
func run(ctx context.Context, addr string) error {
	caches, err := cache.NewHandler(cache.Settings{
		"default": {Backend: "memory", Location: "pages", Options: map[string]any{"max_bytes": "64MiB"}},
		"news":    {Backend: "memory", Location: "news", Timeout: cache.Never}, // stands in for a database
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: newSite(caches), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), caches.Shutdown(ctx))
}

// newSite builds the site. Lifecycle comes first: it gives each request its caches,
// and tells of a failure whoever makes a response of it.
func newSite(caches *cache.Handler) *echo.Echo {
	e := echo.New()
	e.Use(echocache.Lifecycle(middleware.WithCaches(caches)), echomiddleware.Recover())

	// The news are the same for everybody, whatever cookies there are and however
	// the reader has come here; an old page is served while a new one is made. That
	// there are none is remembered for a while, too.
	news := middleware.NewPolicy(5*time.Minute,
		middleware.IgnoreCookies("*"), middleware.OnlyQuery(), middleware.Grace(time.Hour),
		middleware.StatusTTL(http.StatusNotFound, 10*time.Second))
	cached := echocache.Cached(news)
	e.GET("/", frontPage, cached)
	e.GET("/news/:subject", show, cached)
	// By the same cache: a POST that succeeds invalidates the page of its URL.
	e.POST("/news/:subject", write, cached)

	// A page for each locale, which middleware finds out before the cache.
	e.GET("/about", about, locale, echocache.CachePage(time.Hour, echocache.VaryByKey("locale")))
	// Nobody keeps this one.
	e.GET("/now", frontPage, echocache.Wrap(middleware.NeverCache))
	return e
}

func frontPage(c echo.Context) error {
	return c.String(http.StatusOK, "front page, made at "+time.Now().Format(time.TimeOnly)+"\n")
}

func show(c echo.Context) error {
	var text string
	found, err := echocache.From(c, "news").Get(c.Request().Context(), c.Param("subject"), &text)
	switch {
	case err != nil:
		return err
	case !found:
		return echo.ErrNotFound
	}
	return c.String(http.StatusOK, text+"\n")
}

func write(c echo.Context) error {
	text, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, 4<<10))
	if err != nil {
		return echo.ErrBadRequest
	}
	if err := echocache.From(c, "news").Set(c.Request().Context(), c.Param("subject"), string(text)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// locale notes the language that a visitor wants to read.
func locale(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.QueryParam("lang") == "de" {
			c.Set("locale", "de")
		}
		return next(c)
	}
}

func about(c echo.Context) error {
	if c.Get("locale") == "de" {
		return c.String(http.StatusOK, "Über uns\n")
	}
	return c.String(http.StatusOK, "About us\n")
}
