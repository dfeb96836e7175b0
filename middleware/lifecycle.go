package middleware

import (
	"net/http"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/lifecycle"
	"github.com/larder-go/larder/signals"
)

// CloseCachesUID is the dispatch uid of the receiver that closes a request's
// caches when it finishes. To close them yourself, disconnect it from the bus's
// RequestFinished after the last [Lifecycle] for that bus is made.
const CloseCachesUID = lifecycle.CloseCachesUID

// LifecycleOption changes what [Lifecycle] does. Each is given at most once; what is
// wrong with options makes Lifecycle panic.
type LifecycleOption func(*lifecycleOptions)

type lifecycleOptions = lifecycle.Options

// WithBus sends the signals on bus instead of [signals.Default], which nil
// stands for.
func WithBus(bus *signals.Bus) LifecycleOption {
	return func(o *lifecycleOptions) { o.Buses = append(o.Buses, bus) }
}

// WithCaches gives requests the caches of h instead of those of the program's
// default handler, see [cache.SetDefault]. Nil stands for the default handler.
func WithCaches(h *cache.Handler) LifecycleOption {
	return func(o *lifecycleOptions) { o.Caches = append(o.Caches, h) }
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
// receivers, which may use them; and nothing is created for a request that has used none.
// The ResponseWriter is passed on as it is. If the middleware is directly around that of
// pages, such as [Site], and no other receiver is connected to the signals, a page that
// was a hit a moment ago is answered without all this.
//
// The sender of the signals is the http.Handler that the middleware returns. Without
// WithCaches and without a default handler, set or implied (see [cache.SetDefault]), there
// is no scope. If it directly wraps pages, it panics when their [Alias] does not exist or
// their [MaxBody] is over MaxInFlight. Otherwise that shows at the first request.
func Lifecycle(opts ...LifecycleOption) func(http.Handler) http.Handler {
	return lifecycle.New(opts...).Wrap
}
