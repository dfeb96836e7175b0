package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// outside returns the page of a handler behind middleware that sets header
// fields and puts a value of the request's into the context, which the page
// shows: as middleware for CSRF tokens and languages does.
func outside(t *testing.T, set func(h http.Header, value string)) http.Handler {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caches.Shutdown(context.Background()) })
	type key struct{}
	page := middleware.CachePage(time.Minute)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "for ", r.Context().Value(key{}))
	}))
	requests := 0
	return middleware.Lifecycle(middleware.WithCaches(caches))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		value := r.Header.Get("Accept-Language")
		if value == "" {
			value = fmt.Sprint("visitor ", requests)
		}
		set(w.Header(), value)
		page.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, value)))
	}))
}

// Set-Cookie, private, no-store, no-cache or Vary: * of outer middleware keep the page out of the
// cache.
// RFC 9111, 3; RFC 9111, 5.2.2.7; RFC 9111, 5.2.2.5; RFC 9111, 7.3
func TestWhatOuterMiddlewareSetsForOneClientKeepsThePageOutOfTheCache(t *testing.T) {
	for detail, set := range map[string]func(h http.Header, value string){
		"set-cookie":  func(h http.Header, value string) { h.Add("Set-Cookie", "csrf="+value) },
		"private":     func(h http.Header, _ string) { h.Set("Cache-Control", "private") },
		"no-store":    func(h http.Header, _ string) { h.Set("Cache-Control", "no-store") },
		"no-cache":    func(h http.Header, _ string) { h.Set("Cache-Control", "no-cache") },
		"vary-any":    func(h http.Header, _ string) { h.Set("Vary", "*") },
		"vary-hidden": func(h http.Header, _ string) { h.Set("Vary", "X-Forwarded-For") },
	} {
		t.Run(detail, func(t *testing.T) {
			h := outside(t, set)
			for visitor := 1; visitor <= 3; visitor++ {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				if want := fmt.Sprint("for visitor ", visitor); w.Body.String() != want {
					t.Errorf("%q, want %q", w.Body, want)
				}
				if got, want := w.Header().Get("Cache-Status"), "larder; fwd=bypass; detail="+detail; got != want {
					t.Errorf("Cache-Status is %q, want %q", got, want)
				}
			}
		})
	}
}

// A field that outer middleware names in Vary selects the variant.
// RFC 9111, 4.1
func TestWhatOuterMiddlewareVariesOnIsAPartOfTheKey(t *testing.T) {
	h := outside(t, func(h http.Header, _ string) { h.Add("Vary", "Accept-Language") })
	get := func(language string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", language)
		h.ServeHTTP(w, r)
		if want := "for " + language; w.Body.String() != want {
			t.Errorf("%q, want %q", w.Body, want)
		}
		return w
	}
	get("en")
	get("de")
	if status := get("en").Header().Get("Cache-Status"); status != "larder; hit; ttl=59" && status != "larder; hit; ttl=60" {
		t.Errorf("Cache-Status is %q, want a hit", status)
	}
}

// Vary: Host does not keep a page out of the cache, since the host is in the key.
// RFC 9111, 4.1
func TestThatAPageDependsOnItsHostIsNoReasonNotToKeepIt(t *testing.T) {
	h := outside(t, func(h http.Header, _ string) { h.Set("Vary", "Host") })
	for _, want := range []string{"larder; fwd=uri-miss; fwd-status=200; stored", "larder; hit; ttl=60"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if status := w.Header().Get("Cache-Status"); status != want && status != "larder; hit; ttl=59" {
			t.Errorf("Cache-Status is %q, want %q", status, want)
		}
	}
}

// A run does not read the request of a client that has left. The race detector sees it.
func TestARunDoesNotReadTheRequestOfAClientThatHasLeft(t *testing.T) {
	h := outside(t, func(http.Header, string) {})
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
		r.Header.Set("Accept-Language", "en")
		gone := make(chan struct{})
		go func() {
			cancel()
			close(gone)
		}()
		h.ServeHTTP(httptest.NewRecorder(), r)
		r.Header.Set("Accept-Language", "de") // with -race, this is the check
		<-gone
	}
}

// An error for one odd request does not keep the page out of the cache for others.
func TestOneMalformedRequestDoesNotKeepAPageOutOfTheCache(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caches.Shutdown(context.Background()) })
	page := middleware.CachePage(time.Minute)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Odd") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	h := middleware.Lifecycle(middleware.WithCaches(caches))(page)
	malformed := httptest.NewRequest("GET", "/", nil)
	malformed.Header.Set("X-Odd", "1")
	h.ServeHTTP(httptest.NewRecorder(), malformed)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Cache-Status"); got != "larder; fwd=uri-miss; fwd-status=200; stored" {
		t.Errorf("Cache-Status is %q, want the page to be stored", got)
	}
}

// A page with a nonce in its own Content-Security-Policy is not stored, since a server makes a new
// nonce each time that it sends a policy.
// CSP Level 3, 7.1
func TestAPageWithANonceInItsOwnPolicyIsNotStored(t *testing.T) {
	for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		h := answering("page", name+": script-src 'nonce-abc'")
		p := cached(t, h)
		for range 2 {
			a := ask(p, "/")
			a.wantBody(t, "page")
			if a.isHit() {
				t.Errorf("%s: %s", name, a.cacheStatus())
			}
		}
		h.wantRuns(t, 2)
	}
}
