package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// A request that comes after a purge gets what was made after it.

const pageURL = "http://example.com/page"

// numbered returns a handler whose pages have the number of their run, which
// takes a second.
func numbered(fields ...string) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		n := h.runs.Load()
		time.Sleep(time.Second)
		addFields(w.Header(), fields)
		_, _ = fmt.Fprintf(w, "run %d", n)
	}
	return h
}

// Requests that come after a purge do not get the run that began before it.
func TestAPurgeWhileManyWaitForAPage(t *testing.T) {
	for name, purge := range map[string]func(context.Context) error{
		"hard":   func(ctx context.Context) error { return plainPages.Purge(ctx, pageURL) },
		"soft":   func(ctx context.Context) error { return plainPages.PurgeSoft(ctx, pageURL) },
		"prefix": func(ctx context.Context) error { return plainPages.PurgePrefix(ctx, "http://example.com") },
	} {
		for _, vary := range []string{"X-None", "Accept-Language", "Cookie"} {
			t.Run(name+" "+vary, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					caches := inMemory(t)
					h := numbered("Vary: " + vary)
					p := within(caches, middleware.CachePage(ttl)(h))
					before := startMany(t, p, 10)
					time.Sleep(time.Second / 2)
					if err := purge(caches.Scope(t.Context())); err != nil {
						t.Fatal(err)
					}
					after := startMany(t, p, 10)
					for _, c := range before {
						if a := c.wait(); c.panics != nil || a.status != 200 || !strings.HasPrefix(a.body, "run ") {
							t.Fatalf("asked before: %d %q, panic %v", a.status, a.body, c.panics)
						}
					}
					for _, c := range after {
						if a := c.wait(); c.panics != nil || a.status != 200 || a.body == "run 1" {
							t.Fatalf("asked after: %d %q, panic %v", a.status, a.body, c.panics)
						}
					}
					if a := ask(p, "/page"); a.body == "run 1" {
						t.Errorf("stored: %q", a.body)
					}
				})
			})
		}
	}
}

// A page that is stale at birth and was purged during its run is not kept for stale use.
func TestAPurgeWhileAPageIsMadeThatIsStaleAtOnce(t *testing.T) {
	// Its waiters are let go, and what is kept of it is kept beside the flight.
	for _, says := range []string{
		"max-age=0, stale-while-revalidate=60", "max-age=0, stale-if-error=60", "no-cache, stale-if-error=60", "max-age=0",
	} {
		t.Run(says, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caches := inMemory(t)
				failing := false
				h := numbered("Cache-Control: "+says, `ETag: "1"`)
				p := within(caches, middleware.Shared()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if failing {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					h.ServeHTTP(w, r)
				})))
				first := start(t, p, request("GET", "/page"))
				if err := plainPages.Purge(caches.Scope(t.Context()), pageURL); err != nil {
					t.Fatal(err)
				}
				first.wait().wantBody(t, "run 1")
				failing = true
				if a := ask(p, "/page", "Cache-Control: max-stale"); a.body == "run 1" {
					t.Errorf("after the purge, while the handler fails: %q, %q", a.body, a.cacheStatus())
				}
				failing = false
				if a := ask(p, "/page"); a.body == "run 1" {
					t.Errorf("after the purge: %q, %q", a.body, a.cacheStatus())
				}
				time.Sleep(10 * time.Second) // for what is refreshed in the background
			})
		})
	}
}

// After a purge by prefix, the old page does not replace a failure.
func TestAfterAPurgeByPrefixNobodyGetsTheOldPageForAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caches := inMemory(t)
		var failing atomic.Bool
		p := within(caches, middleware.CachePage(time.Second, middleware.Grace(time.Hour))(slow(false, func(w http.ResponseWriter, _ *http.Request) {
			if failing.Load() {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			_, _ = io.WriteString(w, "old")
		})))
		ask(p, "/page").wantBody(t, "old")
		// Stale, and one run is under way that has it to fall back to.
		time.Sleep(2 * time.Second)
		failing.Store(true)
		ask(p, "/page").wantBody(t, "old")
		synctest.Wait()
		if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
			t.Fatal(err)
		}
		if a := ask(p, "/page"); a.body == "old" {
			t.Errorf("after the purge: %d %q, %q", a.status, a.body, a.cacheStatus())
		}
	})
}

// selective fails operations on the keys that hold a text.
type selective struct {
	driver.Store
	text string
	err  atomic.Pointer[error]
}

func (s *selective) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.err.Load(); err != nil && strings.Contains(string(key), s.text) {
		return nil, *err
	}
	return s.Store.Get(ctx, key)
}

// A purge by prefix counts even if the list of purges could not be read at first.
func TestAPurgeByPrefixCountsThoughTheListCannotBeReadAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *selective
		caches := newCaches(t, wrapped(func(inner driver.Store) driver.Store {
			s = &selective{Store: inner, text: "page:purges"}
			return s
		}))
		h := new(handler)
		h.serve = func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, "run %d", h.runs.Load()) }
		p := within(caches, middleware.CachePage(ttl)(h))
		ask(p, "/page").wantBody(t, "run 1")
		ask(p, "/page").wantHit(t, "run 1")
		if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
			t.Fatal(err)
		}
		errFlaky := errors.New("flaky")
		s.err.Store(&errFlaky)
		ask(p, "/other").wantBody(t, "run 2")
		s.err.Store(nil)
		ask(p, "/page").wantBody(t, "run 3")
	})
}

// A purge by prefix holds in the process that made it when the store has evicted its list.
func TestAPurgeByPrefixOutlivesTheListInTheStore(t *testing.T) {
	// A bounded store may evict the list, while pages that are asked for more
	// often stay.
	synctest.Test(t, func(t *testing.T) {
		caches := inMemory(t)
		p := within(caches, middleware.CachePage(ttl)(numbered()))
		ask(p, "/page").wantBody(t, "run 1")
		scope := caches.Scope(t.Context())
		if err := plainPages.PurgePrefix(scope, "http://example.com/page"); err != nil {
			t.Fatal(err)
		}
		ask(p, "/other").wantBody(t, "run 2")
		if deleted, err := cache.From(scope, "default").Delete(scope, "page:purges"); err != nil || !deleted {
			t.Fatalf("the list is elsewhere: %v, %v", deleted, err)
		}
		time.Sleep(2 * time.Second)
		ask(p, "/other").wantHit(t, "run 2")
		if err := plainPages.PurgePrefix(scope, "http://example.com/third"); err != nil {
			t.Fatal(err)
		}
		ask(p, "/page").wantBody(t, "run 3")
	})
}
