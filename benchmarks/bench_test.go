package benchmarks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"

	_ "github.com/larder-go/larder/backends/memstore" // the entries are there
)

const (
	entries   = 100_000
	valueSize = 256
)

func keyOf(i int) string { return fmt.Sprintf("user:%07d", i) }

// spread visits all entries in an order that no prefetcher follows.
func spread(i int) int { return int(uint64(i) * 11400714819323198485 % entries) }

func BenchmarkRivals(b *testing.B) {
	keys := make([]string, entries)
	for i := range keys {
		keys[i] = keyOf(i)
	}
	for _, r := range rivals.All() {
		c, shut, err := r.Open(2*entries, valueSize)
		if err != nil {
			b.Fatal(err)
		}
		for _, key := range keys {
			c.Set(key, make([]byte, valueSize))
		}
		rivals.Settle(c)
		b.Run("Get/"+r.Name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Get(keys[spread(i)])
			}
		})
		value := make([]byte, valueSize)
		b.Run("Set/"+r.Name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Set(keys[spread(i)], value)
			}
		})
		shut()
	}
}

type user struct {
	ID    int64
	Name  string
	Email string
}

// BenchmarkCore has the hits of the core on a memory store.
func BenchmarkCore(b *testing.B) {
	ctx, caches := open(b)
	c := cache.From(ctx, cache.DefaultAlias)
	users := cache.For[user](c)
	if err := c.SetBytes(ctx, "bytes", make([]byte, valueSize)); err != nil {
		b.Fatal(err)
	}
	if err := users.Set(ctx, "native", user{1, "Ada", "ada@bench.example"}, cache.Native); err != nil {
		b.Fatal(err)
	}
	if err := users.Set(ctx, "encoded", user{1, "Ada", "ada@bench.example"}); err != nil {
		b.Fatal(err)
	}
	load := func(context.Context) (user, error) { return user{}, nil }
	scoped := caches.Proxy(cache.DefaultAlias)
	for _, hit := range []struct {
		name string
		do   func() error
	}{
		{"GetBytes/shared", func() error { _, _, err := c.GetBytes(ctx, "bytes", cache.Shared); return err }},
		{"GetBytes/copied", func() error { _, _, err := c.GetBytes(ctx, "bytes"); return err }},
		{"GetBytes/proxy", func() error { _, _, err := scoped.GetBytes(ctx, "bytes", cache.Shared); return err }},
		{"Get/native", func() error { _, _, err := users.Get(ctx, "native"); return err }},
		{"Get/encoded", func() error { _, _, err := users.Get(ctx, "encoded"); return err }},
		{"GetOrSet/native", func() error { _, err := users.GetOrSet(ctx, "native", load); return err }},
	} {
		b.Run(hit.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := hit.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// open returns the context of a request, with its caches in memory.
func open(b *testing.B) (context.Context, *cache.Handler) {
	b.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = caches.Shutdown(context.Background()) }) // memory has nothing to lose
	return caches.Scope(b.Context()), caches
}

// nowhere is a ResponseWriter that drops the body.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) WriteHeader(int)             {}
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkPage has a hit of CachePage beside the handler that it stands for.
func BenchmarkPage(b *testing.B) {
	ctx, _ := open(b)
	for _, size := range []int{1 << 10, 32 << 10} {
		body := make([]byte, size)
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			_, _ = w.Write(body)
		})
		page := middleware.CachePage(time.Hour, middleware.KeyPrefix(fmt.Sprint(size)))(handler)
		for _, h := range []struct {
			name    string
			handler http.Handler
		}{{"floor", handler}, {"hit", page}} {
			b.Run(fmt.Sprintf("%s/%d", h.name, size), func(b *testing.B) {
				w := nowhere{http.Header{}}
				r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://bench.example/page?a=1", nil)
				r.Header.Set("Accept-Encoding", "gzip, deflate, br")
				h.handler.ServeHTTP(w, r)
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					h.handler.ServeHTTP(w, r)
				}
			})
		}
	}
}
