package middleware_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// lasting is a store that its handlers do not shut down.
type lasting struct{ driver.Store }

func (lasting) Shutdown(context.Context) error { return nil }

// processes returns the caches of n processes with one store between them, which
// keeps bytes. They share nothing else: each loads by itself.
func processes(t *testing.T, n int) []*cache.Handler {
	t.Helper()
	store, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Shutdown(context.Background()) })
	all := make([]*cache.Handler, n)
	for i := range all {
		all[i] = newCaches(t, cache.Config{Opener: &driver.Backend{
			Open:     func(context.Context, driver.Config) (driver.Store, error) { return &lasting{store}, nil },
			Validate: func(driver.Config) error { return nil },
		}})
	}
	return all
}

// wantGone asks for a page and fails if the answer is from before.
func wantGone(t *testing.T, p http.Handler, target string, fields ...string) {
	t.Helper()
	if a := ask(p, target, fields...); a.isHit() {
		t.Errorf("%s %q is still there: %q, %q", target, fields, a.body, a.cacheStatus())
	}
}

// wantThere asks for a page and fails if it is not in the cache.
func wantThere(t *testing.T, p http.Handler, target string, fields ...string) {
	t.Helper()
	if a := ask(p, target, fields...); !a.isHit() {
		t.Errorf("%s %q is gone: %q", target, fields, a.cacheStatus())
	}
}
