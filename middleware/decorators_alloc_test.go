package middleware_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A header decorator allocates at most twice.
func TestHeaderDecoratorsAllocateTwiceAtMost(t *testing.T) {
	page := []byte("page")
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) })
	for name, test := range map[string]struct {
		decorate func(http.Handler) http.Handler
		most     float64
	}{
		"NeverCache":             {middleware.NeverCache, 2}, // Expires is another every second
		"CacheControl":           {middleware.CacheControl(middleware.Public, middleware.MaxAge(time.Hour)), 1},
		"CacheControl, strictly": {middleware.CacheControl(middleware.Private, middleware.MaxAge(time.Hour)), 1},
		"VaryOnHeaders":          {middleware.VaryOnHeaders("Origin", "Accept"), 1},
		"VaryOnCookie":           {middleware.VaryOnCookie, 1},
	} {
		if got := allocations(test.decorate(h), request("GET", "/")); got > test.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, test.most)
		}
	}
}

func BenchmarkDecorators(b *testing.B) {
	page := []byte("page")
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) })
	for name, decorate := range decorators {
		b.Run(name, func(b *testing.B) {
			decorated := decorate(h)
			w, r := &nowhere{header: make(http.Header)}, request("GET", "/")
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				decorated.ServeHTTP(w, r)
			}
		})
	}
}
