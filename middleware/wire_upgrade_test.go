package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What handlers do with connections, through a cache.

// speak does what a WebSocket client does: it asks for the protocol, says
// something and hears it again.
func speak(t *testing.T, s *httptest.Server) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /page HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n")
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", response, err)
	}
	for i := range 3 {
		_, _ = fmt.Fprintf(conn, "hello %d\n", i)
		if line, err := reader.ReadString('\n'); line != fmt.Sprintf("hello %d\n", i) || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
	}
}

// echoing over a connection that was taken.
func upgrade(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "websocket" {
		_, _ = io.WriteString(w, "page")
		return
	}
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	_ = rw.Flush()
	for {
		line, err := rw.ReadString('\n')
		if err != nil {
			return
		}
		_, _ = rw.WriteString(line)
		_ = rw.Flush()
	}
}

// A WebSocket passes each kind of cache.
// RFC 9110, 7.8
func TestAWebSocketPassesEachMode(t *testing.T) {
	direct := newServer(t, http.HandlerFunc(upgrade))
	target, err := url.Parse(direct.URL)
	if err != nil {
		t.Fatal(err)
	}
	for mode, p := range modes(t, http.HandlerFunc(upgrade)) {
		s := newServer(t, p)
		ask(p, "/page")
		speak(t, s)
		if t.Failed() {
			t.Fatal(mode)
		}
	}
	speak(t, newServer(t, within(inMemory(t), middleware.Shared()(httputil.NewSingleHostReverseProxy(target)))))
}

// Events reach the client one by one.
func TestEventsReachTheClientOneByOne(t *testing.T) {
	for _, contentType := range []string{"text/event-stream", "application/x-ndjson"} {
		next := make(chan int)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			for i := range next {
				_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
			}
		})
		for mode, p := range modes(t, h) {
			next = make(chan int)
			s := newServer(t, p)
			done := make(chan struct{})
			go func() {
				defer close(done)
				next <- 0
			}()
			response, err := s.Client().Get(s.URL + "/events")
			if err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(response.Body)
			<-done
			for i := range 3 {
				if line, err := reader.ReadString('\n'); line != fmt.Sprintf("data: %d\n", i) || err != nil {
					t.Fatalf("%s, %s: %q, %v", contentType, mode, line, err)
				}
				_, _ = reader.ReadString('\n')
				if i < 2 {
					next <- i + 1
				}
			}
			close(next)
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
}

// fileServer serves a file of a megabyte, and tells if the writer that it got can
// be read from, which is how net/http sends files without copying them.
func fileServer(t *testing.T) (h http.Handler, last *http.ResponseWriter) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	last = new(http.ResponseWriter)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*last = w
		http.ServeFile(w, r, name)
	}), last
}

// A request that bypasses the cache has the server's own writer, so that everything that it can do
// is there, sendfile too. In front of an origin it has one that looks at the origin's Cache-Status,
// and does what the server's own can.
func TestWhatGoesPastTheCacheHasTheServersOwnWriter(t *testing.T) {
	files, last := fileServer(t)
	for mode, page := range modes(t, files, middleware.When(func(*http.Request) bool { return false })) {
		writers := make(chan [2]http.ResponseWriter, 1)
		s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page.ServeHTTP(w, r)
			writers <- [2]http.ResponseWriter{w, *last}
		}))
		a := fetch(t, s, "GET", "/file")
		both := <-writers
		if wrapper, ok := both[1].(interface {
			http.Flusher
			http.Hijacker
			io.ReaderFrom
			io.StringWriter
			Unwrap() http.ResponseWriter
		}); ok && (mode == "shared" || mode == "literal") {
			both[1] = wrapper.Unwrap()
		}
		if len(a.body) != 1<<20 || both[0] != both[1] {
			t.Errorf("%s: %d bytes, by a %T and not a %T", mode, len(a.body), both[1], both[0])
		}
	}
}

// counted is a writer that counts what it is read from for.
type counted struct {
	http.ResponseWriter
	direct int64
}

func (w *counted) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = w.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
	w.direct += n
	return n, err
}

func (w *counted) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A file over MaxBody is sent by the operating system.
func TestAFileThatIsTooLongIsSentByTheSystem(t *testing.T) {
	files, _ := fileServer(t)
	for mode, page := range modes(t, files, middleware.MaxBody(1000), middleware.StatusTTL(200, time.Minute)) {
		sent := make(chan int64, 1)
		s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &counted{ResponseWriter: w}
			page.ServeHTTP(c, r)
			sent <- c.direct
		}))
		a := fetch(t, s, "GET", "/file")
		if direct := <-sent; len(a.body) != 1<<20 || direct != 1<<20 {
			t.Errorf("%s: %d bytes, %d of them directly; %s", mode, len(a.body), direct, a.cacheStatus())
		}
	}
}

// Deadlines that a handler sets are those of the connection.
func TestDeadlinesOfAHandlerAreThoseOfTheConnection(t *testing.T) {
	for _, bypass := range []bool{true, false} {
		errs := make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(time.Minute))
			if err := control.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Error(err)
			}
			_, err := w.Write(make([]byte, 32<<20))
			errs <- err
		})
		s := newServer(t, cached(t, h, middleware.When(func(*http.Request) bool { return !bypass })))
		response, err := s.Client().Get(s.URL + "/page")
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		if err == nil {
			t.Error("the client got everything after the deadline")
		}
		if err := <-errs; bypass && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the handler that bypasses the cache got %v", err)
		}
	}
}

// Full duplex works for a request with a body.
func TestFullDuplexPassesWithABody(t *testing.T) {
	s := newServer(t, cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, "first ")
		_, _ = io.Copy(w, r.Body)
	})))
	for _, method := range []string{"GET", "POST"} {
		r, _ := http.NewRequestWithContext(t.Context(), method, s.URL+"/page", strings.NewReader("body"))
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if string(body) != "first body" || err != nil {
			t.Errorf("%s: %q, %v", method, body, err)
		}
	}
}

// A change invalidates its page even if its handler hijacks the connection.
// RFC 9111, 4.4
func TestAChangeIsSeenThoughItsConnectionIsTaken(t *testing.T) {
	changes := 0
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprintf(w, "%d changes", changes)
			return
		}
		changes++
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}}
	s := newServer(t, cached(t, h))
	fetch(t, s, "GET", "/").wantBody(t, "0 changes")
	fetch(t, s, "POST", "/")
	fetch(t, s, "GET", "/").wantBody(t, "1 changes")
}
