package middleware_test

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// What unsafe methods invalidate, in odd forms and at odd times.

// changing returns a handler whose pages show how often something was changed,
// and that changes it on any other method, which change answers.
func changing(change http.HandlerFunc) *handler {
	h := new(handler)
	changes := 0
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		if r.Method != "GET" && r.Method != "HEAD" {
			changes++
			change(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, "%d changes", changes)
	}
	return h
}

// A response to an unsafe method invalidates its target whatever its form.
// RFC 9111, 4.4
func TestAChangeOfWhateverFormInvalidates(t *testing.T) {
	for name, change := range map[string]http.HandlerFunc{
		"nothing is written": func(http.ResponseWriter, *http.Request) {},
		"a body":             func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") },
		"204":                func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"303":                func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusSeeOther) },
		"flushed":            func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"after early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			_, _ = io.WriteString(w, "done")
		},
		"read from": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, io.LimitReader(zeros{}, 10_000))
		},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "PURGE", "MKCOL", "post"} {
			for mode, p := range modes(t, changing(change)) {
				ask(p, "/page").wantBody(t, "0 changes")
				send(p, request(method, "/page"))
				if a := ask(p, "/page"); a.body != "1 changes" {
					t.Fatalf("%s: %s %s: %q", name, mode, method, a.body)
				}
				break // the count is the handler's
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A change invalidates the page of its own target, also by other spellings of the same URL, and no
// other page.
// RFC 9111, 4.4; RFC 3986, 6.2.2
func TestAChangeInvalidatesItsOwnTargetAndNoOther(t *testing.T) {
	for target, same := range map[string]string{
		"//other.test/page": "", `/pa"ge`: "/pa%22ge", "/pä": "/p%c3%a4", "/p%C3%A4": "/pä", "/a%2Fb": "/a%2fb", "/a;b": "", "/page?x=%zz;y": "",
		"///": "", "/page/": "/pag%65/", "/a//b": "", "/{x}": "/%7Bx%7D", "/a:b": "",
		"/a/../page": "/page", "/./page": "/page", "/%70age": "/page", "/.": "/", "/..": "/", "/%2e%2e/page": "/page",
	} {
		others := slices.DeleteFunc([]string{"/page", "/a/page", "/b", "/"}, func(path string) bool { return path == same })
		for mode := range modes(t, nil) {
			p := modes(t, changing(func(http.ResponseWriter, *http.Request) {}))[mode]
			get := func(path string) answer {
				r := request("GET", "/")
				r.RequestURI = path
				setURL(t, r, path)
				return send(p, r)
			}
			for _, path := range append(others, target, cmp.Or(same, target)) {
				get(path).wantBody(t, "0 changes")
			}
			r := request("GET", "http://other.test/page")
			send(p, r).wantBody(t, "0 changes")
			change := request("POST", "/")
			change.RequestURI = target
			setURL(t, change, target)
			send(p, change)
			if a := get(target); a.body != "1 changes" {
				t.Errorf("%s: POST %s did not invalidate its target", mode, target)
			}
			if a := get(cmp.Or(same, target)); a.body != "1 changes" {
				t.Errorf("%s: POST %s did not invalidate %s", mode, target, same)
			}
			for _, path := range others {
				if a := get(path); a.body != "0 changes" {
					t.Errorf("%s: POST %s invalidated %s", mode, target, path)
				}
			}
			if a := send(p, request("GET", "http://other.test/page")); a.body != "0 changes" {
				t.Errorf("%s: POST %s invalidated another host's page", mode, target)
			}
		}
	}
}

// Location and Content-Location of a change invalidate pages of the same origin only.
// RFC 9111, 4.4; RFC 9110, 4.3.1
func TestAChangeNamesOnlyPagesOfItsOrigin(t *testing.T) {
	for location, want := range map[string]bool{
		"http://example.com/page": true, "/page": true, "page": true, "http://EXAMPLE.com:80/page": true, "/page#x": true,
		"http://evil.test/page": false, "//evil.test/page": false, "https://example.com/page": false, "http://example.com:81/page": false,
		"http://example.com@evil.test/page": false, "\x00": false, "http://[": false, "": false, "javascript:x": false,
	} {
		for _, field := range []string{"Location", "Content-Location"} {
			p := modes(t, changing(func(w http.ResponseWriter, _ *http.Request) { w.Header()[field] = []string{location} }))["site"]
			ask(p, "/page").wantBody(t, "0 changes")
			send(p, request("POST", "/other"))
			if a := ask(p, "/page"); (a.body == "1 changes") != want {
				t.Errorf("%s: %q: the page has %s", field, location, a.body)
			}
		}
	}
}

// An error response to an unsafe method invalidates nothing.
// RFC 9111, 4.4
func TestAFailedChangeInvalidatesNothing(t *testing.T) {
	for _, status := range []int{400, 403, 404, 500, 503} {
		p := modes(t, changing(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))["site"]
		ask(p, "/page").wantBody(t, "0 changes")
		send(p, request("POST", "/page"))
		ask(p, "/page").wantHit(t, "0 changes")
	}
}

// A page that is made while its target is changed is not stored.
// RFC 9111, 4.4
func TestAChangeWhileItsPageIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changed := false
		p := within(inMemory(t), faceless(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" {
				changed = true
				return
			}
			read := fmt.Sprint(changed)
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, read)
		}))
		first := startMany(t, p, 5)
		send(p, request("POST", "/page"))
		second := startMany(t, p, 5)
		for _, c := range first {
			if a := c.wait(); c.panics != nil || a.status != 200 {
				t.Errorf("before: %d %q %v", a.status, a.body, c.panics)
			}
		}
		for _, c := range second {
			c.wait().wantBody(t, "true")
		}
		ask(p, "/page").wantHit(t, "true")
	})
}

// A change that is committed after the response was sent invalidates what was made until then.
// RFC 9111, 4.4
func TestAChangeThatIsMadeAfterTheAnswerInvalidates(t *testing.T) {
	answers := map[string]func(w http.ResponseWriter){
		"a status":         func(w http.ResponseWriter) { w.WriteHeader(204) },
		"a body":           func(w http.ResponseWriter) { _, _ = io.WriteString(w, "done") },
		"flushed":          func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"before it panics": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "done") },
	}
	for name, answer := range answers {
		version := "old"
		var site http.Handler
		site = cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				_, _ = io.WriteString(w, version)
				return
			}
			answer(w)
			ask(site, "/page").wantBody(t, "old") // and is stored again
			ask(site, "/page").wantHit(t, "old")
			version = "new"
			if name == "before it panics" {
				panic(http.ErrAbortHandler)
			}
		}))
		ask(site, "/page")
		_ = panicOf(func() { send(site, request("POST", "/page")) })
		if a := ask(site, "/page"); a.body != "new" {
			t.Errorf("%s: %q", name, a.body)
		}
	}
}
