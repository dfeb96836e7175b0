package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// claiming is a ResponseWriter as echo's Response is: it has Flush, and panics if the
// one within it cannot flush.
type claiming struct{ http.ResponseWriter }

func (w claiming) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w claiming) Flush() {
	if err := http.NewResponseController(w.ResponseWriter).Flush(); errors.Is(err, http.ErrNotSupported) {
		panic(err)
	}
}

// A page is streamed whole to a writer that has Flush and does not support it.
func TestAPageIsStreamedToAWriterThatOnlyClaimsToFlush(t *testing.T) {
	body := strings.Repeat("page ", 1000)
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "end")
	}}
	page := cached(t, h)
	p := http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(claiming{w}, r)
	}), time.Hour, "late")
	ask(p, "/").wantBody(t, body+"end")
	ask(p, "/").wantHit(t, body+"end")
	h.wantRuns(t, 1)
}
