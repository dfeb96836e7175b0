package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A panic of the run reaches the client that started it with its value, and one more run answers
// the others.
func TestAPanicOfTheRunIsTheFirstClientsAndTheOthersTryOnceMore(t *testing.T) {
	type thing struct{ n int }
	for _, value := range []any{errors.New("an error"), &thing{1}, http.ErrAbortHandler} {
		synctest.Test(t, func(t *testing.T) {
			h := new(handler)
			h.serve = slow(true, func(w http.ResponseWriter, _ *http.Request) {
				if h.runs.Load() == 1 {
					panic(value)
				}
				_, _ = io.WriteString(w, "second")
			}).serve
			p := cached(t, h)
			clients := startMany(t, p, 20)
			if clients[0].wait(); clients[0].panics != value {
				t.Errorf("the first client's panic is %v, want %v", clients[0].panics, value)
			}
			for _, c := range clients[1:] {
				c.wait().wantBody(t, "second")
			}
			h.wantRuns(t, 2)
		})
	}
}

// When the second run panics, too, so do the requests of all who waited.
func TestIfTheSecondRunPanicsTooSoDoAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := errors.New("an error")
		h := slow(true, func(http.ResponseWriter, *http.Request) { panic(err) })
		p := cached(t, h)
		for i, c := range startMany(t, p, 20) {
			c.wait()
			if c.panics != any(err) {
				t.Errorf("client %d: the panic is %v", i, c.panics)
			}
		}
		h.wantRuns(t, 2)
	})
}

// A panic after the first bytes reaches the client as a panic, with nothing sent.
func TestAPanicAfterTheFirstBytesIsStillAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half a page")
			panic(http.ErrAbortHandler)
		}}
		c := start(t, cached(t, h), request("GET", "/page"))
		if a := c.wait(); c.panics != http.ErrAbortHandler || a.body != "" {
			t.Errorf("the panic is %v and the body %q", c.panics, a.body)
		}
	})
}

// A handler that ends its goroutine aborts the responses that waited for it.
func TestARunThatEndsItsGoroutineAbortsTheResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, func(http.ResponseWriter, *http.Request) { runtime.Goexit() })
		for i, c := range startMany(t, cached(t, h), 5) {
			c.wait()
			if c.panics != http.ErrAbortHandler {
				t.Errorf("client %d: the panic is %v", i, c.panics)
			}
		}
		h.wantRuns(t, 2)
	})
}

// A response that is not to be shared goes to one client only, and those who waited run the handler
// at the same time.
// RFC 9111, 7.3; RFC 9111, 4
func TestAResponseThatIsNotForAllGoesToOneClientOnly(t *testing.T) {
	const many = 20
	for name, respond := range map[string]http.HandlerFunc{
		"503":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"404":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"private":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "private") },
		"Set-Cookie": func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, &http.Cookie{Name: "s", Value: "1"}) },
		"Vary: *":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Vary", "*") },
		"too large":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2000)) },
		"known to be too large": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2004")
			_, _ = w.Write(make([]byte, 2000))
		},
		"an event stream": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		},
		"announced trailers": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Trailer", "X-T") },
		"late trailers":      func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(http.TrailerPrefix+"X-T", "1") },
		"truncated":          func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "1000") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(handler)
				h.serve = slow(true, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Run", fmt.Sprint(h.runs.Load()))
					w.Header().Set("X-For", r.Header.Get("X-Client"))
					respond(w, r)
					_, _ = io.WriteString(w, "body")
				}).serve
				p := cached(t, h, middleware.MaxBody(1000))
				began := time.Now()
				var clients []*client
				for i := range many {
					clients = append(clients, start(t, p, request("GET", "/page", fmt.Sprint("X-Client: ", i))))
				}
				for i, c := range clients {
					a := c.wait()
					if got := a.header.Get("X-For"); got != fmt.Sprint(i) {
						t.Errorf("client %d got the answer for %q", i, got)
					}
					if !strings.HasSuffix(a.body, "body") {
						t.Errorf("client %d got %.40q", i, a.body)
					}
					if want := "detail=not-shared"; i > 0 && !strings.HasSuffix(a.cacheStatus(), want) {
						t.Errorf("client %d: Cache-Status is %q, want %s", i, a.cacheStatus(), want)
					}
				}
				if took := time.Since(began); took != 2*time.Second {
					t.Errorf("it took %v: they ran one after the other", took)
				}
				h.wantRuns(t, many)
			})
		})
	}
}

// After an uncacheable response, requests for the page do not wait for each other.
func TestAfterAnUncacheableResponseNobodyIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "private") })
		p := cached(t, h)
		ask(p, "/page")
		began := time.Now()
		for _, c := range startMany(t, p, 10) {
			c.wait().wantStatus(t, "larder; fwd=uri-miss; detail=uncacheable; larder-cause=private")
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// That a page was uncacheable is forgotten after ten seconds.
func TestThatAPageWasUncacheableIsForgottenAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(handler)
		h.serve = func(w http.ResponseWriter, _ *http.Request) {
			if h.runs.Load() == 1 {
				w.WriteHeader(http.StatusNotFound)
			}
		}
		p := cached(t, h)
		ask(p, "/page")
		time.Sleep(11 * time.Second)
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
	})
}

// After a failure, requests for the page are coalesced again.
func TestAfterAFailureTheNextRequestIsCoalescedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(handler)
		h.serve = slow(true, func(w http.ResponseWriter, _ *http.Request) {
			if h.runs.Load() == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, "page")
		}).serve
		p := cached(t, h)
		if a := ask(p, "/page"); a.status != http.StatusServiceUnavailable {
			t.Errorf("the status is %d", a.status)
		}
		for _, c := range startMany(t, p, 10) {
			c.wait().wantBody(t, "page")
		}
		h.wantRuns(t, 2)
	})
}
