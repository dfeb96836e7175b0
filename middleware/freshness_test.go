package middleware_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// freshFor is for how many seconds a response to a first request is served without asking the
// handler again, at most an hour.
func freshFor(t *testing.T, around func(http.Handler) http.Handler, header func() fields) (seconds int) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			addFields(w.Header(), header())
			_, _ = w.Write([]byte("page"))
		}}
		p := within(inMemory(t), around(h))
		ask(p, "/page").wantBody(t, "page")
		for ask(p, "/page").isHit() && seconds < 3600 {
			time.Sleep(time.Second)
			seconds++
		}
	})
	return seconds
}

// ago is a date of some time before now, or after it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(http.TimeFormat) }

// Shared takes the lifetime of a response from CDN-Cache-Control, else from s-maxage, max-age
// or Expires, else a tenth of the time since Last-Modified, in this order; without any of them
// nothing is served without validation.
// RFC 9111, 4.2.1; RFC 9111, 4.2.2; RFC 9111, 5.2.2.1; RFC 9111, 5.2.2.10; RFC 9111, 5.3
// RFC 9213, 2.2; RFC 9213, 2.3; RFC 9213, 3
func TestTheLifetimeComesFromTheResponse(t *testing.T) {
	for rule, test := range map[string]struct {
		header func() fields
		want   int
	}{
		"nothing is said":                {func() fields { return nil }, 0},
		"max-age":                        {func() fields { return fields{"Cache-Control: max-age=10"} }, 10},
		"s-maxage before max-age":        {func() fields { return fields{"Cache-Control: max-age=10, s-maxage=20"} }, 20},
		"max-age before Expires":         {func() fields { return fields{"Cache-Control: max-age=10", "Expires: " + ago(-time.Minute)} }, 10},
		"Expires":                        {func() fields { return fields{"Expires: " + ago(-time.Minute)} }, 60},
		"Expires less Date":              {func() fields { return fields{"Expires: " + ago(-time.Minute), "Date: " + ago(-30*time.Second)} }, 30},
		"an invalid Expires":             {func() fields { return fields{"Expires: soon", "Last-Modified: " + ago(time.Hour)} }, 0},
		"a tenth of the age":             {func() fields { return fields{"Last-Modified: " + ago(100*time.Second)} }, 10},
		"Age counts":                     {func() fields { return fields{"Cache-Control: max-age=10", "Age: 4"} }, 6},
		"a targeted field":               {func() fields { return fields{"CDN-Cache-Control: max-age=5", "Cache-Control: s-maxage=20"} }, 5},
		"a targeted field over no-store": {func() fields { return fields{"CDN-Cache-Control: max-age=5", "Cache-Control: no-store"} }, 5},
		"a malformed targeted field":     {func() fields { return fields{"CDN-Cache-Control: max-age=5,", "Cache-Control: s-maxage=20"} }, 20},
		"another's targeted field":       {func() fields { return fields{"Other-Cache-Control: max-age=5", "Cache-Control: s-maxage=20"} }, 20},
	} {
		if got := freshFor(t, middleware.Shared(), test.header); got != test.want {
			t.Errorf("%s: fresh for %d seconds, want %d", rule, got, test.want)
		}
	}
}

// The ttl of CachePage counts before max-age of the response; Site uses max-age, and DefaultTTL
// only without it.
// Django, cache_page
func TestTheLifetimeOfAViewIsItsTTLAndOfASiteThatOfTheResponse(t *testing.T) {
	view := middleware.CachePage(10 * time.Second)
	site := middleware.Site(middleware.DefaultTTL(30 * time.Second))
	for _, test := range []struct {
		rule   string
		around func(http.Handler) http.Handler
		field  string
		want   int
	}{
		{"a view, nothing is said", view, "X: 1", 10},
		{"a view, max-age", view, "Cache-Control: max-age=20", 10},
		{"a view, max-age=0", view, "Cache-Control: max-age=0", 0},
		{"a site, nothing is said", site, "X: 1", 30},
		{"a site, max-age", site, "Cache-Control: max-age=20", 20},
		{"a site, max-age=0", site, "Cache-Control: max-age=0", 0},
	} {
		if got := freshFor(t, test.around, func() fields { return fields{test.field} }); got != test.want {
			t.Errorf("%s: fresh for %d seconds, want %d", test.rule, got, test.want)
		}
	}
}

// A final status other than 200 is stored if the response says for how long.
// RFC 9111, 3; RFC 9110, 15.1
func TestAnotherStatusIsStoredIfTheResponseSaysForHowLong(t *testing.T) {
	for name, around := range map[string]func(http.Handler) http.Handler{
		"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "Shared": middleware.Shared(),
	} {
		for _, status := range []int{203, 301, 302, 404, 410} {
			for control, want := range map[string]bool{"max-age=60": true, "": false} {
				h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
					if control != "" {
						w.Header().Set("Cache-Control", control)
					}
					w.WriteHeader(status)
				}}
				p := within(inMemory(t), around(h))
				ask(p, "/page")
				if a := ask(p, "/page"); a.isHit() != want || a.status != status {
					t.Errorf("%s, %d, %q: hit %v, status %d", name, status, control, a.isHit(), a.status)
				}
			}
		}
	}
}

// A response with must-understand is stored although it says no-store if its status is
// understood, and not stored if it is not.
// RFC 9111, 5.2.2.3
func TestMustUnderstandReplacesNoStore(t *testing.T) {
	for status, want := range map[int]bool{200: true, 404: true, 599: false} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60, no-store, must-understand")
			w.WriteHeader(status)
		}}
		p := within(inMemory(t), middleware.Shared()(h))
		ask(p, "/page")
		if hit := ask(p, "/page").isHit(); hit != want {
			t.Errorf("%d: hit %v, want %v", status, hit, want)
		}
	}
}

// Shared obeys the directives of requests: no-cache, Pragma and an exceeded max-age or min-fresh
// validate, max-stale accepts a stale page, no-store keeps the response from being stored, and
// only-if-cached gets 504 unless the page is there.
// RFC 9111, 5.2.1.1; RFC 9111, 5.2.1.2; RFC 9111, 5.2.1.3; RFC 9111, 5.2.1.4
// RFC 9111, 5.2.1.5; RFC 9111, 5.2.1.7; RFC 9111, 5.4; RFC 8246, 2
func TestASharedCacheObeysRequests(t *testing.T) {
	const again, hit, timeout = "run 2", "run 1", ""
	for _, test := range []struct {
		says  string
		age   time.Duration
		asks  string
		want  string // the body
		after string // that of an ordinary request afterwards
	}{
		{"max-age=60", 0, "Cache-Control: no-cache", again, again},
		{"max-age=60", 0, "Pragma: no-cache", again, again},
		{"max-age=60", 30 * time.Second, "Cache-Control: max-age=20", again, again},
		{"max-age=60", 30 * time.Second, "Cache-Control: max-age=40", hit, hit},
		{"max-age=60", 30 * time.Second, "Cache-Control: max-age=0", again, again},
		{"max-age=60, immutable", 30 * time.Second, "Cache-Control: max-age=0", hit, hit},
		{"max-age=60", 30 * time.Second, "Cache-Control: min-fresh=40", again, again},
		{"max-age=60", 30 * time.Second, "Cache-Control: min-fresh=20", hit, hit},
		{"max-age=60", 70 * time.Second, "Cache-Control: max-stale=20", hit, again},
		{"max-age=60", 90 * time.Second, "Cache-Control: max-stale=20", again, again},
		{"max-age=60, must-revalidate", 70 * time.Second, "Cache-Control: max-stale", again, again},
		{"max-age=60, proxy-revalidate", 70 * time.Second, "Cache-Control: max-stale", again, again},
		{"max-age=60", 0, "Cache-Control: only-if-cached", hit, hit},
		{"max-age=60", 70 * time.Second, "Cache-Control: only-if-cached", timeout, again},
		{"max-age=60", 70 * time.Second, "Cache-Control: no-store", again, "run 3"},
		{"no-store", 0, "Cache-Control: only-if-cached", timeout, again},
	} {
		t.Run(fmt.Sprint(test.says, ", after ", test.age, ", ", test.asks), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := within(inMemory(t), middleware.Shared()(counting("Cache-Control: "+test.says, `ETag: "1"`)))
				ask(p, "/page").wantBody(t, "run 1")
				time.Sleep(test.age)
				a := ask(p, "/page", test.asks)
				if a.body != test.want && (test.want != timeout || a.status != http.StatusGatewayTimeout) {
					t.Errorf("it got %d %q", a.status, a.body)
				}
				ask(p, "/page").wantBody(t, test.after)
			})
		})
	}
}
