// Package lifecycle marks the life of a request: it gives the request its caches, and sends
// the signals of its start, its failure and its end. Package middleware has it for net/http,
// by Wrap, and the adapters of frameworks by Serve.
package lifecycle

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// Lifecycle says which caches requests get, and which bus their signals are sent on. It does
// not change, and may be used from many goroutines.
type Lifecycle struct {
	bus    *signals.Bus
	caches *cache.Handler // nil for the default one
}

// requestCaches returns the caches that requests get, or nil.
func (l *Lifecycle) requestCaches() *cache.Handler {
	if l.caches != nil {
		return l.caches
	}
	return cache.DefaultHandler()
}

// scoped returns the request with its caches, if there are any.
func (l *Lifecycle) scoped(r *http.Request) *http.Request {
	caches := l.requestCaches()
	if caches == nil {
		return r
	}
	return r.WithContext(caches.Scope(r.Context()))
}

func (l *Lifecycle) start(sender any, r *http.Request) {
	l.bus.RequestStarted.Notify(r.Context(), sender, signals.StartedEvent{Request: r})
}

// finish is deferred: it runs when the handler has returned, panicked or ended
// its goroutine.
func (l *Lifecycle) finish(sender any, r *http.Request) {
	// A deferred call, so that it is sent even if the panic goes on here.
	defer l.bus.RequestFinished.Notify(r.Context(), sender, signals.FinishedEvent{Request: r})
	if v := recover(); v != nil {
		err := &signals.PanicError{Value: v, Stack: debug.Stack()}
		l.bus.GotRequestException.Notify(r.Context(), sender, signals.ExceptionEvent{Request: r, Err: err})
		panic(v)
	}
}

// closeCaches is a receiver of RequestFinished.
func closeCaches(ctx context.Context, _ any, _ signals.FinishedEvent) error {
	return cache.CloseCaches(ctx)
}
