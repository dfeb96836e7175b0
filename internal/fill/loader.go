package fill

import (
	"context"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// What a cache.Loader may implement besides Load. BaseCache.Fill looks for these methods
// in the loader that it is given.

// ReuseChecker is a loader whose caller may refuse what is in the cache. MayReuse is called
// in the caller's goroutine when an entry was found and is in dst. If it returns false, the
// look-up counts as a miss, and what the load returns replaces that entry, unless it has
// changed in the meantime. MayReuse is not called for a value that another caller was
// loading or storing at the same time, even if the Outcome says Hit.
type ReuseChecker interface {
	MayReuse() bool
}

// Discarder is a [ReuseChecker] that may say of what it has refused that nobody is to be served
// it, so that a load need not keep it until it has a value. Discards is called after MayReuse
// has returned false.
type Discarder interface {
	Discards() bool
}

// Preparer is a loader that needs something of its caller, which may have left when Load
// runs. Prepare is called before Load in the caller's goroutine, on each miss; Load may not
// follow. err is the error of the look-up, if the backend failed. Prepare is not called for
// a caller that starts no load, see [JoinOptions].
type Preparer interface {
	Prepare(err error)
}

// Subscriber is a loader that says how its caller takes part in the loads of a key, and
// that can use a value before it is complete, see [Run].
type Subscriber interface {
	// Join is called on each miss, before Prepare, in the caller's goroutine.
	Join() JoinOptions

	// Receive is called with a value that a load has published, in the caller's
	// goroutine. Fill then returns, with dst unchanged. The caller calls leave when it
	// needs no more of the value; the context of the load ends when all have left. leave
	// is idempotent.
	Receive(value any, leave func())
}

// JoinOptions say how a caller takes part in the loads of a key. With the zero value, it
// waits for a load of another caller, or starts the one that others wait for, as loaders
// without Join do.
type JoinOptions struct {
	// Partition separates callers: each waits only for loads that were started by callers
	// with the same Partition. Loaders without Join have the empty one.
	Partition string

	// Alone means that the caller waits for no load of another, and no other caller for
	// this one. The value is stored as always: unless the key was deleted or set in the
	// meantime, or another load has stored its value.
	Alone bool

	// Inline means that a load which the caller starts runs in the caller's goroutine, so
	// that Fill returns when it is over, even if the caller's context ends before. From then
	// on the caller counts as one that has left: if no other waits, the context of the load
	// ends, and nothing is stored.
	Inline bool

	// PublishedOnly means that the caller starts no load and waits for none. It receives
	// what a load of its Partition has published, or the error of Fill is ErrNotFound.
	PublishedOnly bool

	// MaxWait is how long the caller waits for a load that another has started; then the
	// error of Fill is [ErrWaitTimeout]. Zero or less is no limit.
	MaxWait time.Duration

	// LeaseWait is how long the caller waits for a load of another process. Zero or less is
	// not at all: the default, since the value of another process cannot be used before it is
	// complete.
	LeaseWait time.Duration

	// Interval is the time after which one of those who wait for a load that has published
	// nothing starts another beside it, and again after each further Interval, while fewer
	// than MaxLoads are running. The first load that publishes, is released, or returns
	// without an error is for all who wait; each of the others is for the caller that has
	// started it. Zero or less is never.
	Interval time.Duration
	MaxLoads int
}

// ErrWaitTimeout reports that a load which another caller has started takes longer than
// [JoinOptions].MaxWait.
var ErrWaitTimeout = flight.ErrWaitTimeout

// StoreObserver is a loader that learns whether its value was stored, which may be after
// those who wait have received it. Committed is called in the goroutine of the load: with
// nil if the value, or a newer one, is stored, and with the error if the backend does not
// take it, such as ErrTooLarge. It is not called for a value that is not to be stored, or
// whose key this process has deleted or set since the load began, unless another value is
// found there.
type StoreObserver interface {
	Committed(ctx context.Context, err error)
}

// Cleaner is a loader that has to release memory. Cleanup is called once after each Load
// that has returned: when the value is stored, or will not be. It must not block.
type Cleaner interface {
	Cleanup()
}

// Run is a handle on a load that is running, with which the loader can act before it
// returns. Get it from Hooks.RunFrom.
type Run interface {
	// Publish hands value, as it is, to each [Subscriber] that waits for the load, and to
	// those that come before it is over, while the load goes on. They share the value. It is
	// for values that take long to complete and are of use before: a response that is
	// streamed. What the load returns is for the others, and is stored. Only the first
	// call counts.
	Publish(value any)

	// Release lets those who wait go at once, while the load goes on: the caller that
	// started it gets a nil value, and the others ErrNotShared, as with Loaded.Private. What
	// the load returns is dropped, and its context lasts until it returns. It is for long
	// loads that turn out to be for one caller only.
	Release()

	// Abandon hands err to those who wait, while the load goes on. What the load returns is
	// dropped, and the next caller starts another.
	Abandon(err error)

	// Cancel ends the context of the load, and keeps its value from being stored. Those who
	// wait get what it returns, and later callers start another load.
	Cancel()

	// Leave says that the caller which started the load, inline, needs no more of its value,
	// as if that caller's context had ended. It is idempotent, and does nothing to other loads.
	Leave()

	// Keep says that what the load makes is complete: that all callers leave does not end it
	// any more, unless it is released.
	Keep()

	// Stream says that callers get the value in pieces, and that it takes long: those in other
	// processes, which would have to wait for the last, do not wait for it any more.
	Stream()

	// Forget keeps later callers from joining the load, and its value from being stored.
	// Those who wait for it still get it. It is for a caller that has found in the backend
	// that another process deleted or set the key after the load began.
	Forget()
}
