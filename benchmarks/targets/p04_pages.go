package targets

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"

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
		whole, behindMux := lifecycle(caches)(page), lifecycle(caches)(muxed(page))
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

		shared, own := leastOfHit(page, pageRequest(scope), body)
		one := l.compare(serial("floor", floor, ctx), serial("page", page, scope), serial("whole", whole, ctx),
			serial("shared", shared, ctx), serial("own", own, ctx), serial("mux", behindMux, ctx))
		two := l.compareParallel(parallel("floor", floor, ctx), parallel("page", page, scope), parallel("whole", whole, ctx))
		l.ratio(job+": its fields alone, in memory that all share, 1 core", one, "shared", Bound{})
		l.ratio(job+": its fields alone, in the client's own memory, and a look at the request's, 1 core", one, "own", Bound{})
		l.ratio(job+", to three headers, 1 core", one, "page", AtMost(0.7))
		l.ratio(job+", to three headers, 2 cores", two, "page", AtMost(0.8))
		l.ratio(job+", with Lifecycle, to three headers, 1 core", one, "whole", AtMost(1))
		l.ratio(job+", with Lifecycle, to three headers, 2 cores", two, "whole", AtMost(1))
		l.ratio(job+", with Lifecycle and a mux between, to three headers, 1 core", one, "mux", Bound{})
	}
	return nil
}

// leastOfHit returns handlers that do a part of what a hit does, and answer as it
// does: set its fields, to lines that all share; and set them to lines that are the
// client's own, when they have looked at the names of the request's fields, any of
// which may make it another answer.
func leastOfHit(page http.Handler, r *http.Request, body []byte) (shared, own http.HandlerFunc) {
	hit := newDiscard()
	page.ServeHTTP(hit, r)
	names := slices.Sorted(maps.Keys(hit.header))
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = hit.header[name][0]
	}
	set := func(header http.Header, lines []string) {
		for i, name := range names {
			header[name] = lines[i : i+1 : i+1]
		}
	}
	shared = func(w http.ResponseWriter, _ *http.Request) {
		set(w.Header(), lines)
		_, _ = w.Write(body)
	}
	own = func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if name == "Cookie" {
				return // which is the wrong answer
			}
		}
		set(w.Header(), slices.Clone(lines))
		_, _ = w.Write(body)
	}
	return shared, own
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
