package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// goroutine is the number of the goroutine that calls it.
func goroutine() string {
	var stack [64]byte
	fields := bytes.Fields(stack[:runtime.Stack(stack[:], false)])
	return string(fields[1])
}

// A handler runs in the goroutine of the request that started its run, as without a cache, unless
// outer middleware has set a deadline: that middleware needs its goroutine back.
func TestAHandlerRunsInTheGoroutineOfItsRequest(t *testing.T) {
	for name, test := range map[string]struct {
		limit time.Duration
		body  string
	}{
		"small":               {0, "page"},
		"streamed":            {0, strings.Repeat("page ", 4000)},
		"with a deadline":     {time.Hour, "page"},
		"streamed, with that": {time.Hour, strings.Repeat("page ", 4000)},
	} {
		t.Run(name, func(t *testing.T) {
			var runs string
			p := cached(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				runs = goroutine()
				_, _ = io.WriteString(w, test.body)
			}))
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				deadlined(test.limit, p).ServeHTTP(w, r)
				if stays := runs == goroutine(); stays != (test.limit == 0) {
					t.Errorf("the handler runs in goroutine %s, the request in %s", runs, goroutine())
				}
			})
			ask(outer, "/page").wantBody(t, test.body)
			ask(p, "/page").wantHit(t, test.body)
		})
	}
}

// deadlined returns h within middleware that sets a deadline, unless that is zero.
func deadlined(limit time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if limit > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			r = r.WithContext(ctx)
		}
		h.ServeHTTP(w, r)
	})
}

// exits is a ResponseWriter that ends the goroutine which writes to it.
type exits struct{ *httptest.ResponseRecorder }

func (exits) Write([]byte) (int, error) { runtime.Goexit(); return 0, nil }

// Middleware that ends the goroutine which sends it a stream aborts its own response only.
func TestMiddlewareThatEndsTheGoroutineOfAStreamAbortsItsOwnResponse(t *testing.T) {
	body := strings.Repeat("page ", 4000)
	p := cached(t, answering(body))
	if v := panicOf(func() { p.ServeHTTP(exits{httptest.NewRecorder()}, request("GET", "/page")) }); v != http.ErrAbortHandler {
		t.Errorf("the panic is %v", v)
	}
	ask(p, "/page").wantBody(t, body)
}

// A page whose client closes its connection as soon as it has all of it is stored.
func TestAClientThatLeavesWithAllOfAPageDoesNotKeepItFromBeingStored(t *testing.T) {
	for name, limit := range map[string]time.Duration{"in its goroutine": 0, "with a deadline": time.Hour} {
		t.Run(name, func(t *testing.T) { testLeavingWithAll(t, limit) })
	}
}

func testLeavingWithAll(t *testing.T, limit time.Duration) {
	const size = 3 << 20
	h := answering(strings.Repeat("p", size), "Content-Length: "+strconv.Itoa(size))
	closed := make(chan struct{}, 1)
	s := httptest.NewUnstartedServer(deadlined(limit, cached(t, h)))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	s.Start()
	defer s.Close()
	for i := range 10 {
		h.runs.Store(0)
		target := "/" + strconv.Itoa(i)
		for range 2 {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: example.com\r\n\r\n")
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.CopyN(io.Discard, response.Body, size); err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			_ = conn.Close()
			<-closed // the request is over
		}
		h.wantRuns(t, 1)
	}
}
