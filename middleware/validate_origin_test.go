package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

const modified = "Mon, 02 Jan 2006 15:04:05 GMT"

// origin is a handler that validates: it answers 304 to those who have what it
// has.
type origin struct {
	handler
	etag         string
	lastModified string
	body         string
	fields       []string // of each response
	only304      []string // of a 304

	mu    sync.Mutex
	asked []string // the conditions that it got
}

func (o *origin) note(asked string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, asked)
}

func newOrigin(fields ...string) *origin {
	o := &origin{etag: `"1"`, lastModified: modified, body: "page", fields: fields}
	o.serve = o.answer
	return o
}

func (o *origin) answer(w http.ResponseWriter, r *http.Request) {
	o.note(r.Header.Get("If-None-Match") + " " + r.Header.Get("If-Modified-Since"))
	time.Sleep(time.Second)
	addFields(w.Header(), o.fields)
	if o.etag != "" {
		w.Header().Set("Etag", o.etag)
	}
	if o.lastModified != "" {
		w.Header().Set("Last-Modified", o.lastModified)
	}
	inm, ims := r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")
	if inm != "" && inm == o.etag || inm == "" && ims != "" && ims == o.lastModified {
		addFields(w.Header(), o.only304)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, o.body)
}

func (o *origin) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	if len(o.asked) != len(want) {
		t.Fatalf("the conditions are %q, want %q", o.asked, want)
	}
	for i := range want {
		if o.asked[i] != want[i] {
			t.Errorf("the conditions are %q, want %q", o.asked, want)
		}
	}
}

// overStores runs a test on each kind of store whose entries do not depend on
// the file system, in a bubble.
func overStores(t *testing.T, f func(t *testing.T, caches *cache.Handler)) {
	for name, cfg := range map[string]cache.Config{"native": {Backend: "memory"}, "bytes": new(backend).config(), "files": {Backend: "file", Location: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, newCaches(t, cfg)) })
		})
	}
}

// A stale page with a validator is validated, and a 304 refreshes its stored fields.
// RFC 9111, 4.3; RFC 9111, 4.3.1; RFC 9111, 4.3.3; RFC 9111, 4.3.4; RFC 9111, 3.2
func TestAStalePageIsValidated(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"view":   middleware.CachePage(10 * time.Second),
		"site":   middleware.Site(),
		"shared": middleware.Shared(),
	} {
		t.Run(name, func(t *testing.T) {
			overStores(t, func(t *testing.T, caches *cache.Handler) {
				o := newOrigin("Cache-Control: max-age=10", "X-Version: old", "X-Kept: 1")
				p := within(caches, wrap(o))
				first := ask(p, "/page")
				for round := range 3 {
					time.Sleep(15 * time.Second)
					o.fields = []string{"Cache-Control: max-age=10", fmt.Sprint("X-Version: ", round)}
					o.only304 = []string{"Content-Length: 999", "Content-Encoding: gzip", "Content-Range: bytes 0-1/2"}
					a := ask(p, "/page")
					a.wantBody(t, "page")
					a.wantStatus(t, "larder; fwd=stale; fwd-status=304; stored")
					hit := ask(p, "/page")
					hit.wantHit(t, "page")
					for _, a := range []answer{a, hit} {
						h := a.header
						if a.status != 200 || h.Get("X-Version") != fmt.Sprint(round) || h.Get("X-Kept") != "1" || h.Get("Etag") != `"1"` ||
							h.Get("Content-Length") != "4" || h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" ||
							h.Get("Content-Type") != first.header.Get("Content-Type") {
							t.Errorf("round %d: %d %q", round, a.status, h)
						}
						// The 304 is of that moment, though a handler says no Date.
						if date, err := http.ParseTime(h.Get("Date")); err != nil || time.Since(date) > time.Second {
							t.Errorf("round %d: Date %q", round, h.Get("Date"))
						}
					}
					if age := hit.header.Get("Age"); age != "1" || a.header.Get("Age") != "" {
						t.Errorf("round %d: Age %q of the validated one, and %q of the hit", round, a.header.Get("Age"), age)
					}
				}
				both := `"1" ` + modified
				o.wantAsked(t, " ", both, both, both)
			})
		})
	}
}

// A stored response is validated with its ETag as it is, or with its Last-Modified.
// RFC 9111, 4.3.1
func TestAPageIsValidatedByWhatItHas(t *testing.T) {
	for _, test := range []struct{ etag, lastModified, asked string }{
		{`"1"`, "", `"1" `},
		{`W/"1"`, "", `W/"1" `},
		{"", modified, " " + modified},
	} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			o := newOrigin("Cache-Control: max-age=10")
			o.etag, o.lastModified = test.etag, test.lastModified
			p := within(caches, middleware.Shared()(o))
			ask(p, "/page")
			time.Sleep(15 * time.Second)
			ask(p, "/page").wantStatus(t, "larder; fwd=stale; fwd-status=304; stored")
			o.wantAsked(t, " ", test.asked)
		})
	}
}

// A full response to a validation replaces the stored one.
// RFC 9111, 4.3.3
func TestAChangedPageReplacesTheOld(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(caches, middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		o.etag, o.body = `"2"`, "another page"
		clients := startMany(t, p, 100)
		for i, c := range clients {
			a := c.wantWhole(t, "another page")
			if i == 0 {
				a.wantStatus(t, "larder; fwd=stale; fwd-status=200; stored")
			}
		}
		o.wantRuns(t, 2)
		a := ask(p, "/page")
		a.wantHit(t, "another page")
		if a.header.Get("Etag") != `"2"` {
			t.Errorf("%q", a.header)
		}
	})
}

// Concurrent requests wait for one validation.
// RFC 9111, 4.3; RFC 9211, 2.6
func TestManyWaitForOneValidation(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(caches, middleware.Shared()(o))
		ask(p, "/page")
		for range 5 {
			time.Sleep(15 * time.Second)
			for i, c := range startMany(t, p, 100) {
				a := c.wantWhole(t, "page")
				want := "larder; fwd=stale; fwd-status=200; stored; collapsed"
				if i == 0 {
					want = "larder; fwd=stale; fwd-status=304; stored"
				}
				a.wantStatus(t, want)
			}
		}
		o.wantRuns(t, 6)
	})
}

// The client's own conditions are evaluated against the result of a validation.
// RFC 9111, 4.3.2; RFC 9111, 4.3.3
func TestTheClientsOwnConditionsAreAnsweredFromTheResult(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		o := newOrigin("Cache-Control: max-age=10", "X-A: 1")
		p := within(caches, middleware.Shared()(o))
		ask(p, "/page")
		for round := range 2 {
			time.Sleep(15 * time.Second)
			etag := `"1"`
			if round > 0 {
				o.etag, o.body = `"2"`, "another"
				etag = `"2"`
			}
			fresh := start(t, p, request("GET", "/page", "If-None-Match: "+etag))
			old := start(t, p, request("GET", "/page", `If-None-Match: "0"`))
			ranged := start(t, p, request("GET", "/page", "Range: bytes=0-1"))
			head := start(t, p, request("HEAD", "/page"))
			if a := fresh.wait(); a.status != http.StatusNotModified || a.body != "" || a.header.Get("Etag") != etag || a.header.Get("Content-Length") != "" {
				t.Errorf("round %d: %d %q %q", round, a.status, a.header, a.body)
			}
			old.wantWhole(t, o.body)
			if a := ranged.wait(); a.status != http.StatusPartialContent || a.body != o.body[:2] {
				t.Errorf("round %d: a range: %d %q", round, a.status, a.body)
			}
			if a := head.wait(); a.status != 200 || a.body != "" || a.header.Get("Content-Length") != fmt.Sprint(len(o.body)) {
				t.Errorf("round %d: HEAD: %d %q", round, a.status, a.header)
			}
		}
		o.wantRuns(t, 3)
	})
}

// A condition of a client does not reach the handler of a shared run, also when nothing is stored.
// RFC 9111, 4.3.2
func TestAConditionOfTheClientDoesNotReachTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(inMemory(t), middleware.Shared()(o))
		if a := ask(p, "/page", `If-None-Match: "1"`); a.status != http.StatusNotModified {
			t.Errorf("the status is %d", a.status)
		}
		o.wantAsked(t, " ")
		ask(p, "/page").wantHit(t, "page")
	})
}

// A response with no-cache or max-age=0 is stored by Shared and validated each time.
// RFC 9111, 5.2.2.4; RFC 9111, 5.2.2.1; RFC 9111, 4.3.1
func TestAPageThatMustAlwaysBeValidated(t *testing.T) {
	for _, control := range []string{"no-cache", "max-age=0", "max-age=0, must-revalidate"} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			o := newOrigin("Cache-Control: " + control)
			p := within(caches, middleware.Shared()(o))
			ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
			for range 3 {
				a := ask(p, "/page")
				a.wantBody(t, "page")
				a.wantStatus(t, "larder; fwd=stale; fwd-status=304; stored")
			}
			o.wantRuns(t, 4)
		})
	}
}

// The Age of a 304 from an inner cache counts.
// RFC 9111, 4.2.3; RFC 9111, 4.3.4
func TestA304FromACacheFurtherInTellsItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin("Cache-Control: max-age=100")
		p := within(inMemory(t), middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(150 * time.Second)
		o.only304 = []string{"Age: 50"}
		if age := ask(p, "/page").header.Get("Age"); age != "51" && age != "50" {
			t.Errorf("Age is %q", age)
		}
		time.Sleep(10 * time.Second)
		a := ask(p, "/page")
		a.wantStatus(t, "larder; hit; ttl=39")
		if age := a.header.Get("Age"); age != "61" {
			t.Errorf("Age is %q", age)
		}
	})
}
