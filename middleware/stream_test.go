package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A flush reaches the client immediately.
func TestAFlushReachesTheClientAtOnce(t *testing.T) {
	goOn := make(chan struct{})
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
		<-goOn
		_, _ = io.WriteString(w, " second")
	}}))
	response, err := s.Client().Get(s.URL + "/page")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first" {
		t.Errorf("%q, %v", first, err)
	}
	close(goOn)
	if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != " second" {
		t.Errorf("%q, %v", rest, err)
	}
	if got := response.Header.Get("Cache-Status"); got != "larder; fwd=uri-miss; fwd-status=200; stored" {
		t.Errorf("Cache-Status is %q", got)
	}
}

// A stream that is not to be shared releases those who wait as soon as its header is there.
func TestAStreamForOneReleasesWaitingRequestsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cached(t, &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Cache-Control", "private")
			w.(http.Flusher).Flush()
			if r.Header.Get("X-First") != "" {
				time.Sleep(time.Hour / 10)
			}
		}})
		first := start(t, p, request("GET", "/page", "X-First: 1"))
		began := time.Now()
		start(t, p, request("GET", "/page")).wait()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
		first.leave()
		first.wait()
	})
}

// A stream without an end ends with its client.
func TestAStreamEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "tick\n")
				w.(http.Flusher).Flush()
				select {
				case <-time.After(time.Second):
				case <-r.Context().Done():
				}
			}
			ended = r.Context().Err()
			_, _ = io.WriteString(w, "end\n")
		}}
		c := start(t, cached(t, h), request("GET", "/page"))
		time.Sleep(1500 * time.Millisecond)
		c.leave()
		a := c.wait()
		synctest.Wait()
		if !errors.Is(ended, context.Canceled) {
			t.Errorf("the context's error is %v", ended)
		}
		a.wantBody(t, "tick\ntick\n")
	})
}

// A handler that uses the connection of a client that has left gets an error.
func TestAHandlerThatWantsItsClientThatHasLeftIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := make(map[string]error)
		h := slow(false, func(w http.ResponseWriter, r *http.Request) {
			controller := http.NewResponseController(w)
			errs["SetReadDeadline"] = controller.SetReadDeadline(time.Now())
			errs["SetWriteDeadline"] = controller.SetWriteDeadline(time.Now())
			_, _, errs["Hijack"] = controller.Hijack()
		})
		p := cached(t, h)
		first, second := start(t, p, request("GET", "/page")), start(t, p, request("GET", "/page"))
		first.leave()
		second.wait()
		synctest.Wait()
		for name, err := range errs {
			if err == nil {
				t.Errorf("%s has no error", name)
			}
		}
		h.wantRuns(t, 1)
	})
}

// A page over MaxBody is streamed and not stored.
func TestLongPagesAreStreamedAndNotStored(t *testing.T) {
	const limit = 1000
	for length, stored := range map[int]bool{limit: true, limit + 1: false, 100 * limit: false} {
		for _, known := range []bool{true, false} {
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				if known {
					w.Header().Set("Content-Length", fmt.Sprint(length))
				}
				for range length {
					_, _ = w.Write([]byte{'x'})
				}
			}}
			s := newServer(t, cached(t, h, middleware.MaxBody(limit)))
			for i := range 2 {
				a := fetch(t, s, "GET", "/page")
				a.wantBody(t, strings.Repeat("x", length))
				if a.isHit() != (stored && i > 0) {
					t.Errorf("length %d, known %v: Cache-Status is %q", length, known, a.cacheStatus())
				}
			}
			if a := fetch(t, s, "HEAD", "/page"); a.body != "" || a.err != nil {
				t.Errorf("length %d, known %v: HEAD: %q, %v", length, known, a.body, a.err)
			}
		}
	}
}

// The first request for a page over the limit may be a HEAD.
// RFC 9110, 9.3.2
func TestTheFirstRequestForALongPageMayBeAHead(t *testing.T) {
	var wrote error
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		_, wrote = w.Write(make([]byte, 5000))
	}}, middleware.MaxBody(10)))
	if a := fetch(t, s, "HEAD", "/page"); a.status != 200 || a.body != "" || wrote != nil {
		t.Errorf("%d %q; Write: %v", a.status, a.body, wrote)
	}
}

// Trailers reach the client that started the run.
// RFC 9110, 6.5
func TestTrailersReachTheFirstClient(t *testing.T) {
	for name, respond := range map[string]http.HandlerFunc{
		"announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "x-sum")
			_, _ = io.WriteString(w, "page")
			w.Header().Set("X-Sum", "1")
		},
		"late": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("page", 1000))
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		},
	} {
		h := &handler{serve: respond}
		s := newServer(t, cached(t, h))
		for range 2 {
			response, err := s.Client().Get(s.URL + "/page")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.Trailer.Get("X-Sum") != "1" {
				t.Errorf("%s: the trailers are %q; Cache-Status is %q", name, response.Trailer, response.Header["Cache-Status"])
			}
		}
		h.wantRuns(t, 2)
	}
}

// 103 reaches the client that started the run, and is not replayed on hits.
// RFC 8297, 2; RFC 9110, 15.2
func TestEarlyHintsReachTheFirstClientAndAreNotReplayed(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		_, _ = io.WriteString(w, "page")
	}}
	s := newServer(t, cached(t, h))
	for i := range 2 {
		hints := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				hints++
				if code != http.StatusEarlyHints || header.Get("Link") == "" {
					t.Errorf("%d %q", code, header)
				}
				return nil
			},
		})
		r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/page", nil)
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 200 || response.Header.Get("Link") != "" || hints != 1-i {
			t.Errorf("request %d: %d %q after %d hints", i, response.StatusCode, response.Header, hints)
		}
	}
	h.wantRuns(t, 1)
}

// A hijacked connection is the handler's, and nothing is stored.
// RFC 9110, 7.8
func TestAHijackedConnectionIsTheHandlers(t *testing.T) {
	var wrote error
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("Hijack: %v", err)
			return
		}
		defer conn.Close()
		_, wrote = io.WriteString(w, "x")
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nown")
	}}))
	for range 2 {
		fetch(t, s, "GET", "/page").wantBody(t, "own")
	}
	if !errors.Is(wrote, http.ErrHijacked) {
		t.Errorf("Write: %v", wrote)
	}
}

// An event stream reaches its client as it is written, and is not stored.
func TestAnEventStreamIsNotHeldBack(t *testing.T) {
	goOn := make(chan struct{})
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "Text/Event-Stream ; charset=utf-8")
		_, _ = io.WriteString(w, "data: 1\n\n"+strings.Repeat(":\n", 4096))
		<-goOn
	}}))
	response, err := s.Client().Get(s.URL + "/page")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); line != "data: 1\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	close(goOn)
}

// A response that is shorter than its Content-Length is not stored, and its client sees that it is
// cut.
// RFC 9111, 3.3; RFC 9110, 8.6; RFC 9112, 8
func TestATruncatedPageIsNotStoredAndIsSeenToBe(t *testing.T) {
	h := answering("half", "Content-Length: 8")
	s := newServer(t, cached(t, h))
	for range 2 {
		if a := fetch(t, s, "GET", "/page"); a.body != "half" || !errors.Is(a.err, io.ErrUnexpectedEOF) {
			t.Errorf("%q, %v", a.body, a.err)
		}
	}
	h.wantRuns(t, 2)
}

// A panic in the middle of a stream aborts the connection.
// RFC 9112, 8
func TestAPanicInTheMiddleOfAStreamAbortsTheConnection(t *testing.T) {
	s := newServer(t, cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("x")
	}}))
	if a := fetch(t, s, "GET", "/page"); a.body != "half" || !errors.Is(a.err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", a.body, a.err)
	}
}
