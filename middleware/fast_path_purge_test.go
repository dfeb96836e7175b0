package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// A purge by prefix in another process counts for memoized hits within a second.
func TestAMemoizedPageIsGoneASecondAfterAPurgeElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rules = "page:purges"
		h, elsewhere := newMemoized(t), inMemory(t)
		time.Sleep(100 * time.Millisecond)
		ctx := elsewhere.Scope(t.Context())
		defer ctx.Close(context.Background())
		if err := plainPages.PurgePrefix(ctx, "http://example.com/"); err != nil {
			t.Fatal(err)
		}
		ask(h.page, "/other") // the list of purges is fetched, and is empty
		var list any
		if _, err := cache.From(ctx, cache.DefaultAlias).Get(ctx, rules, &list); err != nil {
			t.Fatal(err)
		}
		c, err := h.caches.Cache(cache.DefaultAlias)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Set(t.Context(), rules, list, cache.Native, cache.Never); err != nil {
			t.Fatal(err)
		}
		time.Sleep(950 * time.Millisecond)
		h.get().wantHit(t, `run 1 for ""`) // still by the old list
		time.Sleep(100 * time.Millisecond)
		if a := h.get(); a.isHit() {
			t.Errorf("1.05 s after the purge: %s", a.cacheStatus())
		}
	})
}

// No request that comes after a purge has returned gets what was made before it began, memoized or
// not.
func TestNobodyGetsAMemoizedPageAfterItsPurge(t *testing.T) {
	const address = "http://example.com/"
	for how, invalidate := range map[string]func(ctx context.Context, page http.Handler) error{
		"purge":  func(ctx context.Context, _ http.Handler) error { return plainPages.Purge(ctx, address) },
		"prefix": func(ctx context.Context, _ http.Handler) error { return plainPages.PurgePrefix(ctx, address) },
		"clear":  func(ctx context.Context, _ http.Handler) error { return cache.From(ctx, cache.DefaultAlias).Clear(ctx) },
		"post": func(ctx context.Context, page http.Handler) error {
			send(page, request("POST", "/"))
			return nil
		},
	} {
		t.Run(how, func(t *testing.T) {
			var content atomic.Int64
			caches := inMemory(t)
			page := within(caches, middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = fmt.Fprintf(w, "%d", content.Load())
			})))
			ctx := caches.Scope(t.Context())
			defer ctx.Close(context.Background())
			var floor atomic.Int64
			var done atomic.Bool
			var clients sync.WaitGroup
			for range 2 {
				clients.Go(func() {
					for !done.Load() {
						least := floor.Load()
						a := ask(page, "/")
						var got int64
						if _, err := fmt.Sscan(a.body, &got); err != nil || got < least {
							t.Errorf("%q after the purge of all before %d: %s", a.body, least, a.cacheStatus())
							return
						}
					}
				})
			}
			for range 80 {
				now := content.Add(1)
				if err := invalidate(ctx, page); err != nil {
					t.Error(err)
				}
				floor.Store(now)
				for range 3 {
					ask(page, "/")
				}
			}
			done.Store(true)
			clients.Wait()
		})
	}
}

// Requests that are streamed, followed, bypassed and hit at the same time do not disturb each
// other, though their memory is reused.
func TestRequestsOfManyKindsAtOnce(t *testing.T) {
	caches := inMemory(t)
	page := within(caches, middleware.CachePage(ttl, middleware.HeedRequests(), middleware.Grace(time.Minute))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/private":
				w.Header().Set("Cache-Control", "private")
			case "/vary":
				w.Header().Set("Vary", "X-Kind")
			case "/short":
				w.Header().Set("Cache-Control", "max-age=0, stale-while-revalidate=60")
			}
			half := r.URL.Path + " " + r.URL.RawQuery + " " + r.Header.Get("X-Kind")
			_, _ = fmt.Fprint(w, half)
			if r.URL.Path == "/stream" {
				_ = http.NewResponseController(w).Flush()
			}
			_, _ = fmt.Fprint(w, ".")
		})))
	var clients sync.WaitGroup
	for client := range 8 {
		clients.Go(func() {
			for i := range 400 {
				path := [...]string{"/hit", "/stream", "/private", "/vary", "/short"}[(client+i)%5]
				r := request([...]string{"GET", "GET", "GET", "POST"}[i%4], fmt.Sprint(path, "?", i/40))
				kind := ""
				if path == "/vary" || path == "/private" {
					kind = fmt.Sprint(client % 2)
					r.Header.Set("X-Kind", kind)
				}
				if i%7 == 0 {
					r.Header.Set("Cache-Control", "no-cache")
				}
				w := httptest.NewRecorder()
				page.ServeHTTP(w, r)
				if want := fmt.Sprint(path, " ", i/40, " ", kind, "."); w.Body.String() != want {
					t.Errorf("%s %s: %q, want %q", r.Method, r.URL, w.Body, want)
					return
				}
			}
		})
	}
	clients.Wait()
}
