package cache_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/larder-go/larder/cache"
)

// A request's caches are in its scope, and are closed when it ends.
// middleware.Lifecycle does what withScope does here, and more.
func ExampleHandler_Scope() {
	caches := memory()
	defer caches.Shutdown(context.Background())

	withScope := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			scope := caches.Scope(r.Context())
			defer cache.CloseCaches(scope)
			next.ServeHTTP(w, r.WithContext(scope))
		})
	}
	visits := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		c := cache.From(ctx, "default")
		if _, err := c.Add(ctx, "visits", 0); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		n, err := c.Incr(ctx, "visits", 1)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "visit %d", n)
	})
	server := withScope(visits)
	for range 2 {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		fmt.Println(w.Body)
	}
	// Output:
	// visit 1
	// visit 2
}

// A package variable can stand for a cache that is configured later.
func ExampleDefault() {
	names := cache.For[string](cache.Default())

	caches := memory()
	defer caches.Shutdown(context.Background())
	cache.SetDefault(caches)
	defer cache.SetDefault(nil)

	ctx := context.Background()
	if err := names.Set(ctx, "k", "v"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(names.Get(ctx, "k"))
	// Output: v true <nil>
}
