package middleware

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/larder-go/larder/internal/pagecache/engine"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// CloseCachesUID is the dispatch uid of the receiver that closes a request's
// caches when it finishes. To close them yourself, disconnect it from the bus's
// RequestFinished after the last [Lifecycle] for that bus is made.
const CloseCachesUID = "larder.close_caches"

// LifecycleOption changes what [Lifecycle] does. Each is given at most once; what is
// wrong with options makes Lifecycle panic.
type LifecycleOption func(*lifecycleOptions)

// lifecycleOptions are what options say, in whatever order they were given. A slice has
// one element unless its option was given several times.
type lifecycleOptions struct {
	buses  []*signals.Bus
	caches []*cache.Handler
}

// WithBus sends the signals on bus instead of [signals.Default], which nil
// stands for.
func WithBus(bus *signals.Bus) LifecycleOption {
	return func(o *lifecycleOptions) { o.buses = append(o.buses, bus) }
}

// WithCaches gives requests the caches of h instead of those of the program's
// default handler, see [cache.SetDefault].
func WithCaches(h *cache.Handler) LifecycleOption {
	return func(o *lifecycleOptions) { o.caches = append(o.caches, h) }
}

// Lifecycle returns middleware that marks the life of each request. It puts a
// [cache.Scope] in the request's context, so that [cache.From] finds the
// request's caches, and sends on a bus:
//
//   - RequestStarted before the handler is called
//   - GotRequestException if it panics, with http.ErrAbortHandler too; the panic
//     then goes on with the value it had
//   - RequestFinished when it has returned, panicked or ended its goroutine
//
// The caches that a request has used are closed on RequestFinished, after all other
// receivers, which may use them; and nothing is created for a request that has used none. The ResponseWriter is
// passed on as it is. If the middleware is directly around that of pages, such as
// [Site], and no other receiver is connected to the signals, a page that was a hit a
// moment ago is answered without all this.
//
// The sender of the signals is the http.Handler that the middleware returns.
// Without a default handler, and without WithCaches, there is no scope. It panics if it is
// directly around pages whose [Alias] the caches do not have, or for whose [MaxBody] they
// have no room; elsewhere the first request tells.
func Lifecycle(opts ...LifecycleOption) func(http.Handler) http.Handler {
	config := newLifecycle(opts)
	return func(next http.Handler) http.Handler {
		l := config
		l.next = next
		l.pages, _ = next.(*engine.Handler)
		l.checkPages()
		return &l
	}
}

// checkPages panics if the pages directly inside cannot be stored in the caches, as far as
// these are known.
func (l *lifecycle) checkPages() {
	caches := l.handler()
	if l.pages == nil || caches == nil {
		return
	}
	if _, err := caches.Cache(l.pages.Alias); err != nil {
		panic(fmt.Sprintf("middleware: Alias: %v", err))
	}
	if !l.pages.Fits(caches) {
		panic("middleware: " + l.pages.Misfit(caches))
	}
}

func newLifecycle(opts []LifecycleOption) lifecycle {
	var o lifecycleOptions
	for _, opt := range opts {
		if opt == nil {
			panic("middleware: Lifecycle: an option is nil; options are what WithBus and WithCaches return")
		}
		opt(&o)
	}
	if len(o.buses) > 1 || len(o.caches) > 1 {
		panic(fmt.Sprintf("middleware: Lifecycle: WithBus is given %d times and WithCaches %d times; each holds one value", len(o.buses), len(o.caches)))
	}
	l := lifecycle{bus: signals.Default}
	for _, bus := range o.buses {
		l.bus = cmp.Or(bus, signals.Default)
	}
	for _, caches := range o.caches {
		l.caches = caches
	}
	l.bus.RequestFinished.Connect(closeCaches, signals.UID(CloseCachesUID), signals.Last())
	return l
}

func closeCaches(ctx context.Context, _ any, _ signals.FinishedEvent) error {
	return cache.CloseCaches(ctx)
}

type lifecycle struct {
	bus    *signals.Bus
	caches *cache.Handler // nil for the default one
	next   http.Handler
	pages  *engine.Handler // next, if it is one
}

func (l *lifecycle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.pages != nil && !l.isObserved() && l.pages.ServeUnscoped(w, r, l.handler()) {
		return
	}
	r = l.scoped(r)
	defer l.finish(r) // even if a receiver ends the goroutine
	l.start(r)
	l.next.ServeHTTP(w, r)
	if engine.AnyUnanswered.Load() {
		engine.AnswerTimeout(w, r)
	}
}

// handler returns the caches that requests get, or nil.
func (l *lifecycle) handler() *cache.Handler {
	if l.caches != nil {
		return l.caches
	}
	return cache.DefaultHandler()
}

// scoped returns the request with its caches, if there are any.
func (l *lifecycle) scoped(r *http.Request) *http.Request {
	caches := l.handler()
	if caches == nil {
		return r
	}
	return r.WithContext(caches.Scope(r.Context()))
}

// isObserved reports whether somebody would miss the signals of a request that uses no
// caches.
func (l *lifecycle) isObserved() bool {
	return l.bus.RequestStarted.HasListeners(l) || l.bus.GotRequestException.HasListeners(l) ||
		l.bus.RequestFinished.HasListenersBeside(CloseCachesUID, l)
}

func (l *lifecycle) start(r *http.Request) {
	l.bus.RequestStarted.Notify(r.Context(), l, signals.StartedEvent{Request: r})
}

// finish is deferred: it runs when the handler has returned, panicked or ended
// its goroutine.
func (l *lifecycle) finish(r *http.Request) {
	// A deferred call, so that it is sent even if the panic goes on here.
	defer l.bus.RequestFinished.Notify(r.Context(), l, signals.FinishedEvent{Request: r})
	if v := recover(); v != nil {
		err := &signals.PanicError{Value: v, Stack: debug.Stack()}
		l.bus.GotRequestException.Notify(r.Context(), l, signals.ExceptionEvent{Request: r, Err: err})
		panic(v)
	}
}
