// Command chi shows that larder is plain middleware to a router such as chi, which
// needs no adapter, only to be in the right place.
//
//	go run ./examples/chi
//	curl -si http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. Read on here: routes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

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
		log.Fatal("chi: ", err)
	}
}

// run serves the site until ctx ends.
func run(ctx context.Context, addr string) error {
	caches, err := cache.NewHandler(cache.Settings{
		"default": {Backend: "memory", Options: map[string]any{"max_bytes": "64MiB"}},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: routes(caches), ReadHeaderTimeout: 10 * time.Second}
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

// routes puts the cache at the end of a route, by With: what is behind it there is
// a handler.
//
// Such a handler takes what it wants of the route from the request, by r.PathValue
// and r.Pattern. chi.URLParam looks into a context that chi uses for another request
// once this one is over, and a handler behind a cache may run for longer: for others
// who wait, or in the background. For the same reason the cache does not go into Use
// of a router, where chi has yet to choose the route behind it. Around a whole router
// it may go, as around any handler.
func routes(caches *cache.Handler) http.Handler {
	articles := middleware.CachePage(5*time.Minute,
		middleware.IgnoreCookies("*"), middleware.OnlyQuery(), middleware.Grace(time.Hour))

	r := chi.NewRouter()
	r.Use(chimiddleware.Recoverer, chimiddleware.GetHead, middleware.Lifecycle(middleware.WithCaches(caches)))
	r.With(articles).Get("/", show("front page"))
	r.Route("/articles", func(r chi.Router) {
		r.With(articles).Get("/{id}", article)
		// The same policy, so that a change forgets the article.
		r.With(articles).Put("/{id}", change)
	})
	r.With(middleware.NeverCache).Get("/now", show("now"))
	return r
}

func show(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s, made at %s\n", what, time.Now().Format(time.TimeOnly))
	}
}

func article(w http.ResponseWriter, r *http.Request) {
	show("article "+r.PathValue("id")+", "+r.Pattern)(w, r)
}

func change(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
