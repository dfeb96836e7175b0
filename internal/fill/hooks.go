package fill

import (
	"context"
	"log/slog"

	"github.com/larder-go/larder/internal/membudget"
)

// Hooks are the functions of package cache that are not public. The type parameters are
// *cache.BaseCache, *cache.Handler and cache.Option, which this package cannot name.
//
// All methods are safe for concurrent use.
type Hooks[Cache, Handler, Option any] interface {
	// Quiet is the option of a read that publishes neither EventHit nor EventMiss. It is
	// for look-ups on the way to a result; report the result once, with NoteHit or NoteMiss.
	Quiet() Option

	// NoteHit publishes EventHit for key and does nothing else. It is for callers that
	// read with Quiet, or that hold a native value which is still in the store (see
	// driver.StoreHook) and do not read it again. op is the operation that the event names.
	NoteHit(ctx context.Context, c Cache, op, key string)

	// NoteMiss publishes EventMiss for key and does nothing else. It is for callers that
	// read with Quiet.
	NoteMiss(ctx context.Context, c Cache, op, key string)

	// IsObserved reports whether the events of c have a listener.
	IsObserved(c Cache) bool

	// IsUnresponsive reports whether the backend did not answer an operation in time, or
	// could not be reached, and has not answered a look-up since. Most look-ups with
	// FailOpen do not ask it then.
	IsUnresponsive(c Cache) bool

	// HasSessions reports whether the backend has a session for each request (see
	// driver.Sessions), so that a request may see what others do not. It opens the
	// backend, and is false if that fails.
	HasSessions(ctx context.Context, c Cache) bool

	// Batches reports whether the backend fetches many keys in one round trip, so that
	// GetMany costs less than a Get of each. It opens the backend, and is false if that
	// fails.
	Batches(ctx context.Context, c Cache) bool

	// HandlerOf returns the handler of c. A cache made by cache.New has a handler of its
	// own, without aliases.
	HandlerOf(c Cache) Handler

	// IsImplied reports whether h is the default handler that no program has set, see
	// cache.SetDefault. It is false for nil.
	IsImplied(h Handler) bool

	// HandlerFrom returns the handler whose caches cache.From returns for ctx: the
	// handler of its scope, or the default handler if it has none. It is nil if there is
	// neither.
	HandlerFrom(ctx context.Context) Handler

	// RunFrom returns the handle on the load that ctx, the context of a loader or one
	// derived from it, belongs to. Outside of a load it returns a handle that does nothing.
	RunFrom(ctx context.Context) Run

	// Budget limits the memory of responses under way of all caches of h. It is nil, which
	// is no limit, if h is nil.
	Budget(h Handler) *membudget.Budget

	// Logger is where the handler of ctx, see HandlerFrom, writes warnings. Without a
	// handler it is slog.Default.
	Logger(ctx context.Context) *slog.Logger
}

// registered is a Hooks of package cache.
var registered any

// Register keeps the hooks for [Registered]. Package cache calls it in its init function.
func Register[Cache, Handler, Option any](h Hooks[Cache, Handler, Option]) { registered = h }

// Registered returns the hooks of package cache. Package hooks calls it when the program
// starts, with the types of package cache.
func Registered[Cache, Handler, Option any]() Hooks[Cache, Handler, Option] {
	return registered.(Hooks[Cache, Handler, Option])
}
