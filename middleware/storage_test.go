package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// stores are the kinds of store that a page goes through.
func stores(t *testing.T) map[string]cache.Config {
	return map[string]cache.Config{
		"memory":                  {Backend: "memory"},
		"memory bounded by bytes": {Backend: "memory", Options: map[string]any{"max_bytes": 1 << 20}},
		"memory, encoded":         new(backend).config(),
		"files":                   {Backend: "file", Location: t.TempDir()},
	}
}

// A page from any store is the same as the handler's response.
func TestAPageIsTheSameFromEveryStore(t *testing.T) {
	for name, cfg := range stores(t) {
		t.Run(name, func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Vary"] = []string{"Accept", "X-B"}
				w.Header().Add("X-Many", "1")
				w.Header().Add("X-Many", "")
				w.Header()["X-None"] = nil
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				w.Header().Set("Cache-Status", "inner; fwd=miss")
				w.Header().Set("Age", "100")
				_, _ = io.WriteString(w, "page for "+r.Header.Get("X-B")+"\x00\xff")
			}}
			p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
			for _, b := range []string{"1", "2", "1", "2"} {
				a := ask(p, "/page", "X-B: "+b)
				a.wantBody(t, "page for "+b+"\x00\xff")
				if len(a.header["X-Many"]) != 2 || a.header.Get("Age") != "100" || !strings.HasPrefix(a.cacheStatus(), "inner; fwd=miss | larder; ") {
					t.Errorf("%q", a.header)
				}
			}
			h.wantRuns(t, 2)
			if a := ask(p, "/page", "X-B: 1", "If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT"); a.status != 304 {
				t.Errorf("the status is %d", a.status)
			}
		})
	}
}

// Requests are coalesced over every store.
func TestCoalescingOverEveryStore(t *testing.T) {
	for name, cfg := range stores(t) {
		if name == "files" {
			continue // its system calls do not block for good
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := slow(true, body("page"))
				p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
				for _, c := range startMany(t, p, 50) {
					c.wait().wantBody(t, "page")
				}
				h.wantRuns(t, 1)
			})
		})
	}
}

// A page that the store refuses as too large is served.
func TestAPageThatTheStoreRefusesIsServed(t *testing.T) {
	cfg := cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": 10_000}}
	for _, vary := range []string{"", "Accept"} {
		synctest.Test(t, func(t *testing.T) {
			h := answering(strings.Repeat("x", 20_000), "Vary: "+vary)
			p := within(newCaches(t, cfg), middleware.CachePage(ttl)(h))
			for range 2 {
				a := ask(p, "/page")
				a.wantBody(t, strings.Repeat("x", 20_000))
				if a.isHit() {
					t.Errorf("Cache-Status is %q", a.cacheStatus())
				}
				synctest.Wait() // until the store has refused it
			}
		})
	}
}

// logged collects what is logged while f runs.
func logged(f func()) string {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	defer slog.SetDefault(before)
	f()
	return b.String()
}

// A failing cache breaks no page: the handler answers, and the error is logged once in a while.
func TestAFailingCacheNeverBreaksAPage(t *testing.T) {
	errDown := errors.New("the server is down")
	for _, field := range []string{"X: 1", "Vary: Accept", "Cache-Control: private"} {
		synctest.Test(t, func(t *testing.T) {
			b := new(backend)
			p := within(newCaches(t, b.config()), middleware.CachePage(ttl)(answering("page", field)))
			log := logged(func() {
				b.failWith(errDown)
				for range 100 {
					ask(p, "/page").wantBody(t, "page")
				}
				time.Sleep(11 * time.Second)
				for range 100 {
					ask(p, "/page").wantBody(t, "page")
				}
			})
			if n := strings.Count(log, "the page cache fails"); n != 2 || !strings.Contains(log, "the server is down") {
				t.Errorf("%s: logged %d times, want 2", field, n)
			}
			b.failWith(nil)
			time.Sleep(11 * time.Second)
			ask(p, "/page").wantBody(t, "page")
			if a := ask(p, "/page"); a.isHit() == (field == "Cache-Control: private") {
				t.Errorf("%s: after the failure: Cache-Status is %q", field, a.cacheStatus())
			}
		})
	}
}

// Requests are coalesced over a failing cache.
func TestAFailingCacheDoesNotEndCoalescing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(backend)
		b.failWith(errors.New("the server is down"))
		h := slow(true, body("page"))
		p := within(newCaches(t, b.config()), middleware.CachePage(ttl)(h))
		for _, c := range startMany(t, p, 20) {
			c.wait().wantBody(t, "page")
		}
		h.wantRuns(t, 1)
	})
}

// Pages are served without a cache.
func TestWithoutACachePagesAreServed(t *testing.T) {
	shut := newCaches(t, cache.Config{Backend: "memory"})
	ask(within(shut, middleware.CachePage(ttl)(answering("page"))), "/page")
	if err := shut.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	handlers := map[string]http.Handler{
		"a cache that is shut down": within(shut, middleware.CachePage(ttl)(answering("page"))),
		"an unknown alias":          behindAMux(inMemory(t), middleware.CachePage(ttl, middleware.Alias("other"))(answering("page"))),
		"no caches at all":          middleware.CachePage(ttl)(answering("page")),
	}
	withoutBackends(t)
	for name, p := range handlers {
		log := logged(func() {
			for range 2 {
				a := ask(p, "/page")
				a.wantBody(t, "page")
				if a.isHit() || strings.Contains(a.cacheStatus(), "stored") {
					t.Errorf("%s: Cache-Status is %q", name, a.cacheStatus())
				}
			}
		})
		if n := strings.Count(log, "the page cache fails"); n != 1 {
			t.Errorf("%s: logged %d times, want 1", name, n)
		}
	}
}

// Pages go to the cache of their alias.
func TestPagesGoToTheCacheOfTheirAlias(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{
		cache.DefaultAlias: {Backend: "memory"},
		"pages":            {Backend: "memory", Location: "pages"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer caches.Shutdown(context.Background())
	p := within(caches, middleware.CachePage(ttl, middleware.Alias("pages"))(answering("page")))
	ask(p, "/page")
	clearAlias := func(name string) {
		c, err := caches.Cache(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	clearAlias(cache.DefaultAlias)
	ask(p, "/page").wantHit(t, "page")
	clearAlias("pages")
	if ask(p, "/page").isHit() {
		t.Error("it was not in its alias")
	}
}

// A run has a scope of its own, which is closed when it ends.
func TestTheRunHasAScopeOfItsOwnThatIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(backend)
		type key struct{}
		var inRun, ofRequest *cache.BaseCache
		var value any
		h := slow(true, func(w http.ResponseWriter, r *http.Request) {
			inRun = cache.From(r.Context(), cache.DefaultAlias)
			_ = inRun.Set(r.Context(), "key", 1)
			value = r.Context().Value(key{})
		})
		page := middleware.CachePage(ttl)(h)
		p := within(newCaches(t, b.config()), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ofRequest = cache.From(r.Context(), cache.DefaultAlias)
			page.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "the first request's")))
		}))
		ask(p, "/page").wantBody(t, "")
		if inRun == nil || inRun == ofRequest || value != "the first request's" {
			t.Errorf("the caches are %p and %p, the value is %v", inRun, ofRequest, value)
		}
		if opened, closed := b.opened.Load(), b.closed.Load(); opened != 2 || closed != 2 {
			t.Errorf("%d sessions were opened and %d closed, want 2", opened, closed)
		}
	})
}

// A corrupt entry is replaced by the next response.
func TestACorruptEntryIsReplaced(t *testing.T) {
	b := new(backend)
	caches := newCaches(t, b.config())
	h := answering("page")
	p := within(caches, middleware.CachePage(ttl)(h))
	ask(p, "/page")
	for i, damage := range []func([]byte) []byte{
		func(v []byte) []byte { return v[:len(v)-1] },
		func(v []byte) []byte { return []byte("something else") },
		func(v []byte) []byte { return nil },
	} {
		b.damage(damage)
		a := ask(p, "/page")
		a.wantBody(t, "page")
		if a.isHit() {
			t.Errorf("damage %d: a hit", i)
		}
		ask(p, "/page").wantHit(t, "page")
	}
}

// A foreign value under the key of a page does not break the page.
func TestAForeignEntryDoesNotBreakThePage(t *testing.T) {
	for name, value := range map[string]any{"a string": "x", "an integer": 5, "nil": nil, "bytes": []byte("x"), "a struct": struct{ A int }{1}} {
		for _, native := range []bool{false, true} {
			b := new(backend)
			cfg := b.config()
			if native {
				cfg = cache.Config{Backend: "memory"}
			}
			keys := make(map[string]bool)
			cfg.KeyFunc = func(prefix string, version int, key string) string {
				keys[key] = true
				return cache.DefaultKey(prefix, version, key)
			}
			caches := newCaches(t, cfg)
			p := within(caches, middleware.CachePage(ttl)(answering("page")))
			ask(p, "/page")
			c, err := caches.Cache(cache.DefaultAlias)
			if err != nil {
				t.Fatal(err)
			}
			for key := range keys {
				if err := c.Set(t.Context(), key, value); err != nil {
					t.Fatal(err)
				}
			}
			if p := panicOf(func() { ask(p, "/page").wantBody(t, "page") }); p != nil {
				t.Errorf("%s: panic: %v", name, p)
			}
		}
	}
}
