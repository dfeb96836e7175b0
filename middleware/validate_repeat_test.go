package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// A 304 about another representation than the stored one must not be used (RFC 9111,
// section 4.3.4): the handler is asked again, and the client gets what that run answers,
// whatever kind of response it is.

// confirmations are 304 responses about another page, as handlers write them.
var confirmations = map[string]http.HandlerFunc{
	"plain":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	"flushed": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified); flush(w) },
	"with trailers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusNotModified)
		w.Header().Set("X-Sum", "1")
		w.Header().Set(http.TrailerPrefix+"X-Late", "1")
	},
	"with the type of an event stream": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusNotModified)
	},
	"with the length of a large page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "99999999")
		w.WriteHeader(http.StatusNotModified)
	},
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// repeated are the answers of the second run, by kind.
var repeated = map[string]struct {
	answer http.HandlerFunc
	method string
	fields []string // of the client's request
	status int
	body   string
	broken bool // the response is aborted
}{
	"small": {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "new") }, status: 200, body: "new"},
	"long": {answer: func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			_, _ = io.WriteString(w, strings.Repeat("n", 1000))
		}
	}, status: 200, body: strings.Repeat("n", 10_000)},
	"flushed": {answer: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "n")
		flush(w)
		_, _ = io.WriteString(w, "ew")
	}, status: 200, body: "new"},
	"over MaxBody, declared": {answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "20000")
		_, _ = io.WriteString(w, strings.Repeat("n", 20_000))
	}, status: 200, body: strings.Repeat("n", 20_000)},
	"over MaxBody": {answer: func(w http.ResponseWriter, _ *http.Request) {
		for range 20 {
			_, _ = io.WriteString(w, strings.Repeat("n", 1000))
		}
	}, status: 200, body: strings.Repeat("n", 20_000)},
	"trailers": {answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "new")
		w.Header().Set("X-Sum", "1")
	}, status: 200, body: "new"},
	"event stream": {answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: new\n\n")
	}, status: 200, body: "data: new\n\n"},
	"private": {answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private")
		_, _ = io.WriteString(w, "new")
	}, status: 200, body: "new"},
	"not found":      {answer: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", 404) }, status: 404, body: "gone\n"},
	"empty":          {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, status: 204},
	"nothing at all": {answer: func(http.ResponseWriter, *http.Request) {}, status: 200},
	"error":          {answer: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "failed", http.StatusServiceUnavailable) }, status: 503, body: "failed\n"},
	"panic":          {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, broken: true},
	"hijack": {answer: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nnew")
	}, status: 200, body: "new"},
	"HEAD": {method: http.MethodHead, answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "new") }, status: 200},
	"a client that has the new one": {fields: []string{`If-None-Match: "new"`}, answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"new"`)
		_, _ = io.WriteString(w, "new")
	}, status: 304},
	"a client that has the old one": {fields: []string{`If-None-Match: "old"`}, answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"new"`)
		_, _ = io.WriteString(w, "new")
	}, status: 200, body: "new"},
	"early hints": {answer: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "new")
	}, status: 200, body: "new"},
}

// After an unsuitable 304, each kind of whole answer reaches the client.
// RFC 9111, 4.3.3
func TestA304OfAnotherPageIsFollowedByAWholeAnswerOfEachKind(t *testing.T) {
	for how, confirm := range confirmations {
		for kind, test := range repeated {
			t.Run("304 "+how+", then "+kind, func(t *testing.T) {
				var runs atomic.Int32
				s := newServer(t, within(inMemory(t), middleware.Shared(middleware.MaxBody(16_000))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch run := runs.Add(1); run {
					case 1:
						w.Header().Set("Etag", `"old"`)
						w.Header().Set("Cache-Control", "no-cache")
						_, _ = io.WriteString(w, "old")
					case 2:
						w.Header().Set("Etag", `"other"`)
						confirm(w, r)
					default:
						if tag := r.Header.Get("If-None-Match"); tag != "" {
							t.Errorf("run %d has the condition %s", run, tag)
						}
						test.answer(w, r)
					}
				}))))
				s.Client().Transport.(*http.Transport).DisableKeepAlives = true // or it asks again after a panic
				fetch(t, s, "GET", "/").wantBody(t, "old")
				if test.broken {
					if response, err := s.Client().Get(s.URL); err == nil {
						response.Body.Close()
						t.Errorf("status %d, want the connection closed", response.StatusCode)
					}
				} else {
					method := test.method
					if method == "" {
						method = "GET"
					}
					a := fetch(t, s, method, "/", test.fields...)
					a.wantBody(t, test.body)
					if a.status != test.status {
						t.Errorf("status %d, want %d: %s", a.status, test.status, a.cacheStatus())
					}
					if kind != "hijack" && !strings.Contains(a.cacheStatus(), "fwd=stale") {
						t.Errorf("Cache-Status is %q", a.cacheStatus())
					}
				}
				if n := runs.Load(); n != 3 {
					t.Errorf("%d runs, want 3", n)
				}
			})
		}
	}
}

// A 304 with the tag that was sent selects the page whether the tag is weak or not: compression in
// front of an origin marks tags of responses as weak and leaves that of a 304 as it is, as nginx
// and Django do.
// RFC 9111, 4.3.4; RFC 9110, 8.8.3.2
func TestA304WithTheTagThatWasSentSelectsThePageWhetherItIsWeakOrNot(t *testing.T) {
	for _, tags := range [][2]string{{`W/"x"`, `"x"`}, {`"x"`, `W/"x"`}, {`W/"x"`, `W/"x"`}, {`"x"`, `"x"`}} {
		runs := 0
		p := within(inMemory(t), middleware.Shared()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			runs++
			w.Header().Set("Cache-Control", "no-cache")
			if r.Header.Get("If-None-Match") != "" {
				w.Header().Set("Etag", tags[1])
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Etag", tags[0])
			_, _ = io.WriteString(w, "page")
		})))
		ask(p, "/")
		for range 3 {
			a := ask(p, "/")
			a.wantBody(t, "page")
			if !strings.HasPrefix(a.cacheStatus(), "larder; fwd=stale; fwd-status=304") {
				t.Errorf("Cache-Status is %q", a.cacheStatus())
			}
			if tag := a.header.Get("Etag"); tag != tags[0] {
				t.Errorf("the tag is %s, want that of the body, %s", tag, tags[0])
			}
		}
		if runs != 4 {
			t.Errorf("200 with %s and 304 with %s: %d runs, want 4", tags[0], tags[1], runs)
		}
	}
}

// However a handler writes its 304, clients get the stored page.
// RFC 9111, 4.3.3
func TestAConfirmationThatIsFollowedByAFlushIsNoEmptyPage(t *testing.T) {
	for how, confirm := range confirmations {
		p := within(inMemory(t), middleware.Shared()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"x"`)
			w.Header().Set("Cache-Control", "no-cache")
			if r.Header.Get("If-None-Match") != "" {
				confirm(w, r)
				return
			}
			_, _ = io.WriteString(w, "page")
		})))
		for range 3 {
			if a := ask(p, "/"); a.status != http.StatusOK || a.body != "page" {
				t.Errorf("%s: %d %q (%s)", how, a.status, a.body, a.cacheStatus())
			}
		}
	}
}

// What a goroutine of the run that answered 304 writes reaches nobody.
func TestWhatTheFirstRunHasLeftRunningWritesNothing(t *testing.T) {
	left, written := make(chan struct{}), make(chan error, 1)
	runs := 0
	p := within(inMemory(t), middleware.Shared()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		switch runs++; runs {
		case 1:
			w.Header().Set("Etag", `"old"`)
			_, _ = io.WriteString(w, "old")
		case 2:
			w.Header().Set("Etag", `"other"`)
			w.WriteHeader(http.StatusNotModified)
			go func() {
				<-left
				_, err := io.WriteString(w, "late")
				written <- err
			}()
		default:
			close(left)
			if err := <-written; err == nil || errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("the first run may still write: %v", err)
			}
			_, _ = io.WriteString(w, "new")
		}
	})))
	ask(p, "/")
	ask(p, "/").wantBody(t, "new")
}
