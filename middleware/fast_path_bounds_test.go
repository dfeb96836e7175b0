package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// wantKept reports what is kept when the cache is empty, if that is more than limit.
func wantKept(t *testing.T, caches *cache.Handler, before, limit uint64) {
	t.Helper()
	scope := caches.Scope(t.Context())
	defer scope.Close(context.Background())
	if err := cache.From(scope, cache.DefaultAlias).Clear(scope); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if after := heap(); after > before+limit {
		t.Errorf("%d KiB are kept, want at most %d", (after-before)>>10, limit>>10)
	}
}

// The fast path remembers no long paths.
func TestFastPathsKeepNoLongPaths(t *testing.T) {
	const pages, long = 64, 1 << 19
	caches := inMemory(t)
	inner := middleware.CachePage(ttl)(answering("page"))
	page := within(caches, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = r.Header.Get("X-Rewrite")
		inner.ServeHTTP(w, r)
	}))
	before := heap()
	for i := range pages {
		for range 3 {
			r := request("GET", fmt.Sprint("/", i), "X-Rewrite: /"+strings.Repeat(string(rune('0'+i)), long))
			page.ServeHTTP(&nowhere{header: make(http.Header)}, r)
		}
	}
	wantKept(t, caches, before, pages*long/2)
	runtime.KeepAlive(page)
}

// The fast path remembers no outdated lists of purges.
func TestFastPathsKeepNoOldListsOfPurges(t *testing.T) {
	caches := inMemory(t)
	page := within(caches, middleware.CachePage(ttl)(answering("page")))
	scope := caches.Scope(t.Context())
	defer scope.Close(context.Background())
	purge := func(i int) {
		if err := plainPages.PurgePrefix(scope, fmt.Sprint("http://example.com/a/prefix/of/ordinary/length/", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 256 {
		purge(i)
	}
	ask(page, "/")
	before := heap()
	for i := range 500 {
		purge(1000 + i)
		for range 3 {
			ask(page, fmt.Sprint("/", i))
		}
	}
	wantKept(t, caches, before, 2<<20)
	runtime.KeepAlive(page)
}

// A request for a variant that is not memoized makes nothing that would be thrown away.
func TestAVariantThatIsNotMemoizedAllocatesLittle(t *testing.T) {
	p := middleware.CachePage(ttl)(answering("page", "Vary: Accept-Encoding"))
	scope := inMemory(t).Scope(t.Context())
	defer scope.Close(context.Background())
	memoized := request("GET", "/page", "Accept-Encoding: gzip").WithContext(scope)
	other := request("GET", "/page", "Accept-Encoding: br").WithContext(scope)
	least := 100.0
	for range 3 { // the hot one may cool meanwhile, and the other take its place
		for range 3 {
			send(p, memoized)
			send(p, other)
		}
		least = min(least, allocations(p, other))
	}
	if least > 3 {
		t.Errorf("%v allocations, want at most 3", least)
	}
}

// A request whose context has ended gets 503, and no memoized hit.
func TestAMemoizedPageIsNotForARequestThatHasEnded(t *testing.T) {
	h := newMemoized(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := send(h.page, request("GET", "/page?a=1").WithContext(ctx)); a.status != http.StatusServiceUnavailable {
		t.Errorf("status %d, %s", a.status, a.cacheStatus())
	}
}

// aborting is a ResponseWriter whose client is gone, as outer middleware knows.
type aborting struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *aborting) Write([]byte) (int, error)          { panic(http.ErrAbortHandler) }
func (w *aborting) SetWriteDeadline(t time.Time) error { w.deadline = t; return nil }

// directVisit is of a framework that is no more than a handler.
type directVisit struct {
	next http.Handler
	w    http.ResponseWriter
}

func (v directVisit) Next(w http.ResponseWriter, r *http.Request) error {
	if w == nil {
		w = v.w
	}
	v.next.ServeHTTP(w, r)
	return nil
}
func (directVisit) Route() string           { return "/" }
func (directVisit) Framework() http.Handler { return nil }

// A memoized hit whose connection is aborted while it is written is aborted as any other.
func TestAMemoizedPageOfAnEngineThatIsAbortedIsBrokenOff(t *testing.T) {
	e := newEngine()
	scope := inMemory(t).Scope(t.Context())
	defer scope.Close(context.Background())
	serve := func(w http.ResponseWriter) (v any) {
		defer func() { v = recover() }()
		e.Serve(w, request("GET", "/").WithContext(scope), directVisit{answering("page"), w})
		return nil
	}
	for range 3 {
		serve(httptest.NewRecorder())
	}
	w := &aborting{ResponseRecorder: httptest.NewRecorder()}
	if v := serve(w); v != http.ErrAbortHandler || w.deadline.IsZero() {
		t.Errorf("panic %v, and the write deadline is %v", v, w.deadline)
	}
}
