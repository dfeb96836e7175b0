package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// slowWriter is a client that takes nothing of a body until its gate is opened.
type slowWriter struct {
	*httptest.ResponseRecorder
	gate chan struct{}
}

func (w slowWriter) Write(p []byte) (int, error) {
	<-w.gate
	return w.ResponseRecorder.Write(p)
}

// startSlow is start for a client that reads nothing until gate is closed.
func startSlow(t *testing.T, h http.Handler, r *http.Request, gate chan struct{}) *client {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &client{w: httptest.NewRecorder(), leave: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer func() { c.panics = recover() }() // if the handler ends this goroutine, too
		h.ServeHTTP(slowWriter{c.w, gate}, r.WithContext(ctx))
	}()
	synctest.Wait()
	return c
}

// wantSoFar fails the test unless the client has got this much, and waits for
// more.
func (c *client) wantSoFar(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	select {
	case <-c.done:
		t.Errorf("the response has ended with %.60q", c.w.Body)
	default:
	}
	if got := c.w.Body.String(); got != want {
		t.Errorf("the client has %d bytes, %.60q, want %d, %.60q", len(got), got, len(want), want)
	}
}

// wantAborted fails the test unless the client's response was broken off, so
// that it is not taken for whole.
func (c *client) wantAborted(t *testing.T) {
	t.Helper()
	<-c.done
	if c.panics != http.ErrAbortHandler {
		t.Errorf("the response was not aborted: the panic is %v, %d bytes", c.panics, c.w.Body.Len())
	}
}

// wantWhole fails the test unless the client got all of body, and nothing
// else.
func (c *client) wantWhole(t *testing.T, body string) answer {
	t.Helper()
	a := c.wait()
	if c.panics != nil {
		t.Errorf("the response was broken off after %d bytes: %v", len(a.body), c.panics)
	}
	a.wantBody(t, body)
	return a
}

// isDone reports whether the response has ended.
func (c *client) isDone() bool {
	synctest.Wait()
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// script is a handler whose runs write what the test tells them to.
type script struct {
	handler
	parts  chan string // each is written; closing it ends the response
	ended  chan error  // gets the error of the context, when a run is cancelled
	panics chan any    // what a run panics with
	wrote  chan error  // the error of each write, if it is not nil
	header http.Header // of each response
	flush  bool        // after each part
}

func newScript(fields ...string) *script {
	s := &script{parts: make(chan string), ended: make(chan error, 1000), panics: make(chan any), wrote: make(chan error, 9), header: make(http.Header), flush: true}
	addFields(s.header, fields)
	s.serve = s.run
	return s
}

func (s *script) run(w http.ResponseWriter, r *http.Request) {
	for name, lines := range s.header {
		w.Header()[name] = lines
	}
	for {
		select {
		case part, more := <-s.parts:
			if !more {
				return
			}
			if _, err := io.WriteString(w, part); err != nil {
				s.wrote <- err
			}
			if s.flush {
				_ = http.NewResponseController(w).Flush()
			}
		case v := <-s.panics:
			panic(v)
		case <-r.Context().Done():
			s.ended <- r.Context().Err()
			return
		}
	}
}

// write has the run write part.
func (s *script) write(t *testing.T, part string) {
	t.Helper()
	s.parts <- part
	synctest.Wait()
}

func (s *script) end() {
	close(s.parts)
	synctest.Wait()
}

// wantCancelled fails the test unless the run's context has ended.
func (s *script) wantCancelled(t *testing.T, want bool) {
	t.Helper()
	synctest.Wait()
	select {
	case <-s.ended:
		if !want {
			t.Error("the run was cancelled")
		}
	default:
		if want {
			t.Error("the run was not cancelled")
		}
	}
}

// withinPage returns h behind a CachePage over these caches.
func withinPage(caches *cache.Handler, h http.Handler, opts ...middleware.PageOption) http.Handler {
	return within(caches, middleware.CachePage(ttl, opts...)(h))
}

// purge invalidates the page of a URL.
func purge(t *testing.T, caches *cache.Handler, url string) {
	t.Helper()
	if err := plainPages.Purge(caches.Scope(t.Context()), url); err != nil {
		t.Fatal(err)
	}
}
