package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/middleware"
)

// dawdler is a client that reads nothing until it is let.
type dawdler struct {
	*httptest.ResponseRecorder
	goOn  chan struct{}
	total int
}

func (w *dawdler) Write(p []byte) (int, error) {
	<-w.goOn
	w.total += len(p)
	return len(p), nil
}

// A page over the limit is streamed whole to the client that started its run, however slowly it
// reads.
func TestASlowFirstClientGetsTheWholeOfALongPage(t *testing.T) {
	const chunk, chunks = 64 << 10, 200 // 12.5 MiB
	for _, limit := range []int64{1, 1 << 20, 5 << 20, middleware.DefaultMaxBody} {
		synctest.Test(t, func(t *testing.T) {
			p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				part := make([]byte, chunk)
				for range chunks {
					if _, err := w.Write(part); err != nil {
						t.Error(err)
						return
					}
				}
			}}, middleware.MaxBody(limit))
			w := &dawdler{ResponseRecorder: httptest.NewRecorder(), goOn: make(chan struct{})}
			done := make(chan any)
			go func() { done <- panicOf(func() { p.ServeHTTP(w, request("GET", "/page")) }) }()
			synctest.Wait()
			close(w.goOn)
			if v := <-done; v != nil || w.total != chunk*chunks {
				t.Errorf("limit %d: the client got %d bytes of %d, and the panic %v", limit, w.total, chunk*chunks, v)
			}
		})
	}
}

// The client that started a run gets all of it, in whatever pieces it is written.
func TestTheLimitIsPassedInOneWrite(t *testing.T) {
	page := string(make([]byte, 9<<20))
	for _, limit := range []int64{1, 1 << 20, middleware.DefaultMaxBody} {
		for _, first := range []string{"", string(make([]byte, 2500))} {
			p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, first)
				_, _ = io.WriteString(w, page)
			}}, middleware.MaxBody(limit))
			if a := ask(p, "/page"); len(a.body) != len(first)+len(page) {
				t.Errorf("limit %d after %d: %d bytes", limit, len(first), len(a.body))
			}
		}
	}
}
