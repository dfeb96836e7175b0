package cache

import (
	"context"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// Loader computes a value that is not in the cache.
//
// Of all in this process who ask for a key at the same time, one loader runs, unless
// they are Joiners that say otherwise. Its context is none of theirs: it has the values
// of the first caller's context, but a [Scope] of its own, no deadline, and it is
// cancelled when the last caller has left. A panic or runtime.Goexit reaches everyone
// who waits as an error.
//
// If this process changes the key while it is loaded, what was loaded is not stored. If
// another process stores a value meanwhile, that is what callers get; if it deletes the
// key, the load does not see that, and stores its value.
type Loader interface {
	Load(ctx context.Context) (Loaded, error)
}

// Preparer is a [Loader] that needs something of its caller's, who may have left
// by the time that Load runs. Prepare is called before, in the caller's
// goroutine, on each miss; Load may then not be called. It is not called for a
// caller that starts no load, see [Joining].
type Preparer interface {
	Loader
	Prepare(err error)
}

// StoreObserver is a [Loader] that is told what became of its value: those who wait may
// have had it before it was stored. Committed is called in the goroutine of the load,
// with nil if the value, or a newer one, is stored, and with the error if the backend
// does not take it, such as [ErrTooLarge]. It is not called for a value that is not to
// be stored, or whose key this process has deleted or set since the load began, unless
// another value is found there.
type StoreObserver interface {
	Loader
	Committed(ctx context.Context, err error)
}

// Accepter is a [Loader] whose caller may not want what is in the cache. Accept
// is called when something was found and is in dst, in the caller's goroutine:
// false makes it a miss, and the entry is replaced by what the load returns,
// unless it has changed meanwhile. About a value that Fill returns because
// another was loading or storing at the same time, Accept was not asked, even if
// the Outcome says Hit.
type Accepter interface {
	Loader
	Accept() bool
}

// Announcer is a [Loader] whose caller can make use of a value that is not
// complete, see [Loading.Announce]. If one is announced, Fill calls Attend with
// it in the caller's goroutine and returns, with dst as it was and Announced in
// the Outcome. The caller calls leave, once, when he takes no more interest: the
// context of the load ends with the last one's.
//
// Patience is for how long the caller waits for a load that another has started;
// then the error of Fill is [ErrPatience]. Zero is no limit.
type Announcer interface {
	Loader
	Attend(value any, leave func())
	Patience() time.Duration
}

// Joiner is an [Announcer] that says how its caller takes part in the loads of a
// key. Join is called on each miss, before Prepare, in the caller's goroutine.
type Joiner interface {
	Announcer
	Join() Joining
}

// Joining is how a caller takes part in the loads of a key. The zero value is
// that of a loader without Join: the caller waits for a load of another, or
// starts the one that others wait for.
type Joining struct {
	// Partition separates callers: each waits for loads that were started by
	// callers with the same Partition only. Loaders without Join have none.
	Partition string

	// Alone says that the caller waits for no load of another, and nobody for the
	// caller's. What it loads is stored as always: unless the key was deleted or
	// set meanwhile, or another load has stored its value.
	Alone bool

	// AnnouncedOnly says that the caller starts no load and waits for none. It
	// attends one of its Partition that has announced a value, or the error of
	// Fill is ErrNotFound.
	AnnouncedOnly bool

	// Interval is after which time, and then again each time, one of those who
	// wait for a load that has announced nothing starts another beside it, unless
	// MaxLoads are under way. The first that announces a value, is released, or
	// returns without an error is for all who wait; each of the others is for the
	// caller that has started it. Zero or less is never.
	Interval time.Duration
	MaxLoads int
}

// LoaderFunc is a function as a [Loader].
type LoaderFunc func(ctx context.Context) (Loaded, error)

// Load calls f.
func (f LoaderFunc) Load(ctx context.Context) (Loaded, error) { return f(ctx) }

// Loaded is what a [Loader] returns.
type Loaded struct {
	// Value is handed to everyone who waits. The first caller gets it as it
	// is, the others a copy that was encoded and decoded. Nil is a value.
	Value any

	// Timeout of the entry; if it is zero, that of the call applies.
	Timeout Timeout

	// NoStore says that the value is handed on but not stored.
	NoStore bool

	// Done, if it is set, is called once: when the value has been stored, or will not
	// be, and the load has no use for it any more. It must not block.
	Done func()

	// Private says that the value is only for the caller who started the load.
	// It is not stored, and the others get ErrNotShared at once.
	Private bool
}

// Loading is a handle on a run of a [Loader], by which it can act before it
// returns. Get it from [LoadingFrom].
type Loading struct {
	flight *flight.Flight[*landing]
}

// LoadingFrom returns the handle on the load that ctx, the context of a Loader
// or one derived from it, belongs to. Outside of a load it returns a handle
// that does nothing.
func LoadingFrom(ctx context.Context) Loading {
	return Loading{flight: flight.Current[*landing](ctx)}
}

// Release lets those who wait go at once, while the load goes on: the caller
// who started it gets a nil value, and the others ErrNotShared, as with
// [Loaded.Private]. What the load returns is dropped, and its context lasts
// until it does. It is for loads that turn out to be for one caller only, and
// long: a response that is streamed.
func (l Loading) Release() {
	if l.flight != nil {
		l.flight.Release(&landing{fresh: true, private: true})
	}
}

// Forget keeps the load from being joined from now on, and its value from being stored.
// Those who wait for it get it still. It is for a caller that has found in the backend
// that the key was deleted or set by another process after the load began.
func (l Loading) Forget() {
	if l.flight != nil {
		l.flight.Forget()
	}
}

// Abandon hands err to those who wait, while the load goes on. What the load returns
// is dropped, and who comes from then on starts another.
func (l Loading) Abandon(err error) {
	if l.flight != nil {
		l.flight.Abandon(err)
	}
}

// Announce hands value, as it is, to every [Announcer] who waits for the load
// and to those who come before it is over, while the load goes on. They share
// it. It is for values that take long to complete and are of use before: a
// response that is streamed. What the load returns is for the others, and is
// stored. Only the first announcement counts.
func (l Loading) Announce(value any) {
	if l.flight != nil {
		l.flight.Announce(&landing{value: value, fresh: true})
	}
}
