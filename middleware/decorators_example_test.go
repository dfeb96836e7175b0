package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/larder-go/larder/middleware"
)

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }

// show prints the status of the response to a request, how many bytes it has,
// and some of its fields.
func show(h http.Handler, r *http.Request, names ...string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, http.StatusText(w.Code), w.Body.Len())
	for _, name := range names {
		fmt.Println(name+":", w.Header().Get(name))
	}
}

func ExampleNeverCache() {
	account := middleware.NeverCache(http.HandlerFunc(hello))
	show(account, httptest.NewRequest("GET", "/account", nil), "Cache-Control")
	// Output:
	// 200 OK 5
	// Cache-Control: max-age=0, no-cache, no-store, must-revalidate, private
}

func ExampleCacheControl() {
	news := middleware.CacheControl(middleware.Public, middleware.MaxAge(time.Hour))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			hello(w, r)
		}))
	show(news, httptest.NewRequest("GET", "/news", nil), "Cache-Control")
	// Output:
	// 200 OK 5
	// Cache-Control: public, max-age=60
}

func ExampleVaryOnHeaders() {
	page := middleware.VaryOnHeaders("Accept-Language", "User-Agent")(middleware.VaryOnCookie(http.HandlerFunc(hello)))
	show(page, httptest.NewRequest("GET", "/", nil), "Vary")
	// Output:
	// 200 OK 5
	// Vary: Accept-Language, User-Agent, Cookie
}

func ExampleConditionalGet() {
	page := middleware.ConditionalGet(1 << 20)(http.HandlerFunc(hello))
	show(page, httptest.NewRequest("GET", "/", nil), "Etag")
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("If-None-Match", `"LPJNul-wow4m6Dsqxbning"`)
	show(page, r)
	// Output:
	// 200 OK 5
	// Etag: W/"LPJNul-wow4m6Dsqxbning"
	// 304 Not Modified 0
}

func ExampleCondition() {
	type article struct {
		version int
		changed time.Time
	}
	article7 := article{version: 3, changed: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)}

	page := middleware.Condition(
		func(*http.Request) (string, error) { return fmt.Sprintf("v%d", article7.version), nil },
		func(*http.Request) (time.Time, error) { return article7.changed, nil },
	)(http.HandlerFunc(hello))

	show(page, httptest.NewRequest("GET", "/articles/7", nil), "Etag", "Last-Modified")

	read := httptest.NewRequest("GET", "/articles/7", nil)
	read.Header.Set("If-None-Match", `"v3"`)
	show(page, read)

	change := httptest.NewRequest("PUT", "/articles/7", nil)
	change.Header.Set("If-Match", `"v2"`)
	show(page, change)
	// Output:
	// 200 OK 5
	// Etag: "v3"
	// Last-Modified: Sun, 01 Mar 2026 12:00:00 GMT
	// 304 Not Modified 0
	// 412 Precondition Failed 0
}
