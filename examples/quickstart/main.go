// Command quickstart is larder in one program without set-up. It serves a
// report over the source tree of the Go installation that runs it, which is
// slow to compute, and has it in three caches: the finished pages and the report
// in memory, and what was parsed in files, which the next run finds again.
//
//	go run ./examples/quickstart
//	curl -sI http://127.0.0.1:8080/
//
// The second curl says "hit" in Cache-Status. Read on here: run makes the
// caches and the server, routes in pages.go puts the page cache around the
// pages, and library in report.go uses the data cache.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/larder-go/larder/cache"

	// The backends that the settings may name.
	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	addr  string
	cache string
	dir   string
	root  string
}

func parseFlags(args []string) (config, error) {
	var c config
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&c.cache, "cache", "memory://", "`URL` of the cache for pages and report, such as redis://127.0.0.1:6379")
	flags.StringVar(&c.dir, "dir", "", "`directory` for the parsed packages (default: larder-quickstart in the user's cache directory)")
	flags.StringVar(&c.root, "root", "", "Go installation to report on (default: that of the go command)")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, nil
}

// settings are the caches of the program.
func (c config) settings() (cache.Settings, error) {
	pages, err := cache.ParseURL(c.cache)
	if err != nil {
		return nil, fmt.Errorf("-cache: %w", err)
	}
	if c.dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no place for the parsed packages, name one with -dir: %w", err)
		}
		c.dir = filepath.Join(user, "larder-quickstart")
	}
	// In the same store, but counted by itself: what the visitors of pages found
	// is one thing, and what was looked up to make pages another.
	report := pages
	report.KeyPrefix += "report"
	return cache.Settings{
		"default": pages,
		"report":  report,
		// What an entry depends on is in its key, so it is good for ever. The
		// version changes when the type Package does.
		"packages": {Backend: "file", Location: c.dir, Timeout: cache.Never, Version: 1},
	}, nil
}

// run serves the report until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	config, err := parseFlags(args)
	if err != nil {
		return err
	}
	settings, err := config.settings()
	if err != nil {
		return err
	}
	caches, err := cache.NewHandler(settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caches.Shutdown(context.WithoutCancel(ctx))) }()
	// Better now than at the first visit: a missing table, a wrong password.
	if err := caches.Open(ctx); err != nil {
		return err
	}
	cache.SetDefault(caches)
	root, err := findRoot(ctx, config.root)
	if err != nil {
		return err
	}
	site := &site{library: newLibrary(root, caches), counts: new(tally), aliases: caches.Aliases()}
	defer caches.Events().Connect(site.counts.record)()
	listener, err := net.Listen("tcp", config.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "parsed packages are kept in %s\nlistening on http://%s\n", settings["packages"].Location, listener.Addr())
	return serve(ctx, listener, site.routes())
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
