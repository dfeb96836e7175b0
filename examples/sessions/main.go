// Command sessions has three caches, each for what it is good at, and each on a
// backend that the environment may name:
//
//   - "sessions" must not lose what is in it. Entries are touched whenever they are
//     used, and end a week after the last use. They are in files, which survive a
//     restart; not in memory, where the oldest give way.
//   - "limits" counts log-ins for each address: small, short-lived and atomic.
//   - "default" has the pages, which can be refreshed at any time.
//
// To run it, and to run it with the sessions on a server:
//
//	go run ./examples/sessions
//	LARDER_CACHE_SESSIONS='redis://127.0.0.1:6379/0?prefix=sessions' go run ./examples/sessions
//
// Here are the caches, the server and the routes. Read on in session.go, which is
// all there is to sessions, and in limit.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal("sessions: ", err)
	}
}

// newCaches returns the caches, with the settings that are here or, if it has any
// for an alias, in the environment.
func newCaches() (*cache.Handler, error) {
	files, err := os.UserCacheDir()
	named, envErr := cache.SettingsFromEnv(os.Environ())
	if err := errors.Join(err, envErr); err != nil {
		return nil, err
	}
	settings := cache.Settings{
		"sessions": {Backend: "file", Location: filepath.Join(files, "larder-sessions"), Options: map[string]any{"max_entries": 1_000_000}},
		"limits":   {Backend: "memory", Location: "limits", Options: map[string]any{"max_entries": 100_000}},
		"default":  {Backend: "memory", Location: "pages", Options: map[string]any{"max_bytes": "64MiB"}},
	}
	maps.Copy(settings, named)
	return cache.NewHandler(settings)
}

// run serves until ctx ends.
func run(ctx context.Context, addr string) error {
	caches, err := newCaches()
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

// routes are a page for everybody, which is cached, and one for each user.
func routes(caches *cache.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", middleware.CachePage(10*time.Minute, middleware.IgnoreCookies("*"))(http.HandlerFunc(front)))
	mux.Handle("GET /me", middleware.NeverCache(http.HandlerFunc(me)))
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /logout", logout)
	return middleware.Chain(middleware.Lifecycle(middleware.WithCaches(caches)), http.NewCrossOriginProtection().Handler)(mux)
}

func front(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "made at %s, for everybody\n", time.Now().Format(time.TimeOnly))
}
