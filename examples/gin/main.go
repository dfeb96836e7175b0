// Command gin is a small news site in gin, with its pages in a cache.
//
//	go run ./examples/gin
//	curl -si http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. When the news change, their page is
// purged:
//
//	curl -d 'Rain is coming' http://127.0.0.1:8080/news/weather
//	curl -i http://127.0.0.1:8080/news/weather
//
// Read on here: newRouter.
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

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
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
		log.Fatal("gin: ", err)
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
	server := &http.Server{Handler: newRouter(caches), ReadHeaderTimeout: 10 * time.Second}
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

// newRouter builds the site. Lifecycle comes first: it gives each request its
// caches, and tells of a panic whoever recovers from it.
func newRouter(caches *cache.Handler) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gincache.Lifecycle(middleware.WithCaches(caches)), gin.Recovery())

	// The news are the same for everybody, whatever cookies there are and however
	// the reader has come here; an old page is served while a new one is made. That
	// there are none is remembered for a while, too.
	news := middleware.NewPolicy(5*time.Minute,
		middleware.IgnoreCookies("*"), middleware.OnlyQuery(), middleware.Grace(time.Hour),
		middleware.StatusTTL(http.StatusNotFound, 10*time.Second))
	cached := gincache.Cached(news)
	r.GET("/", cached, frontPage)
	r.GET("/news/:subject", cached, show)
	// By the same cache: a POST that succeeds invalidates the page of its URL.
	r.POST("/news/:subject", cached, write)

	// A page for each locale, which middleware finds out before the cache.
	r.GET("/about", locale, gincache.CachePage(time.Hour, gincache.VaryByKey("locale")), about)
	// Nobody keeps this one.
	r.GET("/now", gincache.Wrap(middleware.NeverCache), frontPage)
	return r
}

func frontPage(c *gin.Context) {
	c.String(http.StatusOK, "front page, made at %s\n", time.Now().Format(time.TimeOnly))
}

func show(c *gin.Context) {
	var text string
	found, err := gincache.From(c, "news").Get(c.Request.Context(), c.Param("subject"), &text)
	switch {
	case err != nil:
		_ = c.AbortWithError(http.StatusInternalServerError, err)
	case !found:
		c.String(http.StatusNotFound, "no news about the %s\n", c.Param("subject"))
	default:
		c.String(http.StatusOK, "%s\n", text)
	}
}

func write(c *gin.Context) {
	text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, 4<<10))
	if err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	if err := gincache.From(c, "news").Set(c.Request.Context(), c.Param("subject"), string(text)); err != nil {
		_ = c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// locale notes the language that a visitor wants to read.
func locale(c *gin.Context) {
	if c.Query("lang") == "de" {
		c.Set("locale", "de")
	}
}

func about(c *gin.Context) {
	if c.GetString("locale") == "de" {
		c.String(http.StatusOK, "Über uns\n")
		return
	}
	c.String(http.StatusOK, "About us\n")
}
