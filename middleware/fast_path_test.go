package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// A page that was a hit a moment ago is answered by a shorter way. Nobody must be
// able to tell, but by the time that it takes.

const memoizedTTL = 20 * time.Second

// hot is a page of runs that is hot.
type memoized struct {
	t      *testing.T
	caches *cache.Handler
	runs   atomic.Int32
	page   http.Handler
}

// memoize returns a hot page.
type memoize func(t *testing.T, opts ...middleware.PageOption) *memoized

// inEachStore runs a test with hot pages of a store in this process, which are known to
// be there, and of ones from which they are fetched.
func inEachStore(t *testing.T, test func(*testing.T, memoize)) {
	fetched := withStore(func() (driver.Store, error) {
		s, err := memstore.New(memstore.Options{})
		return bytesOnly{s}, err
	})
	compressed := fetched
	compressed.Compression, compressed.CompressMin = codec.Zstd, 1
	for name, config := range map[string]cache.Config{
		"in this process": {Backend: "memory"}, "fetched": fetched, "fetched and compressed": compressed,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(t *testing.T, opts ...middleware.PageOption) *memoized {
				return newMemoizedIn(t, newCaches(t, config), opts...)
			})
		})
	}
}

func newMemoized(t *testing.T, opts ...middleware.PageOption) *memoized {
	return newMemoizedIn(t, inMemory(t), opts...)
}

func newMemoizedIn(t *testing.T, caches *cache.Handler, opts ...middleware.PageOption) *memoized {
	h := &memoized{t: t, caches: caches}
	h.page = within(h.caches, middleware.CachePage(memoizedTTL, opts...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "run %d for %q", h.runs.Add(1), r.Header.Get("Cookie")+r.Header.Get("X-Api-Key"))
	})))
	for range 3 {
		h.get()
	}
	h.get().wantHit(t, `run 1 for ""`)
	return h
}

func (h *memoized) get(fields ...string) answer { return ask(h.page, "/page?a=1", fields...) }

// A memoized hit is not served when the page is gone from the store.
func TestAMemoizedPageThatIsGoneIsNotServed(t *testing.T) {
	inEachStore(t, aMemoizedPageThatIsGoneIsNotServed)
}

func aMemoizedPageThatIsGoneIsNotServed(t *testing.T, newMemoized memoize) {
	const address = "http://example.com/page?a=1"
	for reason, remove := range map[string]func(h *memoized, ctx context.Context) error{
		"purged": func(_ *memoized, ctx context.Context) error { return plainPages.Purge(ctx, address) },
		"purged by prefix": func(_ *memoized, ctx context.Context) error {
			return plainPages.PurgePrefix(ctx, "http://example.com/")
		},
		"changed by a POST": func(h *memoized, _ context.Context) error {
			send(h.page, request("POST", "/page?a=1"))
			return nil
		},
		"cleared": func(_ *memoized, ctx context.Context) error { return cache.From(ctx, "default").Clear(ctx) },
	} {
		t.Run(reason, func(t *testing.T) {
			h := newMemoized(t)
			ctx := h.caches.Scope(t.Context())
			defer ctx.Close(context.Background())
			if err := remove(h, ctx); err != nil {
				t.Fatal(err)
			}
			if a := h.get(); a.body == `run 1 for ""` {
				t.Errorf("it is still served: %s", a.cacheStatus())
			}
		})
	}
}

// A memoized hit that is purged softly is refreshed.
func TestAMemoizedPageThatIsPurgedSoftlyIsRefreshed(t *testing.T) {
	inEachStore(t, aMemoizedPageThatIsPurgedSoftlyIsRefreshed)
}

func aMemoizedPageThatIsPurgedSoftlyIsRefreshed(t *testing.T, newMemoized memoize) {
	for what, purge := range map[string]func(ctx context.Context) error{
		"page":   func(ctx context.Context) error { return plainPages.PurgeSoft(ctx, "http://example.com/page?a=1") },
		"prefix": func(ctx context.Context) error { return plainPages.PurgePrefixSoft(ctx, "http://example.com/") },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newMemoized(t)
			ctx := h.caches.Scope(t.Context())
			defer ctx.Close(context.Background())
			if err := purge(ctx); err != nil {
				t.Fatal(err)
			}
			h.get() // the old page, while the new one is made
			synctest.Wait()
			if a := h.get(); a.body != `run 2 for ""` {
				t.Errorf("%s: %q, %s", what, a.body, a.cacheStatus())
			}
		})
	}
}

// A memoized hit is not served beyond its lifetime.
// RFC 9111, 4.2
func TestAMemoizedPageIsNotServedBeyondItsTime(t *testing.T) {
	inEachStore(t, aMemoizedPageIsNotServedBeyondItsTime)
}

func aMemoizedPageIsNotServedBeyondItsTime(t *testing.T, newMemoized memoize) {
	synctest.Test(t, func(t *testing.T) {
		h := newMemoized(t)
		for age := range int(memoizedTTL/time.Second) - 1 {
			time.Sleep(time.Second / 2)
			for half := range 2 {
				a := h.get()
				a.wantHit(t, `run 1 for ""`)
				if got, want := a.header.Get("Age"), fmt.Sprint(age+half); got != want {
					t.Fatalf("after %d s and a half its age is %s, want %s", age, got, want)
				}
				if half == 0 {
					time.Sleep(time.Second / 2)
				}
			}
		}
		time.Sleep(2 * time.Second)
		h.get().wantBody(t, `run 2 for ""`)
	})
}

// A memoized hit becomes stale when its lifetime ends, even if the store keeps it for longer.
// RFC 9111, 4.2
func TestAMemoizedPageIsStaleInTime(t *testing.T) { inEachStore(t, aMemoizedPageIsStaleInTime) }

func aMemoizedPageIsStaleInTime(t *testing.T, newMemoized memoize) {
	synctest.Test(t, func(t *testing.T) {
		h := newMemoized(t, middleware.Grace(time.Minute))
		time.Sleep(memoizedTTL - time.Second/2)
		h.get().wantHit(t, `run 1 for ""`)
		h.get().wantHit(t, `run 1 for ""`)
		time.Sleep(time.Second * 3 / 4)
		h.get().wantBody(t, `run 1 for ""`) // while it is refreshed
		synctest.Wait()
		h.get().wantBody(t, `run 2 for ""`)
	})
}

// A memoized hit is served only to requests that select it.
func TestAMemoizedPageIsOnlyForRequestsThatAskForIt(t *testing.T) {
	inEachStore(t, aMemoizedPageIsOnlyForRequestsThatAskForIt)
}

func aMemoizedPageIsOnlyForRequestsThatAskForIt(t *testing.T, newMemoized memoize) {
	h := newMemoized(t)
	for _, test := range []struct {
		fields []string
		want   string
	}{
		{[]string{"Cookie: user=alice"}, `run 2 for "user=alice"`},
		{[]string{"Cookie: user=bob"}, `run 3 for "user=bob"`},
		{[]string{"X-Api-Key: carol"}, `run 4 for "carol"`},
		{[]string{"Authorization: Basic ZGF2ZTo="}, `run 5 for ""`},
	} {
		if a := h.get(test.fields...); a.body != test.want || a.isHit() {
			t.Errorf("%v: %q, %s; want %q", test.fields, a.body, a.cacheStatus(), test.want)
		}
	}
	h.get().wantHit(t, `run 1 for ""`)
	if a := h.get("Range: bytes=0-2"); a.status != http.StatusPartialContent || a.body != "run" {
		t.Errorf("a range is %d, %q", a.status, a.body)
	}
	if a := h.get("If-None-Match: *"); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("a condition is answered with %d, %q", a.status, a.body)
	}
	if a := send(h.page, request("HEAD", "/page?a=1")); !a.isHit() || a.header.Get("Content-Length") != "12" {
		t.Errorf("HEAD is %s with %s bytes", a.cacheStatus(), a.header.Get("Content-Length"))
	}
	for _, target := range []string{"/page?a=2", "/page", "/Page?a=1", "//example.com/page?a=1", "http://other.test/page?a=1", "https://example.com/page?a=1"} {
		if a := ask(h.page, target); a.body == `run 1 for ""` {
			t.Errorf("%s is %s", target, a.cacheStatus())
		}
	}
}

// A memoized variant is served only to requests that select it.
// RFC 9111, 4.1
func TestAMemoizedVariantIsForRequestsThatSelectIt(t *testing.T) {
	runs := 0
	page := within(inMemory(t), middleware.CachePage(memoizedTTL)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runs++
		w.Header().Set("Vary", "Accept-Language")
		_, _ = fmt.Fprintf(w, "run %d in %q", runs, r.Header["Accept-Language"])
	})))
	for range 3 {
		ask(page, "/", "Accept-Language: de").wantBody(t, `run 1 in ["de"]`)
	}
	for range 2 {
		ask(page, "/", "Accept-Language: en").wantBody(t, `run 2 in ["en"]`)
		ask(page, "/").wantBody(t, `run 3 in []`)
		ask(page, "/", "Accept-Language: de", "Accept-Language: en").wantBody(t, `run 4 in ["de, en"]`)
		// A field that Connection names is not for the handler.
		ask(page, "/", "Accept-Language: de", "Connection: Accept-Language").wantBody(t, `run 3 in []`)
		ask(page, "/", "Accept-Language: de").wantHit(t, `run 1 in ["de"]`)
	}
}

// A memoized variant is not served after a purge.
func TestAMemoizedVariantThatIsPurgedIsNotServed(t *testing.T) {
	inEachStore(t, func(t *testing.T, newMemoized memoize) {
		aMemoizedVariantThatIsPurgedIsNotServed(t, newMemoized(t).caches)
	})
}

func aMemoizedVariantThatIsPurgedIsNotServed(t *testing.T, caches *cache.Handler) {
	runs := 0
	page := within(caches, middleware.CachePage(memoizedTTL)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		runs++
		w.Header().Set("Vary", "Accept-Language")
		_, _ = fmt.Fprintf(w, "run %d", runs)
	})))
	for want := range 3 {
		for range 3 {
			ask(page, "/", "Accept-Language: de").wantBody(t, fmt.Sprint("run ", want+1))
		}
		ctx := caches.Scope(t.Context())
		if err := plainPages.Purge(ctx, "http://example.com/"); err != nil {
			t.Fatal(err)
		}
		if err := ctx.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A memoized hit belongs to the caches that it came from.
func TestAMemoizedPageIsOfItsOwnCaches(t *testing.T) {
	runs := 0
	page := middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		runs++
		_, _ = fmt.Fprint(w, runs)
	}))
	one, other := within(inMemory(t), page), within(inMemory(t), page)
	for range 3 {
		ask(one, "/").wantBody(t, "1")
		ask(other, "/").wantBody(t, "2")
	}
}

// A request that middleware has rewritten is not answered by the memoized hit of the original URL.
func TestARewrittenRequestIsNotTakenForAMemoizedOne(t *testing.T) {
	inner := middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.URL.Path)
	}))
	caches := inMemory(t)
	h := within(caches, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.Header.Get("X-To"); to != "" {
			r.URL.Path = to
		}
		inner.ServeHTTP(w, r)
	}))
	for range 3 {
		for _, path := range []string{"/a", "/b"} {
			ask(h, "/", "X-To: "+path).wantBody(t, path)
		}
	}
}

// Fields of outer middleware are sent beside a memoized hit.
func TestWhatOuterMiddlewareSetsIsSeenBesideAMemoizedPage(t *testing.T) {
	inEachStore(t, whatOuterMiddlewareSetsIsSeenBesideAMemoizedPage)
}

func whatOuterMiddlewareSetsIsSeenBesideAMemoizedPage(t *testing.T, newMemoized memoize) {
	h := newMemoized(t)
	w := httptest.NewRecorder()
	w.Header().Set("Set-Cookie", "csrf=1")
	h.page.ServeHTTP(w, request("GET", "/page?a=1"))
	if w.Body.String() == `run 1 for ""` || !strings.Contains(w.Header().Get("Cache-Status"), "set-cookie") {
		t.Errorf("%q, %s", w.Body, w.Header().Get("Cache-Status"))
	}
}

// A memoized hit is combined with each request's fields of outer middleware.
func TestAMemoizedPageGoesWithFieldsOfOuterMiddleware(t *testing.T) {
	inEachStore(t, aMemoizedPageGoesWithFieldsOfOuterMiddleware)
}

func aMemoizedPageGoesWithFieldsOfOuterMiddleware(t *testing.T, newMemoized memoize) {
	h := newMemoized(t)
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "42")
	w.Header().Set("Link", "</a>; rel=preload")
	h.page.ServeHTTP(w, request("GET", "/page?a=1"))
	header := w.Header()
	if w.Body.String() != `run 1 for ""` || header.Get("X-Request-Id") != "42" || header.Get("Link") == "" || header.Get("Age") == "" {
		t.Errorf("%q, %v", w.Body, header)
	}
}

// A memoized hit is counted as a hit.
func TestAMemoizedPageIsCountedAsAHit(t *testing.T) {
	h := newMemoized(t)
	var hits []cache.Event
	h.caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventHit {
			hits = append(hits, e)
		}
		return nil
	})
	h.get()
	h.get()
	if len(hits) != 2 || hits[0] != hits[1] || hits[0].Key == "" {
		t.Errorf("the events are %+v, want two hits of one key", hits)
	}
}

// Each response of a memoized hit has header lines of its own.
func TestLinesOfAMemoizedPageBelongToEachResponse(t *testing.T) {
	inEachStore(t, linesOfAMemoizedPageBelongToEachResponse)
}

func linesOfAMemoizedPageBelongToEachResponse(t *testing.T, newMemoized memoize) {
	h := newMemoized(t)
	for range 2 {
		a := h.get()
		for name, lines := range a.header {
			for i := range lines {
				lines[i] = "changed " + name
			}
			_ = append(lines, "another")
		}
	}
	for name, lines := range h.get().header {
		if strings.HasPrefix(lines[0], "changed") {
			t.Errorf("%s is %q", name, lines)
		}
	}
}

// The fast path keeps no page in memory that the store has dropped.
func TestMemoizedHitsKeepNoPageAlive(t *testing.T) {
	h := newMemoized(t)
	body := make([]byte, 8<<20)
	page := within(h.caches, middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })))
	const pages = 8
	for i := range pages {
		for range 3 {
			page.ServeHTTP(&nowhere{header: make(http.Header)}, request("GET", fmt.Sprint("/", i)))
		}
	}
	if err := cache.From(h.caches.Scope(t.Context()), "default").Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > pages*uint64(len(body))/2 {
		t.Errorf("%d MiB are kept when the cache is empty", m.HeapAlloc>>20)
	}
}
