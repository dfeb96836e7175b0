package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// pagesOf are the kinds of page, with an alias and a prefix that all have.
var pagesOf = map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
	"CachePage": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
		return middleware.CachePage(time.Hour, o...)
	},
	"Site": middleware.Site,
	"Shared": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
		return middleware.Shared(append(o, middleware.DefaultTTL(time.Hour))...)
	},
}

// nested calls test for each kind of page around each other, and around two.
func nested(t *testing.T, test func(t *testing.T, outer func(http.Handler) http.Handler, inner func(...middleware.PageOption) func(http.Handler) http.Handler)) {
	for outerName, outer := range pagesOf {
		for innerName, inner := range pagesOf {
			t.Run(outerName+" around "+innerName, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, outer(), inner) })
			})
			t.Run("Site around "+outerName+" around "+innerName, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					test(t, func(h http.Handler) http.Handler { return middleware.Site()(outer()(h)) }, inner)
				})
			})
		}
	}
}

type pageKind = func(...middleware.PageOption) func(http.Handler) http.Handler

// What an inner page keeps apart by a value is not stored by an outer cache.
func TestAnInnerPageIsKeptApartForEachUser(t *testing.T) {
	nested(t, func(t *testing.T, outer func(http.Handler) http.Handler, inner pageKind) {
		h := forUserIn("X-Name")
		p := within(inMemory(t), outer(inner(middleware.IgnoreCookies("*"), middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-Name") }))(h)))
		for range 3 {
			for _, name := range []string{"ada", "bob"} {
				ask(p, "/home", "X-Name: "+name).wantBody(t, "for "+name)
			}
			time.Sleep(15 * time.Second) // what was not stored is forgotten
		}
		if n := h.runs.Load(); n > 6 {
			t.Errorf("the handler has run %d times", n)
		}
	})
}

// What an inner page bypasses is not stored by an outer cache.
func TestWhatAnInnerPageBypassesIsNotStoredOutside(t *testing.T) {
	nested(t, func(t *testing.T, outer func(http.Handler) http.Handler, inner pageKind) {
		h := answering("page")
		p := within(inMemory(t), outer(inner(middleware.When(func(*http.Request) bool { return false }))(h)))
		for range 3 {
			ask(p, "/page")
			time.Sleep(15 * time.Second)
		}
		h.wantRuns(t, 3)
	})
}

// The lifetime of an inner page is its own, also inside an outer cache.
func TestAnInnerPageKeepsItsLifetime(t *testing.T) {
	nested(t, func(t *testing.T, outer func(http.Handler) http.Handler, inner pageKind) {
		var h *handler
		h = &handler{serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, h.runs.Load()) }}
		p := within(inMemory(t), outer(inner(middleware.StatusTTL(200, time.Second))(h)))
		last := ""
		for range 12 {
			body := ask(p, "/clock").body
			if body == last {
				t.Errorf("after two seconds still the page of one second: %s", body)
			}
			last = body
			time.Sleep(2 * time.Second)
		}
	})
}

// An inner page is a hit from the second request on.
func TestAnInnerPageIsAHitFromTheSecondRequestOn(t *testing.T) {
	nested(t, func(t *testing.T, outer func(http.Handler) http.Handler, inner pageKind) {
		h := answering("page")
		p := within(inMemory(t), outer(inner()(h)))
		for range 8 {
			ask(p, "/page").wantBody(t, "page")
			time.Sleep(5 * time.Second)
		}
		if n := h.runs.Load(); n > 3 {
			t.Errorf("the handler has run %d times", n)
		}
	})
}

// A page that is made of cached parts, by changing the path, has them cached.
func TestPartsOfAPageAreCached(t *testing.T) {
	parts := &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }}
	part := middleware.CachePage(ttl)(parts)
	whole := middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, path := range []string{"/a", "/b"} {
			inner := r.Clone(r.Context())
			inner.URL.Path = path
			out := httptest.NewRecorder()
			part.ServeHTTP(out, inner)
			_, _ = w.Write(out.Body.Bytes())
		}
	}))
	caches := inMemory(t)
	p := within(caches, whole)
	for range 5 {
		ask(p, "/page").wantBody(t, "/a/b")
	}
	if n := parts.runs.Load(); n > 5 {
		t.Errorf("the parts were made %d times", n)
	}
	runs := parts.runs.Load()
	if err := plainPages.Purge(caches.Scope(t.Context()), "http://example.com/page"); err != nil {
		t.Fatal(err)
	}
	ask(p, "/page").wantBody(t, "/a/b")
	if n := parts.runs.Load(); n != runs+2 {
		t.Errorf("after a purge, %d parts are made", n-runs)
	}
}
