package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// counting is a handler that takes a second and says which run it is.
func counting(fields ...string) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, _ *http.Request) {
		n := h.runs.Load()
		time.Sleep(time.Second)
		addFields(w.Header(), fields)
		_, _ = fmt.Fprint(w, "run ", n)
	}
	return h
}

// graceful are the ways to allow a page to be served while it is refreshed: for
// a minute after a lifetime of ten seconds.
var graceful = map[string]func(t *testing.T) (http.Handler, *handler){
	"Grace": func(t *testing.T) (http.Handler, *handler) {
		h := counting()
		return within(inMemory(t), middleware.CachePage(10*time.Second, middleware.Grace(time.Minute))(h)), h
	},
	"stale-while-revalidate, Site": func(t *testing.T) (http.Handler, *handler) {
		h := counting("Cache-Control: max-age=10, stale-while-revalidate=60")
		return within(inMemory(t), middleware.Site()(h)), h
	},
	"stale-while-revalidate, Shared": func(t *testing.T) (http.Handler, *handler) {
		h := counting("Cache-Control: max-age=10, stale-while-revalidate=60")
		return within(inMemory(t), middleware.Shared()(h)), h
	},
	"of a variant": func(t *testing.T) (http.Handler, *handler) {
		h := counting("Cache-Control: max-age=10, stale-while-revalidate=60", "Vary: Accept")
		return within(inMemory(t), middleware.Site()(h)), h
	},
}

// A popular page that becomes stale is refreshed once, and nobody waits for it.
// RFC 5861, 3; RFC 9111, 4.2.4
func TestAMemoizedPageThatTurnsStaleIsRefreshedOnceAndBlocksNoRequest(t *testing.T) {
	for name, cached := range graceful {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, h := cached(t)
				ask(p, "/page").wantBody(t, "run 1")
				for expiry := range int32(5) {
					time.Sleep(10 * time.Second)
					began := time.Now()
					for range 100 {
						a := ask(p, "/page")
						a.wantHit(t, fmt.Sprint("run ", expiry+1))
						// The run took a second, and the test looked another one later.
						if age := a.header.Get("Age"); age != fmt.Sprint(11+min(expiry, 1)) {
							t.Errorf("Age is %q", age)
						}
					}
					if took := time.Since(began); took != 0 {
						t.Errorf("somebody was blocked for %v", took)
					}
					time.Sleep(2 * time.Second)
					ask(p, "/page").wantHit(t, fmt.Sprint("run ", expiry+2))
					h.wantRuns(t, expiry+2)
				}
			})
		})
	}
}

// A stale page is served with its Age and a negative ttl in Cache-Status.
// RFC 9111, 5.1; RFC 9111, 4.2.4; RFC 9211, 2.4
func TestAStalePageSaysThatItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := counting("Cache-Control: max-age=10, stale-while-revalidate=60", `Etag: "1"`)
		p := within(inMemory(t), middleware.Shared()(h))
		date := ask(p, "/page").header.Get("Date")
		time.Sleep(15 * time.Second)
		a := ask(p, "/page")
		a.wantStatus(t, "larder; hit; ttl=-6")
		if a.header.Get("Age") != "16" || a.header.Get("Date") != date || a.header.Get("Etag") != `"1"` {
			t.Errorf("%q, want Date %q", a.header, date)
		}
	})
}

// After the grace time, requests wait for the new page.
// RFC 5861, 3
func TestAfterTheGraceThePageIsWaitedFor(t *testing.T) {
	for name, cached := range graceful {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, h := cached(t)
				ask(p, "/page")
				time.Sleep(75 * time.Second)
				for _, c := range startMany(t, p, 50) {
					c.wantWhole(t, "run 2")
				}
				h.wantRuns(t, 2)
			})
		})
	}
}

// A request with max-age gets no stale page.
// RFC 9111, 5.2.1.1; RFC 9111, 4.2.4
func TestTheClientMayForbidAStalePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := counting("Cache-Control: max-age=10, stale-while-revalidate=60")
		p := within(inMemory(t), middleware.Shared()(h))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		ask(p, "/page", "Cache-Control: max-age=5").wantBody(t, "run 2")
		h.wantRuns(t, 2)
	})
}

// must-revalidate, proxy-revalidate and s-maxage forbid to serve the page stale.
// RFC 9111, 4.2.4; RFC 9111, 5.2.2.2; RFC 9111, 5.2.2.8; RFC 9111, 5.2.2.10
func TestADirectiveForbidsAStalePage(t *testing.T) {
	for _, control := range []string{
		"max-age=10, stale-while-revalidate=60, must-revalidate",
		"max-age=10, must-revalidate",
		"s-maxage=10",
		"max-age=10, proxy-revalidate",
	} {
		synctest.Test(t, func(t *testing.T) {
			h := counting("Cache-Control: " + control)
			p := within(inMemory(t), middleware.Site(middleware.Grace(time.Minute))(h))
			ask(p, "/page")
			time.Sleep(15 * time.Second)
			ask(p, "/page").wantBody(t, "run 2")
			h.wantRuns(t, 2)
		})
	}
}

// failures are the ways in which a handler fails in the sense of RFC 5861.
var failures = map[string]func(w http.ResponseWriter){
	"500":          func(w http.ResponseWriter) { w.WriteHeader(500); _, _ = io.WriteString(w, "an error") },
	"502":          func(w http.ResponseWriter) { w.WriteHeader(502) },
	"503, flushed": func(w http.ResponseWriter) { w.WriteHeader(503); w.(http.Flusher).Flush() },
	"504, long":    func(w http.ResponseWriter) { w.WriteHeader(504); _, _ = w.Write(make([]byte, 100_000)) },
	"a panic":      func(http.ResponseWriter) { panic("bug") },
	"an abort": func(w http.ResponseWriter) {
		w.Header().Set("Cache-Control", "max-age=10")
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	},
}

// failing is a handler whose first run answers with these fields, and whose
// others fail.
func failing(fail func(w http.ResponseWriter), fields ...string) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, _ *http.Request) {
		n := h.runs.Load()
		time.Sleep(time.Second)
		if n > 1 {
			fail(w)
			return
		}
		addFields(w.Header(), fields)
		_, _ = io.WriteString(w, "page")
	}
	return h
}

// Within stale-if-error the stale page replaces an error, a panic, a time-out or an aborted run.
// RFC 5861, 4; RFC 9111, 4.2.4
func TestAStalePageIsServedInPlaceOfAFailure(t *testing.T) {
	for name, fail := range failures {
		for mode, wrap := range map[string]func(http.Handler) http.Handler{
			"view":   middleware.CachePage(10 * time.Second),
			"site":   middleware.Site(),
			"shared": middleware.Shared(),
		} {
			t.Run(name+", "+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := failing(fail, "Cache-Control: max-age=10, stale-if-error=30")
					p := within(inMemory(t), wrap(h))
					date := ask(p, "/page").header.Get("Date")
					for round := range int32(2) {
						time.Sleep(10 * time.Second)
						for i, c := range startMany(t, p, 20) {
							a := c.wantWhole(t, "page")
							status := a.cacheStatus()
							want := "larder; fwd=stale; detail=stale-if-error"
							if i == 0 {
								want = fmt.Sprintf("larder; fwd=stale; fwd-status=%d; detail=stale-if-error", statusOf(fail))
								if statusOf(fail) == 0 {
									want = "larder; fwd=stale; detail=stale-if-error"
								}
							}
							if status != want || a.header.Get("Date") != date || a.status != 200 {
								t.Errorf("client %d: %d, Cache-Status %q, want %q; Date %q", i, a.status, status, want, a.header.Get("Date"))
							}
							if age := a.header.Get("Age"); age != fmt.Sprint(11*(round+1)) && age != fmt.Sprint(11*(round+1)+1) {
								t.Errorf("client %d: Age %q", i, age)
							}
						}
						h.wantRuns(t, 2+round)
					}
					time.Sleep(20 * time.Second)
					c := start(t, p, request("GET", "/page"))
					if a := c.wait(); c.panics == nil && a.status < 500 {
						t.Errorf("after the window: %d %q", a.status, a.cacheStatus())
					}
				})
			})
		}
	}
}

// statusOf returns what the leader is told of the failure: the status that it
// wrote, if it wrote one.
func statusOf(fail func(w http.ResponseWriter)) int {
	w := &statusWriter{}
	_ = panicOf(func() { fail(w) })
	return w.status
}

type statusWriter struct{ status int }

func (w *statusWriter) Header() http.Header { return make(http.Header) }
func (w *statusWriter) Flush()              {}
func (w *statusWriter) WriteHeader(s int)   { w.status = s }
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = 200
	}
	return len(p), nil
}

// A stale page does not replace a failure without stale-if-error, or with must-revalidate, no-cache
// or s-maxage.
// RFC 5861, 4; RFC 9111, 4.2.4; RFC 9111, 5.2.2.2; RFC 9111, 5.2.2.4
func TestAStalePageIsNotServedInPlaceOfAFailureIfItMustNot(t *testing.T) {
	for _, control := range []string{
		"max-age=10",
		"max-age=10, stale-if-error=60, must-revalidate",
		"max-age=10, stale-if-error=60, no-cache",
		"s-maxage=10",
	} {
		synctest.Test(t, func(t *testing.T) {
			h := failing(failures["500"], "Cache-Control: "+control, `Etag: "1"`)
			p := within(inMemory(t), middleware.Shared()(h))
			ask(p, "/page")
			time.Sleep(15 * time.Second)
			if a := ask(p, "/page"); a.status != 500 || a.body != "an error" {
				t.Errorf("%s: %d %q, %s", control, a.status, a.body, a.cacheStatus())
			}
		})
	}
}

// Status codes other than 500, 502, 503 and 504 are answers, and no failures.
// RFC 5861, 4
func TestOtherStatusCodesAreNoFailure(t *testing.T) {
	for _, status := range []int{400, 404, 410, 501, 505} {
		synctest.Test(t, func(t *testing.T) {
			h := failing(func(w http.ResponseWriter) { w.WriteHeader(status) }, "Cache-Control: max-age=10, stale-if-error=60")
			p := within(inMemory(t), middleware.Site()(h))
			ask(p, "/page")
			time.Sleep(15 * time.Second)
			if a := ask(p, "/page"); a.status != status {
				t.Errorf("%d: %d, %s", status, a.status, a.cacheStatus())
			}
		})
	}
}

// Grace allows the stale page to replace failures, too.
func TestGraceStandsInForStaleIfError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := failing(failures["a panic"])
		p := within(inMemory(t), middleware.CachePage(10*time.Second, middleware.Grace(time.Minute))(h))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		for range 5 {
			// Each is served at once, and has it tried again.
			ask(p, "/page").wantHit(t, "page")
			time.Sleep(2 * time.Second)
		}
		h.wantRuns(t, 6)
	})
}

// A handler that fails after its header was sent aborts what clients already have a part of.
// RFC 9112, 8
func TestAFailureAfterTheHeaderWasHandedOnIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := failing(func(w http.ResponseWriter) {
			_, _ = w.Write(make([]byte, 5000))
			time.Sleep(time.Second)
			panic(http.ErrAbortHandler)
		}, "Cache-Control: max-age=10, stale-if-error=60")
		p := within(inMemory(t), middleware.Site()(h))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		for _, c := range startMany(t, p, 10) {
			c.wantAborted(t)
		}
		h.wantRuns(t, 2)
	})
}
