package targets

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"

	_ "github.com/larder-go/larder/backends/memstore" // the pages are there
)

// pageTTL is longer than any measurement.
const pageTTL = time.Hour

// threeHeaders is the floor of pages: a handler that sets three fields and
// writes the body.
func threeHeaders(body []byte) http.HandlerFunc { return controlled(body, "public, max-age=60") }

// controlled is threeHeaders with a Cache-Control of its own.
func controlled(body []byte, control string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", control)
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body) // a client that has gone shows in the client
	}
}

// caches returns a handler of caches with pages in memory.
func (l *Lab) caches(ctx context.Context) (*cache.Handler, error) {
	return l.cachesOf(ctx, cache.Config{Backend: "memory"})
}

func (l *Lab) cachesOf(ctx context.Context, cfg cache.Config) (*cache.Handler, error) {
	caches, err := cache.NewHandler(cache.Settings{"default": cfg})
	if err != nil {
		return nil, err
	}
	l.cleanup(func() { must(caches.Shutdown(context.WithoutCancel(ctx))) })
	return caches, caches.Open(ctx)
}

// lifecycle is the middleware around a whole server, with a bus of its own.
func lifecycle(caches *cache.Handler) func(http.Handler) http.Handler {
	return middleware.Lifecycle(middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches))
}

// pageRequest is a request as a browser sends it.
func pageRequest(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/page?a=1", nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
	return r
}

func pagesInProcess(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	for _, size := range []int{1 << 10, 32 << 10} {
		body := bytes.Repeat([]byte("p"), size)
		floor := threeHeaders(body)
		// Pages of one URL but of two sizes: each its own prefix.
		page := middleware.CachePage(pageTTL, middleware.KeyPrefix(fmt.Sprint("p4:", size)))(floor)
		whole := lifecycle(caches)(page)
		scope := caches.Scope(ctx)
		l.cleanup(func() { must(scope.Close(ctx)) })
		if err := checkHit(page, pageRequest(scope)); err != nil {
			return err
		}

		serial := func(name string, h http.Handler, ctx context.Context) paired.Contestant {
			w, r := newDiscard(), pageRequest(ctx)
			return paired.Serial(name, func() { w.request(h, r, size) })
		}
		parallel := func(name string, h http.Handler, ctx context.Context) paired.Contestant {
			return paired.Parallel(name, 2, func() func() {
				w, r := newDiscard(), pageRequest(ctx)
				return func() { w.request(h, r, size) }
			})
		}
		w := newDiscard()
		r, scoped := pageRequest(ctx), pageRequest(scope)
		job := fmt.Sprintf("CachePage hit, %d KiB", size>>10)
		l.report(job, Allocations, allocations(func() { w.request(page, scoped, size) }), AtMost(1))
		l.report(job+", with Lifecycle", Allocations, allocations(func() { w.request(whole, r, size) }), AtMost(3))

		one := l.compare(serial("floor", floor, ctx), serial("page", page, scope), serial("whole", whole, ctx))
		two := l.compareParallel(parallel("floor", floor, ctx), parallel("page", page, scope), parallel("whole", whole, ctx))
		l.ratio(job+", to three headers, 1 core", one, "page", AtMost(0.7))
		l.ratio(job+", to three headers, 2 cores", two, "page", AtMost(0.8))
		l.ratio(job+", with Lifecycle, to three headers, 1 core", one, "whole", AtMost(1))
		l.ratio(job+", with Lifecycle, to three headers, 2 cores", two, "whole", AtMost(1))
	}
	return nil
}

// checkHit requests a page until it is a hit, which takes two requests.
func checkHit(h http.Handler, r *http.Request) error {
	w := newDiscard()
	for range 2 {
		w.reset()
		h.ServeHTTP(w, r)
	}
	if status := w.header.Get("Cache-Status"); !strings.Contains(status, "hit") {
		return fmt.Errorf("the second request is not a hit: Cache-Status: %s", status)
	}
	return nil
}
