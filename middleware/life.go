package middleware

import (
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/engine"

	"github.com/larder-go/larder/signals"
)

// Life is what [Lifecycle] is, for adapters of frameworks that turn errors into
// responses.
type Life struct{ lifecycle }

// NewLife returns the Life of Lifecycle with these options.
func NewLife(opts ...LifecycleOption) *Life { return &Life{newLifecycle(opts)} }

// Serve marks the life of a request. next gets it with the request's caches in
// its context. If it panics, or returns an error, which is to be what has become
// a response with a status of 500 or above, GotRequestException is sent.
//
// A request of the cache's own, on its way to an [Engine], is none of a client,
// and has its caches already: there are no signals.
func (l *Life) Serve(r *http.Request, next func(*http.Request) error) {
	if engine.TicketOf(r) != nil {
		_ = next(r) // the engine hears of it
		return
	}
	r = l.scoped(r)
	defer l.finish(r)
	l.start(r)
	if err := next(r); err != nil {
		l.bus.GotRequestException.Notify(r.Context(), &l.lifecycle, signals.ExceptionEvent{Request: r, Err: err})
	}
}
