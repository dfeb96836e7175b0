package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/middleware"
)

// framework uses its contexts again for other requests, and scribbles on them when
// a request is over: whoever uses one then is caught by the race detector.
type framework struct {
	engine  *engine.Engine
	handler func(http.ResponseWriter, *http.Request, *pooled) error
	outside func(next http.Handler) http.Handler // nil for nothing
	pool    sync.Pool
	served  atomic.Int32
}

// pooled is the context of one request after the other.
type pooled struct {
	framework *framework
	route     string
	writer    http.ResponseWriter
	scribble  int
	runs      int
}

// newEngine returns an engine as adapters make it of a Policy.
func newEngine(opts ...middleware.PageOption) *engine.Engine {
	return engine.New((*policy.Opaque)(middleware.NewPolicy(ttl, opts...)).Policy())
}

func newFramework(opts ...middleware.PageOption) *framework {
	f := &framework{engine: newEngine(opts...)}
	f.pool.New = func() any { return new(pooled) }
	return f
}

func (f *framework) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.served.Add(1)
	c := f.pool.Get().(*pooled)
	defer f.pool.Put(c)
	c.framework, c.route, c.writer, c.runs = f, "/page", w, 0
	defer func() { c.scribble++; c.writer = nil; c.framework = nil }()
	var cached http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.engine.Serve(w, r, c) })
	if f.outside != nil {
		cached = f.outside(cached)
	}
	cached.ServeHTTP(w, r)
}

func (c *pooled) Next(w http.ResponseWriter, r *http.Request) error {
	c.runs++
	if c.runs > 1 {
		panic("the rest of the chain has run twice")
	}
	if w == nil {
		w = c.writer
	}
	c.scribble++
	err := c.framework.handler(w, r, c)
	c.scribble++
	return err
}

func (c *pooled) Route() string           { return c.route }
func (c *pooled) Framework() http.Handler { return c.framework }

// says returns a handler that answers with text.
func says(text string) func(http.ResponseWriter, *http.Request, *pooled) error {
	return func(w http.ResponseWriter, _ *http.Request, _ *pooled) error {
		_, _ = io.WriteString(w, text)
		return nil
	}
}

// An engine that a framework drives answers as CachePage does.
func TestAnEngineAnswersAsACachePage(t *testing.T) {
	f := newFramework()
	f.handler = says("page")
	h := within(inMemory(t), f)
	ask(h, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
	ask(h, "/page").wantHit(t, "page")
	send(h, request("POST", "/page")).wantBody(t, "page")
	ask(h, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
}

// Serve returns when the handler has returned, even if its client has left, so that a framework can
// reuse its context.
func TestServeWaitsForTheHandlerThoughItsClientHasLeft(t *testing.T) {
	f := newFramework()
	began, goOn := make(chan struct{}, 1), make(chan struct{})
	var returned atomic.Bool
	f.handler = func(w http.ResponseWriter, _ *http.Request, _ *pooled) error {
		began <- struct{}{}
		<-goOn
		returned.Store(true)
		_, _ = io.WriteString(w, "page")
		return nil
	}
	h := within(inMemory(t), f)
	ctx, leave := context.WithCancel(t.Context())
	leader := make(chan answer, 1)
	go func() { leader <- send(h, request("GET", "/page").WithContext(ctx)) }()
	<-began
	follower := make(chan answer, 1)
	go func() { follower <- ask(h, "/page") }()
	leave()
	select {
	case a := <-leader:
		t.Errorf("Serve has returned while the handler runs: %d", a.status)
	default:
	}
	close(goOn)
	if a := <-leader; a.status != http.StatusServiceUnavailable && a.body != "page" {
		t.Errorf("the client that left has %d %q", a.status, a.body)
	}
	if !returned.Load() {
		t.Error("Serve has returned before the handler")
	}
	(<-follower).wantBody(t, "page")
}

// No context of a framework is used by another request, whenever clients leave. Each client leaves
// when the next one comes, and the race detector sees who uses a context that is another's.
func TestManyLeaveAtAnyTime(t *testing.T) {
	f := newFramework()
	pace := make(chan struct{})
	f.handler = func(w http.ResponseWriter, r *http.Request, _ *pooled) error {
		select {
		case <-r.Context().Done():
		case <-pace:
		}
		_, _ = io.WriteString(w, "page")
		return nil
	}
	h := within(inMemory(t), f)
	var clients sync.WaitGroup
	leave := func() {}
	for i := range 400 {
		leave()
		ctx, cancel := context.WithCancel(t.Context())
		if leave = cancel; i%5 == 0 {
			ctx = t.Context()
		}
		clients.Go(func() {
			defer cancel()
			path := "/page?" + strings.Repeat("x", i/20)
			if a := send(h, request("GET", path).WithContext(ctx)); a.status == http.StatusOK && a.body != "page" {
				t.Errorf("%d %q", a.status, a.body)
			}
		})
	}
	leave()
	served := make(chan struct{})
	go func() { clients.Wait(); close(served) }()
	for {
		select {
		case pace <- struct{}{}:
		case <-served:
			return
		}
	}
}

// A panic in a framework's handler reaches the request with its value.
func TestAPanicIsTheRequestsOwn(t *testing.T) {
	f := newFramework()
	f.handler = func(http.ResponseWriter, *http.Request, *pooled) error { panic("a fault") }
	h := within(inMemory(t), f)
	for range 2 {
		if v := panicOf(func() { ask(h, "/page") }); v != "a fault" {
			t.Errorf("the panic is %v", v)
		}
	}
}

// An error that a framework's handler returns keeps the response from being stored, and is the
// framework's to answer.
func TestAnErrorOfNextKeepsTheResponseFromBeingStored(t *testing.T) {
	fault := errors.New("a fault")
	for name, c := range map[string]struct {
		write func(http.ResponseWriter)
		want  string
	}{
		"nothing was written": {func(http.ResponseWriter) {}, "answered outside"},
		"a part was held":     {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "part") }, "part"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFramework()
			f.handler = func(w http.ResponseWriter, _ *http.Request, _ *pooled) error { c.write(w); return fault }
			f.outside = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					next.ServeHTTP(w, r)
					if w.(*httptest.ResponseRecorder).Body.Len() == 0 {
						_, _ = io.WriteString(w, "answered outside")
					}
				})
			}
			h := within(inMemory(t), f)
			for range 2 {
				a := ask(h, "/page")
				a.wantBody(t, c.want)
				if a.isHit() {
					t.Error("it was stored")
				}
			}
		})
	}
}

// A stream whose handler returns an error is aborted.
func TestAStreamWithAnErrorAtItsEndIsBrokenOff(t *testing.T) {
	f := newFramework()
	f.handler = func(w http.ResponseWriter, _ *http.Request, _ *pooled) error {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		return errors.New("a fault")
	}
	h := within(inMemory(t), f)
	for range 2 {
		if v := panicOf(func() { ask(h, "/page") }); v != http.ErrAbortHandler {
			t.Errorf("the panic is %v, want ErrAbortHandler", v)
		}
	}
}

// A framework's chain that is needed a second time runs in a new context.
func TestAChainThatIsNeededTwiceRunsInANewRequest(t *testing.T) {
	f := newFramework(middleware.HeedRequests())
	f.handler = func(w http.ResponseWriter, r *http.Request, _ *pooled) error {
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			w.Header().Set("Etag", `"2"`) // of another page than was asked about
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		_, _ = io.WriteString(w, "page")
		return nil
	}
	h := within(inMemory(t), f)
	ask(h, "/page").wantBody(t, "page")
	a := ask(h, "/page", "Cache-Control: no-cache")
	a.wantBody(t, "page")
	if served := f.served.Load(); served != 3 {
		t.Errorf("%d requests have come through the framework, want 3 (%s)", served, a.cacheStatus())
	}
}

// A hit through an engine allocates at most twice.
func TestAHitThroughAnEngineAllocatesTwice(t *testing.T) {
	e := newEngine()
	c := &pooled{framework: &framework{handler: says("page")}, route: "/"}
	scope := inMemory(t).Scope(t.Context())
	defer scope.Close(context.Background())
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.Serve(w, r, c) })
	if got := allocations(h, request("GET", "/").WithContext(scope)); got > 2 {
		t.Errorf("%v allocations, want at most 2", got)
	}
}
