package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// BrowserTTL is added to the age of the page, since max-age counts from when the page was made: an
// old page is kept for as long as a new one.
// RFC 9111, 4.2.3
func TestBrowserTTLIsAddedToTheAgeOfThePage(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		p := within(caches, middleware.CachePage(time.Hour, middleware.BrowserTTL(time.Minute))(answering("page")))
		for _, want := range []string{"max-age=60", "max-age=61", "max-age=62", "max-age=102"} {
			a := ask(p, "/page")
			if got := a.header.Get("Cache-Control"); got != want {
				t.Errorf("at age %q: %q, want %q", a.header["Age"], got, want)
			}
			if again := ask(p, "/page").header.Get("Cache-Control"); again != want {
				t.Errorf("in the same second: %q, want %q", again, want)
			}
			if want == "max-age=62" {
				time.Sleep(39 * time.Second)
			}
			time.Sleep(time.Second)
		}
	})
}

// BrowserTTL is added to the Age with which a response arrived.
// RFC 9111, 4.2.3
func TestBrowserTTLIsAddedToTheAgeThatAPageCameWith(t *testing.T) {
	p := cached(t, answering("page", "Age: 100"), middleware.BrowserTTL(time.Minute))
	for range 2 {
		if got := ask(p, "/page").header.Get("Cache-Control"); got != "max-age=160" {
			t.Errorf("%q, want max-age=160", got)
		}
	}
}

// DjangoHeaders adds to a response what patch_response_headers of Django adds before a response is
// stored.
// Django, patch_response_headers
func TestDjangoHeadersAreThoseOfTheStoredResponse(t *testing.T) {
	const given = "Sun, 02 Jan 2033 15:04:05 GMT"
	for _, test := range []struct {
		rule    string
		fields  []string
		control string
		expires string // "" is 600 seconds after the page was made
	}{
		{"the handler says nothing", nil, "max-age=600", ""},
		{"public", []string{"Cache-Control: public"}, "public, max-age=600", ""},
		{"a smaller max-age", []string{"Cache-Control: max-age=60"}, "max-age=60", ""},
		{"a larger max-age", []string{"Cache-Control: max-age=6000, public"}, "public, max-age=600", ""},
		{"an Expires", []string{"Expires: " + given}, "max-age=600", given},
	} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			p := within(caches, middleware.CachePage(10*time.Minute, middleware.DjangoHeaders())(answering("page", test.fields...)))
			want := test.expires
			if want == "" {
				want = time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
			}
			for range 4 {
				a := ask(p, "/page")
				if got := a.header["Expires"]; len(got) != 1 || got[0] != want {
					t.Errorf("%s: at age %q: Expires is %q, want %s", test.rule, a.header["Age"], got, want)
				}
				if got := a.header["Cache-Control"]; len(got) != 1 || got[0] != test.control {
					t.Errorf("%s: Cache-Control is %q, want %s", test.rule, got, test.control)
				}
				time.Sleep(time.Minute)
			}
		})
	}
}

// DjangoHeaders of a Site uses the max-age of the response for Expires.
// Django, get_max_age
func TestDjangoHeadersOfASiteGoByTheMaxAgeOfTheResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := within(inMemory(t), middleware.Site(middleware.DjangoHeaders())(answering("page", "Cache-Control: max-age=60")))
		want := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
		for range 2 {
			if got := ask(p, "/page").header.Get("Expires"); got != want {
				t.Errorf("Expires is %s, want %s", got, want)
			}
			time.Sleep(time.Second)
		}
	})
}

// Without a ttl DjangoHeaders adds nothing, and what the response says stays.
func TestDjangoHeadersWithoutATTLLeaveTheResponseAsItIs(t *testing.T) {
	p := within(inMemory(t), middleware.Site(middleware.DjangoHeaders(), middleware.DefaultTTL(0))(answering("page", "Cache-Control: max-age=60")))
	for range 2 {
		if a := ask(p, "/page"); a.header.Get("Cache-Control") != "max-age=60" || a.header.Get("Expires") != "" {
			t.Errorf("%q, Expires %q", a.header.Get("Cache-Control"), a.header.Get("Expires"))
		}
	}
}
