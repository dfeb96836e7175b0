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

// whileWriting is a ResponseWriter whose client takes its time: before is called
// when the body is being sent.
type whileWriting struct {
	*httptest.ResponseRecorder
	before func()
}

func (w whileWriting) Write(p []byte) (int, error) {
	w.before()
	return w.ResponseRecorder.Write(p)
}

// A memoized hit of the default caches is not served after SetDefault has replaced them.
func TestAMemoizedPageIsOfTheDefaultCachesThatHadIt(t *testing.T) {
	before := cache.DefaultHandler()
	defer cache.SetDefault(before)
	old, current := inMemory(t), inMemory(t)
	cache.SetDefault(old)
	version := "old"
	page := middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(version))
	}))
	ask(page, "/").wantBody(t, "old")
	page.ServeHTTP(whileWriting{httptest.NewRecorder(), func() { cache.SetDefault(current) }}, request("GET", "/"))
	version = "new"
	if a := ask(page, "/"); a.isHit() || a.body != "new" {
		t.Errorf("caches that never had a page answer with it: %q, %s", a.body, a.cacheStatus())
	}
}

// pageKeyOf returns the key of the page that page answers target with, from the
// events of its caches.
func pageKeyOf(t *testing.T, caches *cache.Handler, page http.Handler, target string) (key string) {
	t.Helper()
	disconnect := caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventHit && strings.HasPrefix(e.Key, "page:") && e.Key != "page:purges" {
			key = e.Key
		}
		return nil
	})
	defer disconnect()
	if ask(page, target); key == "" {
		t.Fatalf("%s is not a hit", target)
	}
	return key
}

// A memoized hit is not served after its key was changed or deleted by any operation.
func TestAMemoizedPageWhoseKeyOthersChange(t *testing.T) {
	const target = "/page?a=1"
	for how, change := range map[string]func(c *cache.BaseCache, key string) error{
		"deleted": func(c *cache.BaseCache, key string) error {
			_, err := c.Delete(t.Context(), key)
			return err
		},
		"deleted with others": func(c *cache.BaseCache, key string) error { return c.DeleteMany(t.Context(), []string{key, "other"}) },
		"set to bytes":        func(c *cache.BaseCache, key string) error { return c.SetBytes(t.Context(), key, []byte("v")) },
		"set to nothing that stays": func(c *cache.BaseCache, key string) error {
			return c.Set(t.Context(), key, "v", cache.After(-time.Second))
		},
		"moved to another version": func(c *cache.BaseCache, key string) error {
			_, err := c.IncrVersion(t.Context(), key, 1)
			return err
		},
		"kept under another key only": func(c *cache.BaseCache, key string) error {
			var value any
			if _, err := c.Get(t.Context(), key, &value); err != nil {
				return err
			}
			if err := c.Set(t.Context(), "copy", value, cache.Native, cache.After(ttl)); err != nil {
				return err
			}
			_, err := c.Delete(t.Context(), key)
			return err
		},
		"touched and deleted": func(c *cache.BaseCache, key string) error {
			if _, err := c.Touch(t.Context(), key, cache.After(ttl)); err != nil {
				return err
			}
			_, err := c.Delete(t.Context(), key)
			return err
		},
	} {
		t.Run(how, func(t *testing.T) {
			h := newMemoized(t)
			key := pageKeyOf(t, h.caches, h.page, target)
			c, err := h.caches.Cache(cache.DefaultAlias)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(c, key); err != nil {
				t.Fatal(err)
			}
			if a := h.get(); a.isHit() {
				t.Errorf("it is not under its key any more, and still served: %s", a.cacheStatus())
			}
		})
	}
}

// The fast path remembers no long hosts.
func TestMemoizedHitsDoNotRememberLongHosts(t *testing.T) {
	const (
		pages = 64
		long  = 1 << 19
	)
	caches := newCaches(t, cache.Config{Backend: "memory"})
	page := within(caches, middleware.CachePage(ttl)(answering("page")))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range pages {
		for range 2 {
			r := request("GET", "/")
			r.Host = strings.Repeat(string(rune('0'+i)), long) + ".test"
			page.ServeHTTP(&nowhere{header: make(http.Header)}, r)
		}
	}
	if err := cache.From(caches.Scope(t.Context()), cache.DefaultAlias).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := heap(); after > before+pages*long/2 {
		t.Errorf("%d hosts of %d KiB keep %d MiB when the cache is empty", pages, long>>10, (after-before)>>20)
	}
	runtime.KeepAlive(page)
}

// Pages that share a slot of the fast path are served correctly.
func TestMemoizedHitsShareSlots(t *testing.T) {
	page := cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Host, r.URL)
	}))
	for what, change := range map[string]func(r *http.Request, i int){
		"host": func(r *http.Request, i int) { r.Host = fmt.Sprint(i, ".test") },
		"URI":  func(r *http.Request, i int) { r.RequestURI = fmt.Sprint("/", i); r.URL.Path = r.RequestURI },
		"path": func(r *http.Request, i int) { r.URL.Path = fmt.Sprint("/rewritten/", i) },
	} {
		for range 3 {
			for i := range 1500 {
				r := request("GET", "/")
				change(r, i)
				if a := send(page, r); a.body != r.Host+r.URL.String() {
					t.Fatalf("by %s: %s%s is answered with %q, %s", what, r.Host, r.URL, a.body, a.cacheStatus())
				}
			}
		}
	}
}

// A memoized hit with a content coding is served only to clients that accept the coding.
// RFC 9110, 12.5.3
func TestAMemoizedPageIsForCachesThatCanReadIt(t *testing.T) {
	page := cached(t, answering("coded", "Content-Encoding: gzip"))
	for range 3 {
		ask(page, "/", "Accept-Encoding: gzip").wantBody(t, "coded")
	}
	if a := ask(page, "/", "Accept-Encoding: identity"); a.isHit() {
		t.Errorf("who cannot read it gets %q, %s", a.body, a.cacheStatus())
	}
}
