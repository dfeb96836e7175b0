// Command proxy is a shared HTTP cache in front of a web server.
//
//	go run ./examples/proxy -upstream http://127.0.0.1:3000 -addr 127.0.0.1:8080
//	curl -sI http://127.0.0.1:8080/
//
// Responses stay in the cache as long as they say, and Cache-Status tells what
// was done with each request and why. The cache is in memory unless -cache
// names another:
//
//	go run ./examples/proxy -upstream http://127.0.0.1:3000 -cache redis://127.0.0.1:6379/0
//
// Read on here: run makes the cache and the server, and forward, in forward.go,
// is what happens when the cache has no answer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"

	// The backends that -cache may name.
	_ "github.com/larder-go/larder/backends/dummystore"
	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
)

// drain is how long requests that are under way may take to end at a shutdown.
const drain = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	addr     string
	upstream *url.URL
	cache    cache.Config
	literal  bool
	maxWait  time.Duration
}

func parseFlags(args []string) (c config, err error) {
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&c.addr, "listen", "127.0.0.1:8080", "another name of -addr")
	upstream := flags.String("upstream", "", "`URL` of the server to cache, with or without a path")
	location := flags.String("cache", "memory://", "`URL` of the cache")
	flags.BoolVar(&c.literal, "rfc", false, "store whatever RFC 9111 allows a shared cache to store, responses that set cookies too")
	flags.DurationVar(&c.maxWait, "timeout", 30*time.Second, "how long the upstream may take to begin its answer")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if c.upstream, err = url.Parse(*upstream); err != nil {
		return c, fmt.Errorf("-upstream: %w", err)
	}
	if c.upstream.Host == "" || c.upstream.Scheme != "http" && c.upstream.Scheme != "https" {
		return c, fmt.Errorf("-upstream: %q is not the URL of a web server", c.upstream.Redacted())
	}
	if c.cache, err = cache.ParseURL(*location); err != nil {
		return c, fmt.Errorf("-cache: %w", err)
	}
	return c, nil
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	c, err := parseFlags(args)
	if err != nil {
		return err
	}
	transport := newTransport(c.maxWait)
	defer transport.CloseIdleConnections()
	caches, err := cache.NewHandler(cache.Settings{"default": c.cache})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caches.Shutdown(context.WithoutCancel(ctx))) }()
	lifecycle := middleware.Lifecycle(middleware.WithCaches(caches))
	handler := lifecycle(cached(forward(c.upstream, transport), c.literal))

	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on %s\n", listener.Addr())
	return serve(ctx, listener, handler)
}

// cached puts the cache around the proxy. To the letter of RFC 9111, values of
// Accept-Language that mean the same select the same page (section 4.1).
func cached(next http.Handler, literal bool) http.Handler {
	if literal {
		return middleware.Shared(middleware.Literal(), middleware.Normalize())(next)
	}
	return middleware.Shared()(next)
}

// serve answers requests until ctx ends, and then those that are under way.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
