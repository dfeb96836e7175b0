package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What outer middleware adds to a response while the handler runs, or as its status is
// written, makes it one client's (RFC 9111, sections 3, 4.1 and 7.3). See outer.go.

type keptWriter struct{}

// keeping is middleware whose handlers find its ResponseWriter in the context, as
// gin-contrib/sessions finds its own.
func keeping(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keptWriter{}, w)))
	})
}

func keptWriterOf(r *http.Request) http.ResponseWriter {
	return r.Context().Value(keptWriter{}).(http.ResponseWriter)
}

// lateWriter is a ResponseWriter of middleware that adds fields as the status is written,
// as that of scs does.
type lateWriter struct {
	http.ResponseWriter
	add   func(http.Header)
	wrote bool
}

func (w *lateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *lateWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote = true
		w.add(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *lateWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

func adding(h http.Handler, add func(http.Header)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&lateWriter{ResponseWriter: w, add: add}, r)
	})
}

// secrets are what makes a response one client's, by the detail that is told.
var secrets = map[string]func(http.Header){
	"set-cookie":       func(h http.Header) { h.Add("Set-Cookie", "session=1") },
	"private":          func(h http.Header) { h.Add("Cache-Control", "private") },
	"no-store":         func(h http.Header) { h.Add("Cache-Control", "no-store") },
	"vary-any":         func(h http.Header) { h.Add("Vary", "*") },
	"vary-cookie":      func(h http.Header) { h.Add("Vary", "Cookie") },
	"vary-credentials": func(h http.Header) { h.Add("Vary", "Authorization") },
	"vary-hidden":      func(h http.Header) { h.Add("Vary", "X-Forwarded-For") },
	"nonce":            func(h http.Header) { h.Set("Content-Security-Policy", "script-src 'nonce-abc'") },
}

// lengths are those of a page that is held back to its end, and of one that is streamed.
var lengths = map[string]int{"held": 10, "streamed": 10_000}

// visitors asks for a page eleven times at once, and then again, and fails the test if
// two of them get the same.
func visitors(t *testing.T, p http.Handler) (detail string) {
	t.Helper()
	s := newServer(t, p)
	answers := make([]answer, 11)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = fetch(t, s, "GET", "/page") })
	}
	wg.Wait()
	seen := make(map[string]bool)
	for i, a := range append(answers, fetch(t, s, "GET", "/page")) {
		if a.err != nil || a.status != http.StatusOK || seen[a.body] {
			t.Errorf("visitor %d: %d, %v, the page of somebody else: %v (%s)", i, a.status, a.err, seen[a.body], a.cacheStatus())
		}
		seen[a.body] = true
		if _, word, ok := strings.Cut(a.cacheStatus(), "fwd-status=200; detail="); ok {
			detail = word
		}
	}
	return detail
}

// ownPages is a handler whose every run has a page of its own, after what set does.
func ownPages(length int, set func(*http.Request)) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond) // a real server: others come to wait meanwhile
		set(r)
		_, _ = fmt.Fprint(w, n.Add(1), strings.Repeat("x", length))
	})
}

// A field that the handler sets on the outer writer's header makes the response one client's.
// RFC 9111, 7.3
func TestAFieldThatTheHandlerSetsPastTheCacheMakesTheResponseOneClients(t *testing.T) {
	for detail, add := range secrets {
		for how, length := range lengths {
			t.Run(detail+", "+how, func(t *testing.T) {
				h := ownPages(length, func(r *http.Request) { add(keptWriterOf(r).Header()) })
				if got := visitors(t, keeping(within(inMemory(t), middleware.CachePage(ttl)(h)))); got != detail {
					t.Errorf("the detail is %q", got)
				}
			})
		}
	}
}

// A private field that outer middleware adds as the status is written makes the response one
// client's.
// RFC 9111, 7.3
func TestAFieldThatMiddlewareAddsWithTheStatusMakesTheResponseOneClients(t *testing.T) {
	for detail, add := range secrets {
		for how, length := range lengths {
			t.Run(detail+", "+how, func(t *testing.T) {
				h := ownPages(length, func(*http.Request) {})
				visitors(t, adding(within(inMemory(t), middleware.CachePage(ttl)(h)), add))
			})
		}
	}
}

// A Set-Cookie that appears while a page is streamed keeps the page out of the cache.
// RFC 9111, 7.3
func TestACookieThatAppearsWhileAPageIsStreamedKeepsItOutOfTheCache(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		_ = http.NewResponseController(w).Flush()
		keptWriterOf(r).Header().Add("Set-Cookie", "session=1")
		_, _ = io.WriteString(w, "end")
	}}
	p := keeping(cached(t, h))
	for range 2 {
		if a := ask(p, "/page"); a.isHit() || !strings.HasSuffix(a.body, "end") {
			t.Errorf("%d bytes, %s", len(a.body), a.cacheStatus())
		}
	}
	h.wantRuns(t, 2)
}

// A Vary that outer middleware adds as the status is written selects the page, too.
// RFC 9111, 4.1
func TestALateVaryOfMiddlewareSelectsThePageToo(t *testing.T) {
	for how, length := range lengths {
		for _, name := range []string{"Origin", "Accept-Encoding"} {
			t.Run(name+", "+how, func(t *testing.T) {
				h := answering(strings.Repeat("x", length))
				p := adding(within(inMemory(t), middleware.CachePage(ttl)(h)), func(h http.Header) { h.Add("Vary", name) })
				ask(p, "/page", name+": gzip")
				ask(p, "/page", name+": gzip").wantHit(t, strings.Repeat("x", length))
				if a := ask(p, "/page", name+": br"); name == "Origin" && a.isHit() {
					t.Errorf("another %s gets the same page: %s", name, a.cacheStatus())
				}
				ask(p, "/page", name+": br").wantHit(t, strings.Repeat("x", length))
			})
		}
	}
}

// A content coding that outer middleware applies does not select the page, which is stored without
// it.
func TestACodingThatMiddlewareAppliesDoesNotSelectThePage(t *testing.T) {
	h := answering("page")
	p := http.HandlerFunc(nil)
	page := within(inMemory(t), middleware.CachePage(ttl)(h))
	p = func(w http.ResponseWriter, r *http.Request) {
		adding(page, func(h http.Header) {
			h.Add("Vary", "Accept-Encoding")
			if r.Header.Get("Accept-Encoding") != "" {
				h.Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
			}
		}).ServeHTTP(w, r)
	}
	ask(p, "/page", "Accept-Encoding: gzip")
	ask(p, "/page", "Accept-Encoding: br").wantHit(t, "page")
	ask(p, "/page").wantHit(t, "page")
	h.wantRuns(t, 1)
}

// A page for which outer middleware sends a Content-Security-Policy with a nonce that is also in
// the page is not stored.
// CSP Level 3, 7.1
func TestAPageUnderAPolicyWithANonceIsNotStored(t *testing.T) {
	for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		h := answering("page")
		p := cached(t, h)
		for i := range 3 {
			w := httptest.NewRecorder()
			w.Header().Set(name, fmt.Sprintf("default-src 'self'; script-src 'NONCE-%d'", i))
			p.ServeHTTP(w, httptest.NewRequest("GET", "/page", nil))
			if got := w.Header().Get("Cache-Status"); got != "larder; fwd=bypass; detail=nonce" {
				t.Errorf("%s: Cache-Status is %q", name, got)
			}
		}
		h.wantRuns(t, 3)
	}
}
