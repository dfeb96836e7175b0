package adaptertest

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// Visitor asks a server on the loopback, and takes its answers as they are.
type Visitor struct {
	t      *testing.T
	server *httptest.Server
}

// NewVisitor serves a handler until the test ends, and returns a visitor of it.
func NewVisitor(t *testing.T, h http.Handler) *Visitor {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(complaints{t}, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	s.Client().Transport.(*http.Transport).DisableCompression = true
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Visitor{t: t, server: s}
}

// complaints fails a test if its server finds that the header of a response was
// written twice.
type complaints struct{ t *testing.T }

func (c complaints) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("superfluous")) {
		c.t.Errorf("the server says: %s", p)
	}
	return len(p), nil
}

// NewCaches returns caches with one alias, "default", in memory.
func NewCaches(t testing.TB) *cache.Handler {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caches.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return caches
}

// Lifecycle are the options of a Lifecycle with caches in memory and a bus, which
// may be nil.
func Lifecycle(t testing.TB, bus *signals.Bus) []middleware.LifecycleOption {
	if bus == nil {
		bus = new(signals.Bus)
	}
	return []middleware.LifecycleOption{middleware.WithCaches(NewCaches(t)), middleware.WithBus(bus)}
}

// URL is the address of a path on the server.
func (v *Visitor) URL(path string) string { return v.server.URL + path }

// Get asks for a path; fields are written "Name: value". It is for clients that ask one after
// the other: a streamed page is stored a moment after its client has it, so an answer that
// shares the run of the request before is asked for again.
func (v *Visitor) Get(path string, fields ...string) Answer {
	v.t.Helper()
	var a Answer
	for range 1000 { // in which a page is stored, if ever
		if a = v.Ask(http.MethodGet, path, fields...); !strings.Contains(a.CacheStatus(), "; collapsed") {
			break
		}
	}
	return a
}

// Ask asks with any method.
func (v *Visitor) Ask(method, path string, fields ...string) Answer {
	v.t.Helper()
	a, err := v.Try(v.t.Context(), method, path, fields...)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Try asks where there may be no answer.
func (v *Visitor) Try(ctx context.Context, method, path string, fields ...string) (Answer, error) {
	response, err := v.Open(ctx, method, path, fields...)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, string(body), err}, nil
}

// Open asks for a path and reads no more than the header.
func (v *Visitor) Open(ctx context.Context, method, path string, fields ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.URL(path), nil)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return v.server.Client().Do(r)
}

// Dial opens a connection to the server, which ends with the test.
func (v *Visitor) Dial() net.Conn {
	v.t.Helper()
	conn, err := net.Dial("tcp", v.server.Listener.Addr().String())
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// maxWait is for what comes at once, unless it never does.
const maxWait = 20 * time.Second

// Await waits for a condition that nothing tells of.
func Await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(maxWait); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// Receive waits for a channel.
func Receive[T any](t *testing.T, what string, ch <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-ch:
	case <-time.After(maxWait):
		t.Fatalf("it never came to this: %s", what)
	}
	return value
}
