package middleware_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/race"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// nowhere is a ResponseWriter without memory of its own.
type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(int)             {}
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }

// allocations returns how many there are to answer r. Under the race detector,
// which adds its own, the requests are made all the same.
func allocations(h http.Handler, r *http.Request) float64 {
	w := &nowhere{header: make(http.Header)}
	n := testing.AllocsPerRun(1000, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
	if race.Enabled {
		return 0
	}
	return n
}

// A hit in memory allocates at most once.
func TestAHitInMemoryAllocatesOnce(t *testing.T) {
	p := middleware.CachePage(ttl, middleware.IgnoreCookies("_ga"))(answering("page", "Vary: Origin", "X-Many: 1", "X-Many: 2"))
	scope := inMemory(t).Scope(t.Context())
	defer scope.Close(context.Background())
	r := request("GET", "/page?a=1", "Accept-Encoding: gzip, deflate, br", "User-Agent: x").WithContext(scope)
	send(p, r)
	send(p, r).wantHit(t, "page")
	if got := allocations(p, r); got > 1 {
		t.Errorf("a variant: %v allocations, want at most 1", got)
	}
	// With a cookie it is looked for under two keys, and the cookie is taken apart.
	r.Header.Set("Cookie", "_ga=1")
	if got := allocations(p, r); got > 4 {
		t.Errorf("a variant, the long way: %v allocations, want at most 4", got)
	}
	p = middleware.CachePage(ttl)(answering("page", "X-Many: 1", "X-Many: 2"))
	r = request("GET", "/other?a=1", "Accept-Encoding: gzip, deflate, br", "User-Agent: x").WithContext(scope)
	send(p, r)
	send(p, r).wantHit(t, "page")
	if got := allocations(p, r); got > 1 {
		t.Errorf("%v allocations, want at most 1", got)
	}
	r.Header.Set("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT") // not for the short way
	if got := allocations(p, r); got > 1 {
		t.Errorf("with a condition: %v allocations, want at most 1", got)
	}
}

// A hit directly inside Lifecycle allocates at most once, and with a handler between at most three
// times.
func TestAHitInALifecycleAllocatesThreeTimes(t *testing.T) {
	page := middleware.CachePage(ttl)(answering("page"))
	for _, test := range []struct {
		what string
		h    http.Handler
		most float64
	}{
		{"directly", page, 1}, // without a scope
		{"with something between", http.HandlerFunc(page.ServeHTTP), 3},
	} {
		h, r := within(inMemory(t), test.h), request("GET", "/page?a=1")
		send(h, r)
		send(h, r).wantHit(t, "page")
		if got := allocations(h, r); got > test.most {
			t.Errorf("%s: %v allocations, want at most %v", test.what, got, test.most)
		}
	}
}

// A request that bypasses the cache allocates little more than without a cache.
func TestARequestThatGoesPastTheCacheAllocatesLittle(t *testing.T) {
	h := answering("page", "Cache-Control: private")
	plain := allocations(h, request("GET", "/"))
	// Lifecycle's two, and the line of Cache-Status.
	if got := allocations(cached(t, h), request("GET", "/")) - plain; got > 3 {
		t.Errorf("%v allocations, want at most 3", got)
	}
	// Again Lifecycle's two, and Cache-Status: the text, its line, and as it is set.
	if got := allocations(cached(t, h), request("GET", "/", "Connection: Upgrade", "Upgrade: x")) - plain; got > 5 {
		t.Errorf("the long way: %v allocations, want at most 5", got)
	}
}

// A handler that uses a cache allocates at most twice more.
func TestAHandlerThatUsesACacheAllocatesTwiceMore(t *testing.T) {
	h := within(inMemory(t), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { cache.From(r.Context(), "default") }))
	if got := allocations(h, request("GET", "/")); got > 2+2 {
		t.Errorf("%v allocations, want at most 4", got)
	}
}

// Lifecycle allocates at most twice around a handler that uses no cache.
func TestALifecycleAllocatesTwiceAroundAHandlerThatUsesNoCache(t *testing.T) {
	h := middleware.Lifecycle(middleware.WithBus(new(signals.Bus)), middleware.WithCaches(inMemory(t)))(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if got := allocations(h, request("GET", "/")); got > 2 {
		t.Errorf("%v allocations, want at most 2", got)
	}
}

func BenchmarkHit(b *testing.B) {
	for name, cfg := range map[string]cache.Config{
		"memory": {Backend: "memory"},
		"files":  {Backend: "file", Location: b.TempDir()},
	} {
		b.Run(name, func(b *testing.B) {
			p := middleware.CachePage(ttl)(answering("page"))
			scope := newCaches(b, cfg).Scope(b.Context())
			r := request("GET", "/page?a=1", "Accept-Encoding: gzip, deflate, br").WithContext(scope)
			w := &nowhere{header: make(http.Header)}
			p.ServeHTTP(w, r)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				p.ServeHTTP(w, r)
			}
		})
	}
}
