package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What a client does not get is not made: RFC 9110, sections 9.3.2, 13.1 and 15.4.5.

// longSource is a handler of 64 MiB that counts what it has written before it was stopped.
type longSource struct {
	fields  []string
	flushes bool
	endless bool

	written atomic.Int64
	stopped chan error // why, when it has returned
}

const whole64 = 64 << 20

func newLongSource(fields ...string) *longSource {
	return &longSource{fields: fields, stopped: make(chan error, 100)}
}

// ServeHTTP implements [http.Handler].
func (s *longSource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	defer func() { s.stopped <- err }()
	addFields(w.Header(), s.fields)
	if r.Method == http.MethodHead {
		return
	}
	chunk := make([]byte, 32<<10)
	for n := 0; err == nil && (s.endless || n < whole64); n += len(chunk) {
		if _, err = w.Write(chunk); err == nil {
			s.written.Add(int64(len(chunk)))
		}
		if s.flushes {
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// lengths of 64 MiB, as a handler says it.
var lengthsOf64 = map[string][]string{"known": {"Content-Length: 67108864"}, "unknown": nil}

// The run for a HEAD is stopped when its header is known and its body is not to be stored.
// RFC 9110, 9.3.2
func TestTheRunOfAHeadStopsWhenItsHeaderIsEnough(t *testing.T) {
	for size, length := range lengthsOf64 {
		for control, most := range map[string]int64{
			"private":                     1 << 20,
			"no-store":                    1 << 20,
			"max-age=60":                  middleware.DefaultMaxBody + 2<<20, // until then it might be stored
			"max-age=60, must-revalidate": middleware.DefaultMaxBody + 2<<20,
		} {
			for name, around := range kindsOfCache {
				h := newLongSource(append(length, "Cache-Control: "+control, `Etag: "v1"`)...)
				s := newServer(t, within(inMemory(t), around()(h)))
				a := fetch(t, s, "HEAD", "/film")
				if a.status != 200 || a.header.Get("Etag") != `"v1"` || (a.header.Get("Content-Length") == "67108864") != (size == "known") {
					t.Errorf("%s, %s, %s: %d %q", name, control, size, a.status, a.header)
				}
				if err := <-h.stopped; err == nil || h.written.Load() > most {
					t.Errorf("%s, %s, %s: the handler has written %d bytes, %v", name, control, size, h.written.Load(), err)
				}
				// It is not a failure, and the next goes to the handler as it came.
				before := h.written.Load()
				if a := fetch(t, s, "HEAD", "/film"); a.status != 200 || h.written.Load() != before {
					t.Errorf("%s, %s, %s: again: %d, %d bytes more, %s", name, control, size, a.status, h.written.Load()-before, a.cacheStatus())
				}
			}
		}
	}
}

// The run for a request that its condition answers is stopped when the header is known and the body
// is not to be stored.
// RFC 9110, 15.4.5
func TestTheRunOfAConditionThatAnswersStops(t *testing.T) {
	for size, length := range lengthsOf64 {
		for name, around := range kindsOfCache {
			h := newLongSource(append(length, "Cache-Control: private", `Etag: "v1"`)...)
			s := newServer(t, within(inMemory(t), around()(h)))
			a := fetch(t, s, "GET", "/film", `If-None-Match: "v1"`)
			if err := <-h.stopped; a.status != http.StatusNotModified || err == nil || h.written.Load() > 1<<20 {
				t.Errorf("%s, %s: %d, the handler has written %d bytes, %v", name, size, a.status, h.written.Load(), err)
			}
		}
	}
}

// A HEAD of a response that never ends is answered by its header, since a handler that flushes has
// more to write.
// RFC 9110, 9.3.2
func TestAHeadOfWhatNeverEnds(t *testing.T) {
	for _, contentType := range []string{"text/event-stream", "text/plain"} {
		for name, around := range kindsOfCache {
			h := newLongSource("Content-Type: "+contentType, "Cache-Control: private")
			h.flushes, h.endless = true, true
			s := newServer(t, within(inMemory(t), around()(h)))
			if a := fetch(t, s, "HEAD", "/events"); a.status != 200 || a.header.Get("Content-Type") != contentType {
				t.Errorf("%s: %d %q", name, a.status, a.header)
			}
			if err := <-h.stopped; err == nil || h.written.Load() > 1<<20 {
				t.Errorf("%s: %d bytes, %v", name, h.written.Load(), err)
			}
		}
	}
}

// The run for a HEAD of a short page is not stopped: that would gain nothing, and the handler would
// report an error.
func TestAHeadLetsAShortPageComeToItsEnd(t *testing.T) {
	for _, control := range []string{"private", "max-age=60"} {
		for name, around := range kindsOfCache {
			ended := make(chan error, 1)
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				var err error
				defer func() { ended <- errors.Join(err, r.Context().Err()) }()
				w.Header().Set("Cache-Control", control)
				for part := range strings.SplitSeq(film, "9") {
					if _, err = io.WriteString(w, part); err != nil {
						return
					}
				}
			}}
			s := newServer(t, within(inMemory(t), around()(h)))
			fetch(t, s, "HEAD", "/page") // it may have the header before the handler has ended
			if err := <-ended; err != nil {
				t.Errorf("%s, %s: %v", name, control, err)
			}
		}
	}
}

// A HEAD does not stop a stream that others read, even one over the limit.
func TestAHeadDoesNotStopAStreamThatOthersRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := within(inMemory(t), middleware.CachePage(time.Hour, middleware.MaxBody(4000))(h))
		head := start(t, p, request("HEAD", "/film"))
		h.write(t, film[:3000])
		other := start(t, p, request("GET", "/film"))
		h.write(t, film[3000:])
		h.end()
		other.wantWhole(t, film)
		if a := head.wait(); a.status != 200 || a.body != "" {
			t.Errorf("HEAD: %d with %d bytes", a.status, len(a.body))
		}
		h.wantRuns(t, 1)
	})
}

// A HEAD of a proxied page stops the origin, with Shared around httputil.ReverseProxy, which panics
// when its client is gone.
func TestAHeadOfAProxiedPageStopsTheOrigin(t *testing.T) {
	for size, length := range lengthsOf64 {
		for _, control := range []string{"private", "max-age=60"} {
			h := newLongSource(append(length, "Cache-Control: "+control)...)
			s := newProxy(t, h)
			for i := range 2 {
				if a := fetch(t, s, "HEAD", "/film"); a.status != 200 || a.err != nil {
					t.Errorf("%s, %s: %d, %v", control, size, a.status, a.err)
				}
				if err := <-h.stopped; (err == nil) != (i > 0) || h.written.Load() > 32<<20 { // the sockets between hold some of it
					t.Errorf("%s, %s: the origin has sent %d bytes, %v", control, size, h.written.Load(), err)
				}
			}
		}
	}
}

// A handler that panics when it is stopped, as [httputil.ReverseProxy] does, has answered.
func TestAHandlerThatPanicsWhenItIsStoppedHasAnswered(t *testing.T) {
	for _, value := range []any{http.ErrAbortHandler, errors.New("stopped")} {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "private")
			for range whole64 / len(film) {
				if _, err := io.WriteString(w, film); err != nil {
					panic(value)
				}
			}
		}}
		w := httptest.NewRecorder()
		if v := panicOf(func() { cached(t, h).ServeHTTP(w, request("HEAD", "/film")) }); v != nil || w.Code != 200 {
			t.Errorf("%v: %v, %d", value, v, w.Code)
		}
	}
}

// The response to HEAD has the Content-Length that it has without a cache, where net/http knows it.
// RFC 9110, 9.3.2; RFC 9110, 8.6
func TestAHeadHasTheLengthThatTheServerKnowsWithoutACache(t *testing.T) {
	for _, control := range []string{"private", "no-store", "max-age=60"} {
		for _, writes := range [][]int{{0}, {10}, {2047}, {2048}, {2049}, {2000, 48}, {2000, 49}, {2000, 3000}, {1, 2047, 1}, {2048, 1}, {1000, 1000, 1000}, {5000}, {100, 100_000}} {
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", control)
				for _, n := range writes {
					_, _ = w.Write(make([]byte, n))
				}
			}}
			sum := 0
			for _, n := range writes {
				sum += n
			}
			want := fetch(t, newServer(t, h), "HEAD", "/page").header.Get("Content-Length")
			for name, around := range kindsOfCache {
				s := newServer(t, within(inMemory(t), around()(h)))
				// The run is that of a GET, so the true length may be known where the server alone does not know it.
				if got := fetch(t, s, "HEAD", "/page").header.Get("Content-Length"); got != want && got != fmt.Sprint(sum) {
					t.Errorf("%s, %s, writes of %d: Content-Length is %q, without a cache %q", name, control, writes, got, want)
				}
			}
		}
	}
}
