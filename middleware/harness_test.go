package middleware_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// newCaches returns caches with one alias, "default".
func newCaches(t testing.TB, cfg cache.Config) *cache.Handler {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: cfg}, cache.WithLogger(slog.New(current{})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return h
}

// current logs to what is the default at that moment, see [logged].
type current struct{}

func (current) Enabled(ctx context.Context, level slog.Level) bool {
	return slog.Default().Handler().Enabled(ctx, level)
}
func (current) Handle(ctx context.Context, r slog.Record) error {
	return slog.Default().Handler().Handle(ctx, r)
}
func (c current) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c current) WithGroup(string) slog.Handler      { return c }

func inMemory(t testing.TB) *cache.Handler { return newCaches(t, cache.Config{Backend: "memory"}) }

// plainPages is the policy of pages without options, to purge them by.
var plainPages = middleware.NewPolicy(ttl)

// within puts a handler inside of a Lifecycle with these caches and a bus of its
// own.
func within(caches *cache.Handler, h http.Handler) http.Handler {
	return middleware.Lifecycle(middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches))(h)
}

// What is between Lifecycle and the page keeps the caches from being known at
// construction.
func behindAMux(caches *cache.Handler, h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	return within(caches, mux)
}

// handler counts its runs.
type handler struct {
	runs  atomic.Int32
	serve http.HandlerFunc
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.runs.Add(1)
	h.serve(w, r)
}

// answering returns a handler whose response has this body and these fields,
// written "Name: value".
func answering(body string, fields ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			w.Header().Add(name, value)
		}
		_, _ = io.WriteString(w, body)
	}}
}

// cached returns h behind a CachePage for an hour, in a memory cache.
func cached(t testing.TB, h http.Handler, opts ...middleware.PageOption) http.Handler {
	t.Helper()
	return within(inMemory(t), middleware.CachePage(time.Hour, opts...)(h))
}

// checks are those for the arguments of each kind of cache.
var checks = map[string]func(...middleware.PageOption) error{
	"CachePage": func(opts ...middleware.PageOption) error { return middleware.CheckCachePage(time.Hour, opts...) },
	"Site":      middleware.CheckSite,
	"Shared":    middleware.CheckShared,
}

// suiting returns those of the options that mean something to a kind of cache, of which
// check is the one of [checks], and to each other.
func suiting(kind string, opts ...middleware.PageOption) (suited []middleware.PageOption) {
	for _, opt := range opts {
		if with := append(slices.Clip(suited), opt); checks[kind](with...) == nil {
			suited = with
		}
	}
	return suited
}

// complaints fails a test if its server finds that the header of a response was
// written twice.
type complaints struct{ t testing.TB }

func (c complaints) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "superfluous") {
		c.t.Errorf("the server says: %s", p)
	}
	return len(p), nil
}

// newServer returns a server on the loopback. Its client takes responses as they
// are.
func newServer(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(complaints{t}, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	s.Client().Transport.(*http.Transport).DisableCompression = true
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

// request returns a request for a handler in this process. The fields are
// written "Name: value".
func request(method, target string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	addFields(r.Header, fields)
	return r
}

func addFields(header http.Header, fields []string) {
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		header.Add(name, value)
	}
}

// ask has h answer a GET for target.
func ask(h http.Handler, target string, fields ...string) answer {
	return send(h, request("GET", target, fields...))
}

func send(h http.Handler, r *http.Request) answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{status: w.Code, header: w.Result().Header, body: w.Body.String()}
}

// fetch asks a server. target is a path.
func fetch(t testing.TB, s *httptest.Server, method, target string, fields ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	addFields(r.Header, fields)
	r.Host = r.Header.Get("Host")
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: string(body), err: err}
}

// isHit reports whether the answer came from the cache.
func (a answer) isHit() bool { return strings.Contains(a.cacheStatus(), "larder; hit") }

func (a answer) cacheStatus() string { return strings.Join(a.header["Cache-Status"], " | ") }

func (a answer) wantBody(t testing.TB, want string) {
	t.Helper()
	if a.err != nil || a.body != want {
		t.Errorf("the body is %.100q, %v, want %.100q", a.body, a.err, want)
	}
}

func (a answer) wantStatus(t testing.TB, want string) {
	t.Helper()
	if got := a.cacheStatus(); got != want {
		t.Errorf("Cache-Status is %q, want %q", got, want)
	}
}

func (a answer) wantHit(t testing.TB, body string) {
	t.Helper()
	if !a.isHit() {
		t.Errorf("not a hit: Cache-Status is %q", a.cacheStatus())
	}
	a.wantBody(t, body)
}

func (h *handler) wantRuns(t testing.TB, want int32) {
	t.Helper()
	if got := h.runs.Load(); got != want {
		t.Errorf("the handler has run %d times, want %d", got, want)
	}
}

// slotsStay makes the slots of variants the same in each run of the test: with random
// ones, two of its variants have the same slot now and then, and push each other out.
func slotsStay(t *testing.T) {
	made := 0
	t.Cleanup(middleware.SetGenerations(func() string { made++; return fmt.Sprint("generation ", made) }))
}

// panicOf returns what f panics with.
func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// ttl is longer than any test.
const ttl = time.Hour

// raw sends text over a connection of its own and returns what comes back.
func raw(t testing.TB, s *httptest.Server, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// inBubble is a test that runs in a bubble of synctest.
func inBubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}
