package lifecycle

import (
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/signals"
)

// Serve marks the life of a request for a framework that turns errors into responses. next
// gets the request with its caches in its context. If next panics, or returns an error,
// GotRequestException is sent; the error is that of a response with a status of 500 or
// above. The sender of the signals is l.
//
// There are no signals for a request by which an [engine.Engine] refreshes a page: no client
// has sent it, and it has its caches already.
func (l *Lifecycle) Serve(r *http.Request, next func(*http.Request) error) {
	if engine.TokenOf(r) != nil {
		_ = next(r) // the engine gets it from the framework
		return
	}
	r = l.scoped(r)
	defer l.finish(l, r)
	l.start(l, r)
	if err := next(r); err != nil {
		l.bus.GotRequestException.Notify(r.Context(), l, signals.ExceptionEvent{Request: r, Err: err})
	}
}
