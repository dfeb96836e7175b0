package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What a 304 may change, and what it may not.

// staleAfter is when a page with max-age=10 is stale, and still there to be
// validated.
func staleAfter(mode string) time.Duration {
	if mode == "view" {
		return viewTTL + time.Second
	}
	return 15 * time.Second
}

// A Vary in a 304 counts from then on.
// RFC 9111, 4.1; RFC 9111, 4.3.4
func TestAPageThatIsValidatedAndVariesFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		varies := false
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			language := "en"
			if varies {
				w.Header().Set("Vary", "Accept-Language")
				language = r.Header.Get("Accept-Language")
			}
			w.Header().Set("ETag", fmt.Sprintf("%q", language))
			w.Header().Set("Cache-Control", "max-age=10")
			if r.Header.Get("If-None-Match") == fmt.Sprintf("%q", language) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = io.WriteString(w, language)
		}}
		for mode, p := range modes(t, h) {
			varies = false
			ask(p, "/page", "Accept-Language: en").wantBody(t, "en")
			time.Sleep(staleAfter(mode))
			varies = true
			ask(p, "/page", "Accept-Language: en").wantBody(t, "en")
			ask(p, "/page", "Accept-Language: de").wantBody(t, "de")
			ask(p, "/page", "Accept-Language: en").wantBody(t, "en")
			if t.Failed() {
				t.Fatal(mode)
			}
		}
	})
}

// What a 304 has for one client goes to that client alone.
// RFC 9111, 7.3; RFC 9111, 5.2.2.7
func TestA304WithSomethingPrivate(t *testing.T) {
	for _, field := range []string{"Set-Cookie: session=alice", "Cache-Control: private", "Cache-Control: no-store", "Vary: *"} {
		synctest.Test(t, func(t *testing.T) {
			runs := 0
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("If-None-Match") != "" {
					runs++
					addFields(w.Header(), []string{field, fmt.Sprint("X-For: client ", runs)})
					w.WriteHeader(http.StatusNotModified)
					return
				}
				w.Header().Set("Cache-Control", "max-age=10")
				_, _ = io.WriteString(w, "page")
			}}
			for mode, p := range modes(t, h) {
				if mode == "literal" && strings.HasPrefix(field, "Set-Cookie") {
					continue // stored, to the letter
				}
				ask(p, "/page").wantBody(t, "page")
				time.Sleep(staleAfter(mode))
				for range 3 {
					a := ask(p, "/page")
					a.wantBody(t, "page")
					if got := a.header.Get("X-For"); got != fmt.Sprint("client ", runs) {
						t.Errorf("%s: %s: the answer is for %q, not for client %d; %s", mode, field, got, runs, a.cacheStatus())
					}
				}
			}
		})
	}
}

// A 304 that selects no stored page is not used.
// RFC 9111, 4.3.4
func TestA304ThatSelectsAnotherPage(t *testing.T) {
	for _, validator := range []string{`ETag: "other"`, `ETag: W/"other"`, "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=10")
				if r.Header.Get("If-None-Match") != "" {
					addFields(w.Header(), []string{validator})
					w.WriteHeader(http.StatusNotModified)
					return
				}
				w.Header().Set("ETag", `"1"`)
				_, _ = io.WriteString(w, "page")
			}}
			for mode, p := range modes(t, h) {
				for range 3 {
					a := ask(p, "/page")
					a.wantBody(t, "page")
					if a.status != 200 {
						t.Errorf("%s: %d", mode, a.status)
					}
					time.Sleep(staleAfter(mode))
				}
			}
		})
	}
}

// A 304 with a body, a length or a coding of another page does not change the stored body.
// RFC 9111, 3.2; RFC 9110, 15.4.5
func TestA304CannotChangeTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=10")
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") != "" {
				addFields(w.Header(), []string{"Content-Length: 1", "Content-Encoding: gzip", "Content-Range: bytes 0-0/4", "Transfer-Encoding: chunked", "Connection: Etag"})
				w.WriteHeader(http.StatusNotModified)
				_, _ = io.WriteString(w, "half")
				return
			}
			_, _ = io.WriteString(w, "page")
		}}
		for mode, p := range modes(t, h) {
			ask(p, "/page")
			time.Sleep(staleAfter(mode))
			for range 2 {
				a := ask(p, "/page")
				a.wantBody(t, "page")
				if a.header.Get("Content-Length") != "4" && a.header.Get("Content-Length") != "" || a.header.Get("Content-Encoding") != "" {
					t.Errorf("%s: %q", mode, a.header)
				}
			}
		}
	})
}

// After a failure with a long body, requests are coalesced again.
func TestALongFailureIsForgottenAtOnce(t *testing.T) {
	failing := true
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		if failing {
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
	}}
	for mode, p := range modes(t, h) {
		failing = true
		ask(p, "/page")
		failing = false
		ask(p, "/page")
		if a := ask(p, "/page"); !a.isHit() {
			t.Errorf("%s: %s", mode, a.cacheStatus())
		}
	}
}

// A page that was withdrawn is gone, except for the time in which it may be served stale.
// RFC 9111, 4.2.4
func TestAPageThatWasWithdrawnIsGoneWhenItsTimeIsOver(t *testing.T) {
	for _, status := range []int{403, 410} {
		synctest.Test(t, func(t *testing.T) {
			gone := false
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=10, stale-while-revalidate=30, stale-if-error=30")
				if gone {
					w.Header().Set("Cache-Control", "no-store")
					w.WriteHeader(status)
					return
				}
				_, _ = io.WriteString(w, "page")
			}}
			for mode, p := range modes(t, h, middleware.Grace(30*time.Second)) {
				gone = false
				ask(p, "/page")
				gone = true
				if mode == "view" {
					time.Sleep(viewTTL)
				}
				time.Sleep(41 * time.Second)
				if a := ask(p, "/page"); a.status != status {
					t.Errorf("%s: %d %q %s", mode, a.status, a.body, a.cacheStatus())
				}
				synctest.Wait()
			}
		})
	}
}
