package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

func ExampleCachePage() {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	defer caches.Shutdown(context.Background())

	runs := 0
	reports := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runs++
		fmt.Fprintf(w, "report %d", runs)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /reports", middleware.CachePage(5*time.Minute, middleware.IgnoreCookies("_ga"))(reports))
	handler := middleware.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(new(signals.Bus)))(mux)

	for _, cookie := range []string{"_ga=1", "_ga=2", "session=alice"} {
		r := httptest.NewRequest("GET", "/reports", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Body, "-", w.Header().Get("Cache-Status"))
	}
	// Output:
	// report 1 - larder; fwd=uri-miss; fwd-status=200; stored
	// report 1 - larder; hit; ttl=299
	// report 2 - larder; fwd=uri-miss; fwd-status=200; detail=credentials
}
