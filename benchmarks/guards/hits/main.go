// Command hits runs a hit path a number of times and nothing else, for an
// observer that counts instructions.
//
//	hits PATH N
//
// PATH is bytes, struct, getorset, page, variant for a page that varies, or whole for a page within a Lifecycle; or
// floor, which is a handler that sets three fields and writes a body of 1 KiB, as the page's handler would. The garbage
// collector is off, and goroutines that the runtime would interrupt go on, so that two runs do the same.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	_ "github.com/larder-go/larder/backends/memstore" // the entries are there
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

func main() {
	debug.SetGCPercent(-1)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hits:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: hits PATH N")
	}
	prepare, known := paths[args[0]]
	if !known {
		return fmt.Errorf("there is no path %q", args[0])
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	hit, err := prepare(context.Background())
	if err != nil {
		return err
	}
	for range n {
		if err := hit(); err != nil {
			return err
		}
	}
	return nil
}

// paths prepare each path and return one hit on it.
var paths = map[string]func(context.Context) (hit func() error, err error){
	"bytes":    bytesPath,
	"struct":   structPath,
	"getorset": getOrSetPath,
	"page":     pagePath,
	"variant":  variantPath,
	"whole":    wholePath,
	"floor":    floorPath,
}

// stopped is a clock that costs no goroutine, which would run or not run
// meanwhile.
type stopped struct{ now time.Time }

func (s stopped) Now() time.Time { return s.now }

func memory() (*cache.Handler, error) {
	return cache.NewHandler(cache.Settings{"default": {
		Backend: "memory",
		Timeout: cache.Never,
		Options: map[string]any{"clock": stopped{time.Now()}},
	}})
}

var errMiss = fmt.Errorf("a miss")

func bytesPath(ctx context.Context) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	c, err := caches.Cache(cache.DefaultAlias)
	if err != nil {
		return nil, err
	}
	return func() error {
		_, found, err := c.GetBytes(ctx, userKey, cache.Shared)
		return wanted(found, err)
	}, c.SetBytes(ctx, userKey, make([]byte, 256))
}

func wanted(found bool, err error) error {
	if err == nil && !found {
		return errMiss
	}
	return err
}

type user struct {
	ID    int64
	Name  string
	Email string
	Roles []string
}

func structPath(ctx context.Context) (func() error, error) {
	users, err := aUser(ctx)
	return func() error {
		_, found, err := users.Get(ctx, userKey)
		return wanted(found, err)
	}, err
}

func getOrSetPath(ctx context.Context) (func() error, error) {
	users, err := aUser(ctx)
	load := func(context.Context) (user, error) { return user{}, errMiss }
	return func() error {
		_, err := users.GetOrSet(ctx, userKey, load)
		return err
	}, err
}

const userKey = "user:0000001"

// aUser returns a view of native structs with one under userKey.
func aUser(ctx context.Context) (cache.View[user], error) {
	caches, err := memory()
	if err != nil {
		return cache.View[user]{}, err
	}
	c, err := caches.Cache(cache.DefaultAlias)
	if err != nil {
		return cache.View[user]{}, err
	}
	users := cache.For[user](c, cache.Native)
	return users, users.Set(ctx, userKey, user{ID: 1, Name: "Ada"})
}

// nowhere is a ResponseWriter that drops the body.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) WriteHeader(int)             {}
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }

func floorPath(ctx context.Context) (func() error, error) {
	body := make([]byte, 1<<10)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", "public, max-age=60")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body)
	})
	r := request(ctx)
	w := nowhere{http.Header{}}
	return func() error {
		clear(w.header)
		h.ServeHTTP(w, r)
		return nil
	}, nil
}

func request(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/page?a=1", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
	return r
}

func pagePath(ctx context.Context) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	return hitOf(cachedPage(), request(caches.Scope(ctx)))
}

func variantPath(ctx context.Context) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	return hitOf(cachedPage("Vary", "Accept-Encoding"), request(caches.Scope(ctx)))
}

func wholePath(ctx context.Context) (func() error, error) {
	caches, err := memory()
	if err != nil {
		return nil, err
	}
	lifecycle := middleware.Lifecycle(middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches))
	return hitOf(lifecycle(cachedPage()), request(ctx))
}

// cachedPage returns a page behind CachePage, with one more field if that is passed.
func cachedPage(field ...string) http.Handler {
	return middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if len(field) > 0 {
			w.Header().Set(field[0], field[1])
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(make([]byte, 1<<10))
	}))
}

// hitOf is one hit on a page, which is filled before.
func hitOf(page http.Handler, r *http.Request) (func() error, error) {
	w := nowhere{http.Header{}}
	hit := func() error {
		clear(w.header)
		page.ServeHTTP(w, r)
		return nil
	}
	for range 2 {
		if err := hit(); err != nil {
			return nil, err
		}
	}
	if status := w.header.Get("Cache-Status"); !strings.Contains(status, "hit") {
		return nil, fmt.Errorf("no hit: %s", status)
	}
	return hit, nil
}
