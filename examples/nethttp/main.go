// Command nethttp is a small site on net/http alone, a notice board, that uses
// larder for all that a site has: pages for everybody, pages of one user, parts
// of pages, sessions, and a form that changes what was cached.
//
//	go run ./examples/nethttp
//	curl -sI http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. Here are the caches and the server.
// Read on in site.go, which says what is cached where and what a form changes, and
// in pages.html, which says what parts of a page are kept.
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

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal("nethttp: ", err)
	}
}

// run serves the site until ctx ends.
func run(ctx context.Context, addr string) error {
	caches, err := cache.NewHandler(cache.Settings{
		// Clients choose URLs, and so how many pages there are: bound them by bytes.
		"default":  {Backend: "memory", Location: "pages", Options: map[string]any{"max_bytes": "64MiB"}},
		"sessions": {Backend: "memory", Location: "sessions", Timeout: cache.After(24 * time.Hour)},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: newSite().routes(caches), ReadHeaderTimeout: 10 * time.Second}
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
