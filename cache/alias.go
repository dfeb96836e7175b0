package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/signals"
)

// alias is what all users of one alias share: its settings and its store. It
// is immutable except for the store, which is opened at the first operation.
type alias struct {
	options         // the defaults of operations
	name            string
	prefix          string
	keyFunc         KeyFunc           // nil for DefaultKey
	keyStart        string            // what DefaultKey begins with, for version
	clearable       bool              // the keys can be recognised by their prefix
	compression     codec.Compression // nil for none
	compressMin     int
	maxDecompressed int
	missOnError     bool
	missOnWrongType bool

	clock           driver.Clock
	logger          *slog.Logger
	events          *signals.Signal[Event]
	sender          any // the name, boxed once
	keyWarnings     keyWarnings
	corruptWarnings rarely
	errorWarnings   rarely

	tooLargeWarnings rarely
	typeWarnings     rarely
	async            *executor
	closing          *atomic.Bool // set by the handler's Shutdown

	tags         tagSpace
	counts       counts
	handler      *Handler
	source       *aliasStore
	unresponsive unresponsive
}

// storeSource gives the store that aliases share, opening it if need be.
type storeSource interface {
	open(ctx context.Context) (*opened, error)

	// flightGroup is that of the store, opened or not.
	flightGroup() *loads
}

// opened is a store with its abilities, which are looked up once.
type opened struct {
	store      driver.Store
	many       driver.Many
	counter    driver.Counter
	replacer   driver.Replacer
	byHead     driver.HeadReplacer
	peeker     driver.Peeker
	expirer    driver.Expirer
	keyChecker driver.KeyChecker
	native     driver.Native
	sessions   driver.Sessions
	async      driver.Async

	invalidator driver.Invalidator

	// base is the store itself if this is a request's session of it. primary is where loads
	// ask what is there now: base, unless some of that one's reads are answered by replicas.
	base, primary *opened

	// namespaced says that the store knows the alias's namespace by itself, and that
	// flights are those of that namespace.
	namespaced bool

	leases          bool // loads take leases, see [loadRun.takeLease]
	leasesRefused   error
	sharesMemory    bool
	verifies        bool // values have no checksum: nothing could damage them unnoticed
	nativeByDefault bool
	sizedNatives    bool

	// flights belong to the store and not to an alias: two aliases may reach
	// the same keys.
	flights *loads

	// spaces is nil unless the store is a [driver.Namespacer].
	spaces *flightSpaces
}

// open returns the opened store itself: it is its own source.
func (st *opened) open(context.Context) (*opened, error) { return st, nil }

func (st *opened) flightGroup() *loads { return st.flights }

func newOpened(store driver.Store, flights *loads) *opened {
	st := openedAs(store, flights)
	replicated, ok := store.(driver.Replicated)
	if !ok || !st.leases {
		return st
	}
	switch primary, err := replicated.Primary(); {
	case err != nil:
		st.leases, st.leasesRefused = false, err
	case primary != store:
		st.primary = openedAs(primary, flights)
	}
	return st
}

// openedAs is newOpened for a store whose reads all count.
func openedAs(store driver.Store, flights *loads) *opened {
	st := &opened{store: store, flights: flights}
	st.base, st.primary = st, st
	st.many, _ = store.(driver.Many)
	st.counter, _ = store.(driver.Counter)
	st.replacer, _ = store.(driver.Replacer)
	st.byHead, _ = store.(driver.HeadReplacer)
	st.peeker, _ = store.(driver.Peeker)
	st.expirer, _ = store.(driver.Expirer)
	st.keyChecker, _ = store.(driver.KeyChecker)
	st.native, _ = store.(driver.Native)
	st.sessions, _ = store.(driver.Sessions)
	st.async, _ = store.(driver.Async)
	st.invalidator, _ = store.(driver.Invalidator)
	if _, ok := store.(driver.Namespacer); ok {
		st.spaces = new(flightSpaces)
	}
	if sharer, ok := store.(driver.Sharer); ok {
		st.sharesMemory = sharer.SharesMemory()
	}
	if verifier, ok := store.(driver.Verifier); ok {
		st.verifies = verifier.VerifiesValues()
	}
	if st.native != nil {
		st.verifies = true // the memory is this process's own
		st.nativeByDefault = st.native.NativeByDefault()
		st.sizedNatives = st.native.BoundedByBytes()
	}
	st.leases = st.replacer != nil && st.native == nil
	return st
}

// readsReplicas reports whether what st does not find may be at the primary all the same.
func (st *opened) readsReplicas() bool { return st.primary != st.base }

// asked returns the store that tells what is there now, for a look-up in st: st itself, with
// what a session has written and as fast as st fails, unless replicas answer its reads.
func (st *opened) asked() *opened {
	if st.readsReplicas() {
		return st.primary
	}
	return st
}

// entry is what an operation that returns bytes has found.
func (st *opened) entry(raw []byte) entry {
	return entry{raw: raw, shared: st.sharesMemory, verified: st.verifies}
}

// replace stores value if old is there still.
func (st *opened) replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	if head, unique := envelope.UniqueHead(old); unique && st.byHead != nil {
		return st.byHead.ReplaceHead(ctx, key, head, value, ttl)
	}
	return st.replacer.Replace(ctx, key, old, value, ttl)
}

// write stores s as Set does.
func (st *opened) write(ctx context.Context, key []byte, s *stored, o *options) error {
	ttl, _ := o.timeout.ttl()
	if s.isNative {
		return st.native.SetNative(ctx, key, s.native, s.size, ttl)
	}
	return st.store.Set(ctx, key, s.bytes, ttl)
}

// add stores s as Add does. The head of a native entry is nil.
func (st *opened) add(ctx context.Context, key []byte, s *stored, o *options) (head []byte, added bool, err error) {
	ttl, _ := o.timeout.ttl()
	if s.isNative {
		added, err = st.native.AddNative(ctx, key, s.native, s.size, ttl)
		return nil, added, err
	}
	return st.store.Add(ctx, key, s.bytes, ttl)
}

// mutate runs write, which changes the entry of key. A load that started before does not
// store its value afterwards, and callers that ask afterwards do not receive it.
func (st *opened) mutate(ctx context.Context, key []byte, write func() error) error {
	if err := st.flights.Invalidate(ctx, key); err != nil {
		return err
	}
	defer st.flights.Forget(key)
	return write()
}

// BaseCache is a [Cache] over a backend. Every request that has a [Scope] gets
// its own, over a store that all share. Get one from a [Handler], from [From],
// or over a store of one's own from [New]. It must not be copied.
type BaseCache struct {
	*alias
	session *session // of the request, if the store has sessions
	pending pending  // asynchronous operations that Close waits for
	closed  atomic.Bool
}

var _ Cache = (*BaseCache)(nil)

// Alias returns the name of the cache.
func (c *BaseCache) Alias() string { return c.name }

// open returns the store, or the request's session of it.
func (c *BaseCache) open(ctx context.Context) (*opened, error) {
	if st := c.source.atHand(); st != nil && st.sessions == nil {
		return st, nil
	}
	st, err := c.source.open(ctx)
	if err == nil && st.sessions != nil && c.session != nil {
		st, err = c.session.open(ctx, st)
	}
	if c.missOnError && isOutage(err) && ctx.Err() == nil {
		return c.unopened(err), nil
	}
	return st, err
}

// unopened stands for the store while it cannot be opened.
func (c *BaseCache) unopened(err error) *opened {
	return newOpened(unopenedStore{err}, c.source.flightGroup())
}

// track makes Shutdown wait for an operation of several steps until the function that it
// returns is called. The stores themselves wait for single steps.
func (a *alias) track() (done func()) {
	a.async.pending.add()
	return a.async.pending.done
}

// start is the first step of every operation on one key: it resolves the options into o,
// which is empty, finds the store and makes the final key, which the caller releases.
func (c *BaseCache) start(ctx context.Context, op, key string, opts []Option, o *options) (st *opened, k *keyBuffer, err error) {
	if err = c.resolve(o, opts); err == nil {
		st, err = c.openFor(ctx, op, o)
	}
	if err == nil {
		k, err = c.key(ctx, st, o.version, key)
	}
	if err != nil {
		return nil, nil, c.failFor(ctx, op, key, err, o.flags)
	}
	return st, k, nil
}

// openFor is open for the operation op with these options.
func (c *BaseCache) openFor(ctx context.Context, op string, o *options) (*opened, error) {
	if !o.flags.has(flagFailOpen) {
		return c.open(ctx)
	}
	st, err := c.openFailFast(ctx, op)
	if errors.Is(err, ErrOpenFailed) || errors.Is(err, ErrUnavailable) {
		return c.unopened(err), nil
	}
	return st, err
}

// prepare is start for a store that is open.
func (c *BaseCache) prepare(ctx context.Context, st *opened, op, key string, opts []Option, o *options) (k *keyBuffer, err error) {
	if err = c.resolve(o, opts); err == nil {
		k, err = c.key(ctx, st, o.version, key)
	}
	if err != nil {
		return nil, c.fail(ctx, op, key, err)
	}
	return k, nil
}

// fail wraps the error of an operation, once, and publishes it. With
// MissOnError it returns nil for an outage, so that the operation ends as if
// nothing were stored and nothing were to be stored.
func (a *alias) fail(ctx context.Context, op, key string, err error) error {
	wrapped := a.report(ctx, op, key, err)
	if !a.missOnError || !isOutage(err) || ctx.Err() != nil {
		return wrapped
	}
	if a.errorWarnings.due(a.clock.Now()) {
		a.logger.WarnContext(ctx, "larder: the cache backend fails; reads miss and writes are dropped", "alias", a.name, "error", wrapped)
	}
	return nil
}

// failFor is fail for an operation with these flags: with FailClosed it returns
// the error of an outage, too.
func (a *alias) failFor(ctx context.Context, op, key string, err error, on flags) error {
	if on.has(flagFailClosed) {
		return a.report(ctx, op, key, err)
	}
	return a.fail(ctx, op, key, err)
}

// report wraps the error of an operation and publishes it.
func (a *alias) report(ctx context.Context, op, key string, err error) *Error {
	a.noteUnresponsive(ctx, err)
	wrapped := &Error{Op: op, Alias: a.name, Key: key, Err: err}
	a.publish(ctx, EventError, op, key, wrapped)
	return wrapped
}

// failCounter is failFor for operations that need an entry: to them, an outage
// looks like a missing key.
func (a *alias) failCounter(ctx context.Context, op, key string, err error, on flags) error {
	if err := a.failFor(ctx, op, key, err, on); err != nil {
		return err
	}
	return &Error{Op: op, Alias: a.name, Key: key, Err: ErrNotFound}
}
