package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// Decorators inside of a CachePage are a part of what is cached, and those
// outside are told of what comes out of it.

// VaryOnHeaders selects the variant whether it is inside or outside of CachePage.
// RFC 9111, 4.1; Django, vary_on_headers
func TestVaryOnHeadersOnEitherSideOfACachePage(t *testing.T) {
	vary := middleware.VaryOnHeaders("X-Tenant")
	page := middleware.CachePage(ttl)
	tenant := func() *handler {
		return &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Header.Get("X-Tenant")) }}
	}
	for side, wrap := range map[string]func(http.Handler) http.Handler{
		"inside":  func(h http.Handler) http.Handler { return page(vary(h)) },
		"outside": func(h http.Handler) http.Handler { return vary(page(h)) },
	} {
		h := tenant()
		s := newServer(t, within(inMemory(t), wrap(h)))
		for range 3 {
			for _, name := range []string{"a", "b"} {
				a := fetch(t, s, "GET", "/", "X-Tenant: "+name)
				a.wantBody(t, name)
				if !strings.Contains(a.header.Get("Vary"), "X-Tenant") {
					t.Errorf("%s: Vary is %q", side, a.header["Vary"])
				}
			}
		}
		if runs := h.runs.Load(); runs > 4 {
			t.Errorf("%s: %d runs", side, runs)
		}
		if a := fetch(t, s, "GET", "/", "X-Tenant: a"); !a.isHit() {
			t.Errorf("%s: no hit: %q", side, a.header)
		}
	}
}

// VaryOnCookie inside of CachePage stores one page for each value of Cookie.
// RFC 9111, 4.1; Django, vary_on_cookie
func TestVaryOnCookieInsideOfACachePageSharesByCookie(t *testing.T) {
	h := answering("page")
	s := newServer(t, within(inMemory(t), middleware.CachePage(ttl)(middleware.VaryOnCookie(h))))
	fetch(t, s, "GET", "/", "Cookie: user=a")
	fetch(t, s, "GET", "/", "Cookie: user=a").wantHit(t, "page")
	if a := fetch(t, s, "GET", "/", "Cookie: user=b"); a.isHit() {
		t.Errorf("one user got the page of another: %q", a.header)
	}
}

// NeverCache keeps a page out of the cache on either side of CachePage.
// Django, never_cache
func TestNeverCacheOnEitherSideKeepsAPageOutOfTheCache(t *testing.T) {
	page := middleware.CachePage(ttl)
	for side, wrap := range map[string]func(http.Handler) http.Handler{
		"inside":  func(h http.Handler) http.Handler { return page(middleware.NeverCache(h)) },
		"outside": func(h http.Handler) http.Handler { return middleware.NeverCache(page(h)) },
	} {
		h := answering("page", "Cache-Control: max-age=60, public")
		s := newServer(t, within(inMemory(t), wrap(h)))
		for range 3 {
			a := fetch(t, s, "GET", "/")
			if got := control(a); a.isHit() || got != "max-age=0, must-revalidate, no-cache, no-store, private" {
				t.Errorf("%s: %q, %q", side, got, a.cacheStatus())
			}
		}
		h.wantRuns(t, 3)
	}
}

// CacheControl counts for the cache and for clients on either side of CachePage.
// Django, cache_control
func TestCacheControlOnEitherSideOfACachePage(t *testing.T) {
	page := middleware.CachePage(ttl)
	public := middleware.CacheControl(middleware.Public, middleware.MaxAge(time.Minute))
	private := middleware.CacheControl(middleware.Private)
	for _, test := range []struct {
		rule string
		wrap func(http.Handler) http.Handler
		hit  bool
		want string
	}{
		{"public inside", func(h http.Handler) http.Handler { return page(public(h)) }, true, "max-age=60, public"},
		{"public outside", func(h http.Handler) http.Handler { return public(page(h)) }, true, "max-age=0, must-revalidate, public"},
		{"private inside", func(h http.Handler) http.Handler { return page(private(h)) }, false, "private"},
		{"private outside", func(h http.Handler) http.Handler { return private(page(h)) }, false, "private"},
	} {
		s := newServer(t, within(inMemory(t), test.wrap(answering("page"))))
		for i := range 3 {
			a := fetch(t, s, "GET", "/")
			a.wantBody(t, "page")
			if got := control(a); got != test.want || a.isHit() != (test.hit && i > 0) {
				t.Errorf("%s, request %d: %q, %q", test.rule, i, got, a.cacheStatus())
			}
		}
	}
}

// ConditionalGet answers 304 on either side of CachePage.
func TestConditionalGetOnEitherSideOfACachePage(t *testing.T) {
	page, conditional := middleware.CachePage(ttl), middleware.ConditionalGet(1<<20)
	for side, wrap := range map[string]func(http.Handler) http.Handler{
		"inside":  func(h http.Handler) http.Handler { return page(conditional(h)) },
		"outside": func(h http.Handler) http.Handler { return conditional(page(h)) },
	} {
		h := answering("page")
		s := newServer(t, within(inMemory(t), wrap(h)))
		tag := fetch(t, s, "GET", "/").header.Get("Etag")
		if tag == "" {
			t.Errorf("%s: no tag", side)
		}
		for _, method := range []string{"GET", "HEAD"} {
			if a := fetch(t, s, method, "/", "If-None-Match: "+tag); a.status != 304 || a.header.Get("Etag") != tag {
				t.Errorf("%s: %s: %d, %q", side, method, a.status, a.header)
			}
		}
		fetch(t, s, "GET", "/", `If-None-Match: "other"`).wantHit(t, "page")
		h.wantRuns(t, 1)
	}
}

// Condition answers 304 on either side of CachePage, and does not keep others from getting the
// page.
func TestConditionOnEitherSideOfACachePage(t *testing.T) {
	page, condition := middleware.CachePage(ttl), middleware.Condition(tagged("tag"), modifiedAt(someTime))
	for side, wrap := range map[string]func(http.Handler) http.Handler{
		"inside":  func(h http.Handler) http.Handler { return page(condition(h)) },
		"outside": func(h http.Handler) http.Handler { return condition(page(h)) },
	} {
		h := answering("page")
		s := newServer(t, within(inMemory(t), wrap(h)))
		// The first request does not keep the others from getting the page.
		if a := fetch(t, s, "GET", "/", `If-None-Match: "tag"`); a.status != 304 || a.body != "" {
			t.Errorf("%s: %d %q", side, a.status, a.body)
		}
		fetch(t, s, "GET", "/").wantBody(t, "page")
		a := fetch(t, s, "GET", "/")
		a.wantHit(t, "page")
		if a := fetch(t, s, "GET", "/", "If-None-Match: "+a.header.Get("Etag")); a.status != 304 {
			t.Errorf("%s: %d", side, a.status)
		}
		h.wantRuns(t, 1)
	}
}
