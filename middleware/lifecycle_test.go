package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// life collects what a bus says.
type life struct {
	mu      sync.Mutex
	events  []string
	senders []any
	errs    []error
}

func (l *life) add(event string, sender any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event)
	l.senders = append(l.senders, sender)
}

func (l *life) listen(bus *signals.Bus) (stop func()) {
	a := bus.RequestStarted.Connect(func(_ context.Context, sender any, e signals.StartedEvent) error {
		l.add("started "+e.Request.URL.Path, sender)
		return nil
	})
	b := bus.GotRequestException.Connect(func(_ context.Context, sender any, e signals.ExceptionEvent) error {
		l.add("exception "+e.Request.URL.Path, sender)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.errs = append(l.errs, e.Err)
		return nil
	})
	c := bus.RequestFinished.Connect(func(_ context.Context, sender any, e signals.FinishedEvent) error {
		l.add("finished "+e.Request.URL.Path, sender)
		return nil
	})
	return func() { a(); b(); c() }
}

func (l *life) want(t *testing.T, events ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(events, l.events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// lifecycle returns h in a Lifecycle, and the life that it reports.
func lifecycle(h http.HandlerFunc, opts ...middleware.LifecycleOption) (http.Handler, *life) {
	bus, l := new(signals.Bus), new(life)
	l.listen(bus)
	return middleware.Lifecycle(append(opts, middleware.WithBus(bus))...)(h), l
}

// request_started comes before the handler and request_finished after it, with the Lifecycle's
// handler as sender.
// Django, request_started
func TestSignalsAreSentInOrderByTheHandler(t *testing.T) {
	var l *life
	h, l := lifecycle(func(http.ResponseWriter, *http.Request) { l.add("handler", nil) })
	ask(h, "/a")
	l.want(t, "started /a", "handler", "finished /a")
	if l.senders[0] != any(h) || l.senders[2] != any(h) {
		t.Errorf("the senders are %v", l.senders)
	}
}

// Receivers get the request that the handler gets.
func TestTheReceiversGetTheRequestOfTheHandler(t *testing.T) {
	bus := new(signals.Bus)
	var seen []*http.Request
	bus.RequestStarted.Connect(func(_ context.Context, _ any, e signals.StartedEvent) error {
		seen = append(seen, e.Request)
		return nil
	})
	bus.RequestFinished.Connect(func(ctx context.Context, _ any, e signals.FinishedEvent) error {
		if ctx != e.Request.Context() {
			t.Error("the context is another")
		}
		seen = append(seen, e.Request)
		return nil
	})
	h := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(inMemory(t)))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r) }))
	ask(h, "/")
	if len(seen) != 3 || seen[0] != seen[1] || seen[1] != seen[2] {
		t.Errorf("the requests are %p", seen)
	}
}

// Without WithBus, the default bus is used.
func TestWithoutABusTheDefaultOneIsUsed(t *testing.T) {
	l := new(life)
	defer l.listen(signals.Default)()
	defer signals.Default.RequestFinished.Disconnect(middleware.CloseCachesUID)
	ask(middleware.Lifecycle()(http.NotFoundHandler()), "/default")
	h, own := lifecycle(http.NotFound)
	ask(h, "/own")
	l.want(t, "started /default", "finished /default")
	own.want(t, "started /own", "finished /own")
}

// Receivers can distinguish several servers on one bus by the sender.
func TestSeveralServersOnOneBusAreToldApart(t *testing.T) {
	bus, all, one := new(signals.Bus), new(life), new(life)
	all.listen(bus)
	wrap := middleware.Lifecycle(middleware.WithBus(bus))
	first, second := wrap(http.NotFoundHandler()), wrap(http.NotFoundHandler())
	bus.RequestStarted.Connect(func(_ context.Context, sender any, e signals.StartedEvent) error {
		one.add("started "+e.Request.URL.Path, sender)
		return nil
	}, signals.From(second))
	ask(first, "/first")
	ask(second, "/second")
	one.want(t, "started /second")
	if all.senders[0] != any(first) || all.senders[2] != any(second) {
		t.Errorf("the senders are %v", all.senders)
	}
}

// A panic is sent as got_request_exception and goes on with its value.
// Django, got_request_exception
func TestAPanicIsReportedAndGoesOnWithItsValue(t *testing.T) {
	type thing struct{ n int }
	err := errors.New("an error")
	for name, value := range map[string]any{
		"an error":        err,
		"a pointer":       &thing{1},
		"a string":        "text",
		"ErrAbortHandler": http.ErrAbortHandler,
	} {
		h, l := lifecycle(func(http.ResponseWriter, *http.Request) { panic(value) })
		if got := panicOf(func() { ask(h, "/") }); got != value {
			t.Errorf("%s: the panic goes on with %v", name, got)
		}
		l.want(t, "started /", "exception /", "finished /")
		var panicked *signals.PanicError
		if !errors.As(l.errs[0], &panicked) || panicked.Value != value || !strings.Contains(string(panicked.Stack), "lifecycle_test.go") {
			t.Errorf("%s: the error is %v", name, l.errs[0])
		}
	}
}

// request_finished is sent when a handler ends its goroutine.
func TestAHandlerThatEndsItsGoroutineIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, l := lifecycle(func(http.ResponseWriter, *http.Request) { exitGoroutine() })
		go ask(h, "/")
		synctest.Wait()
		l.want(t, "started /", "finished /")
	})
}

// request_finished is sent when a receiver of request_started ends the goroutine.
func TestAReceiverThatEndsTheGoroutineDoesNotKeepARequestFromBeingFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, l := new(signals.Bus), new(life)
		bus.RequestStarted.Connect(func(context.Context, any, signals.StartedEvent) error {
			exitGoroutine()
			return nil
		})
		l.listen(bus)
		go ask(middleware.Lifecycle(middleware.WithBus(bus))(http.NotFoundHandler()), "/")
		synctest.Wait()
		l.want(t, "started /", "finished /")
	})
}

// Receivers that fail stop neither other receivers nor the request.
// Django, send_robust
func TestFailingReceiversStopNeitherTheOthersNorTheRequest(t *testing.T) {
	bus, l := new(signals.Bus), new(life)
	bus.RequestStarted.Connect(func(context.Context, any, signals.StartedEvent) error { panic("started") })
	bus.RequestFinished.Connect(func(context.Context, any, signals.FinishedEvent) error { return errors.New("finished") })
	l.listen(bus)
	h := middleware.Lifecycle(middleware.WithBus(bus))(answering("body"))
	ask(h, "/").wantBody(t, "body")
	l.want(t, "started /", "finished /")
}

// Lifecycle passes the ResponseWriter on unchanged.
func TestTheResponseWriterIsPassedOnAsItIs(t *testing.T) {
	var outer, inner http.ResponseWriter
	h, _ := lifecycle(func(w http.ResponseWriter, r *http.Request) {
		inner = w
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("it is no io.ReaderFrom")
		}
		if _, ok := w.(http.Hijacker); !ok {
			t.Error("it is no http.Hijacker")
		}
		_, _ = io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Errorf("EnableFullDuplex: %v", err)
		}
		_, _ = io.Copy(w, strings.NewReader("second"))
	})
	s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer = w
		h.ServeHTTP(w, r)
	}))
	fetch(t, s, "GET", "/").wantBody(t, "first second")
	if outer != inner {
		t.Error("it is another")
	}
}

// request_finished is sent for a hijacked connection when its handler returns.
func TestAHijackedConnectionIsFinishedWhenTheHandlerReturns(t *testing.T) {
	h, l := lifecycle(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nown")
	})
	done := make(chan struct{})
	s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		h.ServeHTTP(w, r)
	}))
	fetch(t, s, "GET", "/").wantBody(t, "own")
	<-done
	l.want(t, "started /", "finished /")
}
