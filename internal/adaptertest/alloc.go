package adaptertest

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/larder-go/larder/cache"
)

// nowhere is a ResponseWriter without memory of its own.
type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(int)             {}
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }

// Allocations returns how many there are to answer a GET for path, when it was
// asked for before. The request's caches are there already.
func Allocations(t *testing.T, h http.Handler, caches *cache.Handler, path string) (number float64) {
	t.Helper()
	asking(t, h, caches, path, func(ask func()) { number = testing.AllocsPerRun(1000, ask) })
	return number
}

// AllocatedBytes is Allocations for how many bytes there are.
func AllocatedBytes(t *testing.T, h http.Handler, caches *cache.Handler, path string) (bytes uint64) {
	t.Helper()
	asking(t, h, caches, path, func(ask func()) {
		const times = 100
		var before, after runtime.MemStats
		ask()
		runtime.ReadMemStats(&before)
		for range times {
			ask()
		}
		runtime.ReadMemStats(&after)
		bytes = (after.TotalAlloc - before.TotalAlloc) / times
	})
	return bytes
}

// asking calls measure with a function that asks for path.
func asking(t *testing.T, h http.Handler, caches *cache.Handler, path string, measure func(ask func())) {
	t.Helper()
	scope := caches.Scope(t.Context())
	defer func() {
		if err := scope.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	r := httptest.NewRequest(http.MethodGet, path, nil).WithContext(scope)
	w := &nowhere{header: make(http.Header)}
	measure(func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
}
