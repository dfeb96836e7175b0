package middleware_test

import (
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

// Five hundred clients ask for a page that is not there, each with a field that
// tells them apart. Whatever becomes of the run of the first, none of the others
// gets a wrong, an empty or another's answer, and none waits in a row.

const crowd = 500

// aSecondLate returns a handler that takes a second before each run begins, and marks its
// response with whom it was made for.
func aSecondLate(first, others func(w http.ResponseWriter, r *http.Request)) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		n := h.runs.Load()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
		w.Header().Set("X-For", r.Header.Get("X-Client"))
		if n == 1 {
			first(w, r)
			return
		}
		others(w, r)
	}
	return h
}

func startCrowd(t *testing.T, p http.Handler) []*client {
	clients := make([]*client, crowd)
	for i := range clients {
		clients[i] = start(t, p, request("GET", "/page", fmt.Sprint("X-Client: ", i)))
	}
	return clients
}

func writes(text string, fields ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		addFields(w.Header(), fields)
		_, _ = io.WriteString(w, text)
	}
}

// When the first run fails, one more run answers all who wait.
func TestFiveHundredWhenTheFirstRunComesToNothing(t *testing.T) {
	page := strings.Repeat("page ", 1000)
	for name, test := range map[string]struct {
		first func(http.ResponseWriter, *http.Request)
		took  time.Duration
	}{
		"a panic": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 2 * time.Second},
		"a panic after a little": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "x")
			panic(http.ErrAbortHandler)
		}, 2 * time.Second},
		"the end of the goroutine": {func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := aSecondLate(test.first, writes(page))
				p := cached(t, h)
				began := time.Now()
				clients := startCrowd(t, p)
				clients[0].wantAborted(t)
				for _, c := range clients[1:] {
					c.wantWhole(t, page)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v", took)
				}
				h.wantRuns(t, 2)
				ask(p, "/page").wantHit(t, page)
			})
		})
	}
}

// When the response is not to be shared, all who wait run the handler for themselves at the same
// time.
func TestFiveHundredWhenTheResponseIsNotForAll(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for name, respond := range map[string]func(http.ResponseWriter, *http.Request){
		"503":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); _, _ = io.WriteString(w, long) },
		"private":    writes(long, "Cache-Control: private"),
		"Set-Cookie": writes(long, "Set-Cookie: s=1"),
		"Vary: *":    writes(long, "Vary: *"),
		"too large":  writes(long, "Content-Length: 5000", "X-Large: 1"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := aSecondLate(respond, respond)
				limit := int64(100_000)
				if name == "too large" {
					limit = 4000
				}
				p := cached(t, h, middleware.MaxBody(limit))
				began := time.Now()
				for i, c := range startCrowd(t, p) {
					a := c.wantWhole(t, long)
					if a.header.Get("X-For") != fmt.Sprint(i) {
						t.Fatalf("client %d got the answer for %q", i, a.header.Get("X-For"))
					}
				}
				if took := time.Since(began); took != 2*time.Second {
					t.Errorf("it took %v: they waited in a row", took)
				}
				h.wantRuns(t, crowd)
			})
		})
	}
}

// When the client that started the run leaves, the others get the page of that run.
func TestFiveHundredWhenTheFirstClientLeaves(t *testing.T) {
	page := strings.Repeat("page ", 1000)
	for name, after := range map[string]time.Duration{"at once": 0, "after a quarter": time.Second / 4, "at the very end": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := aSecondLate(writes(page), writes("of a second run"))
				p := cached(t, h)
				clients := startCrowd(t, p)
				time.Sleep(after)
				clients[0].leave()
				clients[0].wait()
				for _, c := range clients[1:] {
					c.wantWhole(t, page)
				}
				h.wantRuns(t, 1)
				ask(p, "/page").wantHit(t, page)
			})
		})
	}
}

// When all clients leave, one run was made and each gets 503.
func TestFiveHundredClientsThatAllLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := aSecondLate(writes("page"), writes("page"))
		p := cached(t, h)
		clients := startCrowd(t, p)
		for _, c := range clients {
			c.leave()
		}
		for _, c := range clients {
			if a := c.wait(); a.status != http.StatusServiceUnavailable || c.panics != nil {
				t.Errorf("%d, %v", a.status, c.panics)
			}
		}
		h.wantRuns(t, 1)
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
	})
}

// Clients that have waited for as long as MaxWait allows run the handler for themselves.
func TestFiveHundredClientsWaitForMaxWaitAndRunTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		h := new(handler)
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			if h.runs.Load() == 1 {
				<-gate
			}
			_, _ = io.WriteString(w, "page for "+r.Header.Get("X-Client"))
		}
		p := cached(t, h, middleware.MaxWait(time.Second))
		clients := startCrowd(t, p)
		for i, c := range clients[1:] {
			a := c.wantWhole(t, fmt.Sprint("page for ", i+1))
			a.wantStatus(t, "larder; fwd=uri-miss; detail=patience")
		}
		close(gate)
		clients[0].wantWhole(t, "page for 0")
		h.wantRuns(t, crowd)
	})
}
