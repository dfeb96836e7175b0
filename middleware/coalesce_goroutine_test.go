package middleware_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
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
				if test.limit > 0 {
					ctx, cancel := context.WithTimeout(r.Context(), test.limit)
					defer cancel()
					r = r.WithContext(ctx)
				}
				p.ServeHTTP(w, r)
				if stays := runs == goroutine(); stays != (test.limit == 0) {
					t.Errorf("the handler runs in goroutine %s, the request in %s", runs, goroutine())
				}
			})
			ask(outer, "/page").wantBody(t, test.body)
			ask(p, "/page").wantHit(t, test.body)
		})
	}
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
