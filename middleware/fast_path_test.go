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

const hotTTL = 20 * time.Second

// hot is a page of runs that is hot.
type hot struct {
	t      *testing.T
	caches *cache.Handler
	runs   atomic.Int32
	page   http.Handler
}

// makeHot returns a hot page.
type makeHot func(t *testing.T, opts ...middleware.PageOption) *hot

// inEachStore runs a test with hot pages of a store in this process, which are known to
// be there, and of ones from which they are fetched.
func inEachStore(t *testing.T, test func(*testing.T, makeHot)) {
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
			test(t, func(t *testing.T, opts ...middleware.PageOption) *hot {
				return newHotIn(t, newCaches(t, config), opts...)
			})
		})
	}
}

func newHot(t *testing.T, opts ...middleware.PageOption) *hot {
	return newHotIn(t, inMemory(t), opts...)
}

func newHotIn(t *testing.T, caches *cache.Handler, opts ...middleware.PageOption) *hot {
	h := &hot{t: t, caches: caches}
	h.page = within(h.caches, middleware.CachePage(hotTTL, opts...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "run %d for %q", h.runs.Add(1), r.Header.Get("Cookie")+r.Header.Get("X-Api-Key"))
	})))
	for range 3 {
		h.get()
	}
	h.get().wantHit(t, `run 1 for ""`)
	return h
}

func (h *hot) get(fields ...string) answer { return ask(h.page, "/page?a=1", fields...) }

// A memoized hit is not served when the page is gone from the store.
func TestAHotPageThatIsGoneIsNotServed(t *testing.T) { inEachStore(t, aHotPageThatIsGoneIsNotServed) }

func aHotPageThatIsGoneIsNotServed(t *testing.T, newHot makeHot) {
	const address = "http://example.com/page?a=1"
	for reason, remove := range map[string]func(h *hot, ctx context.Context) error{
		"purged":           func(_ *hot, ctx context.Context) error { return plainPages.Purge(ctx, address) },
		"purged by prefix": func(_ *hot, ctx context.Context) error { return plainPages.PurgePrefix(ctx, "http://example.com/") },
		"changed by a POST": func(h *hot, _ context.Context) error {
			send(h.page, request("POST", "/page?a=1"))
			return nil
		},
		"cleared": func(_ *hot, ctx context.Context) error { return cache.From(ctx, "default").Clear(ctx) },
	} {
		t.Run(reason, func(t *testing.T) {
			h := newHot(t)
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
func TestAHotPageThatIsPurgedSoftlyIsMadeAnew(t *testing.T) {
	inEachStore(t, aHotPageThatIsPurgedSoftlyIsMadeAnew)
}

func aHotPageThatIsPurgedSoftlyIsMadeAnew(t *testing.T, newHot makeHot) {
	for what, purge := range map[string]func(ctx context.Context) error{
		"page":   func(ctx context.Context) error { return plainPages.PurgeSoft(ctx, "http://example.com/page?a=1") },
		"prefix": func(ctx context.Context) error { return plainPages.PurgePrefixSoft(ctx, "http://example.com/") },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHot(t)
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
func TestAHotPageIsNotServedBeyondItsTime(t *testing.T) {
	inEachStore(t, aHotPageIsNotServedBeyondItsTime)
}

func aHotPageIsNotServedBeyondItsTime(t *testing.T, newHot makeHot) {
	synctest.Test(t, func(t *testing.T) {
		h := newHot(t)
		for age := range int(hotTTL/time.Second) - 1 {
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
func TestAHotPageIsStaleInTime(t *testing.T) { inEachStore(t, aHotPageIsStaleInTime) }

func aHotPageIsStaleInTime(t *testing.T, newHot makeHot) {
	synctest.Test(t, func(t *testing.T) {
		h := newHot(t, middleware.Grace(time.Minute))
		time.Sleep(hotTTL - time.Second/2)
		h.get().wantHit(t, `run 1 for ""`)
		h.get().wantHit(t, `run 1 for ""`)
		time.Sleep(time.Second * 3 / 4)
		h.get().wantBody(t, `run 1 for ""`) // while it is made anew
		synctest.Wait()
		h.get().wantBody(t, `run 2 for ""`)
	})
}

// A memoized hit is served only to requests that select it.
func TestAHotPageIsOnlyForThoseWhoAskForIt(t *testing.T) {
	inEachStore(t, aHotPageIsOnlyForThoseWhoAskForIt)
}

func aHotPageIsOnlyForThoseWhoAskForIt(t *testing.T, newHot makeHot) {
	h := newHot(t)
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
func TestAHotVariantIsForThoseWhoSelectIt(t *testing.T) {
	runs := 0
	page := within(inMemory(t), middleware.CachePage(hotTTL)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
func TestAHotVariantThatIsPurgedIsNotServed(t *testing.T) {
	inEachStore(t, func(t *testing.T, newHot makeHot) { aHotVariantThatIsPurgedIsNotServed(t, newHot(t).caches) })
}

func aHotVariantThatIsPurgedIsNotServed(t *testing.T, caches *cache.Handler) {
	runs := 0
	page := within(caches, middleware.CachePage(hotTTL)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
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
func TestAHotPageIsOfItsOwnCaches(t *testing.T) {
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
func TestARewrittenRequestIsNotTakenForAHotOne(t *testing.T) {
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
func TestWhatOuterMiddlewareSetsIsSeenBesideAHotPage(t *testing.T) {
	inEachStore(t, whatOuterMiddlewareSetsIsSeenBesideAHotPage)
}

func whatOuterMiddlewareSetsIsSeenBesideAHotPage(t *testing.T, newHot makeHot) {
	h := newHot(t)
	w := httptest.NewRecorder()
	w.Header().Set("Set-Cookie", "csrf=1")
	h.page.ServeHTTP(w, request("GET", "/page?a=1"))
	if w.Body.String() == `run 1 for ""` || !strings.Contains(w.Header().Get("Cache-Status"), "set-cookie") {
		t.Errorf("%q, %s", w.Body, w.Header().Get("Cache-Status"))
	}
}

// A memoized hit is combined with each request's fields of outer middleware.
func TestAHotPageGoesWithFieldsOfOuterMiddleware(t *testing.T) {
	inEachStore(t, aHotPageGoesWithFieldsOfOuterMiddleware)
}

func aHotPageGoesWithFieldsOfOuterMiddleware(t *testing.T, newHot makeHot) {
	h := newHot(t)
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
func TestAHotPageIsCountedAsAHit(t *testing.T) {
	h := newHot(t)
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
func TestLinesOfAHotPageBelongToEachResponse(t *testing.T) {
	inEachStore(t, linesOfAHotPageBelongToEachResponse)
}

func linesOfAHotPageBelongToEachResponse(t *testing.T, newHot makeHot) {
	h := newHot(t)
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
func TestHotPagesKeepNoPageAlive(t *testing.T) {
	h := newHot(t)
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
