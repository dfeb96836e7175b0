package cache

import (
	"context"
	"errors"
	"reflect"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/flight"
)

// Outcome says how a Fill came to its value.
type Outcome struct {
	Hit       bool // the value was in the cache
	Collapsed bool // another caller's load was waited for
	Stored    bool // the loaded value was stored

	// Err is an error of the backend that did not stop the value from being
	// returned: of the look-up, with FailOpen, or ErrTooLarge.
	Err error
}

// loadResult is the result of a flight, for all its callers.
type loadResult struct {
	entry   entry // the value for the callers that did not start the load
	value   any   // the value for the caller that did, if fresh
	fresh   bool  // the value was loaded, not found
	private bool
	stored  bool
	err     error // the backend's

	// Of a value that was found: the moment before it was looked up, and whether that was
	// after waiting for another process.
	readAt  flight.Stamp
	awaited bool

	// Of a fresh value: what is known of its tags, or nil, and whether one that the load has
	// named may have been invalidated since it began.
	marks    *tagMarks
	outdated bool
}

// Fill implements [Cache].
//
// A hit runs no loader. After a load the value is stored unless the key was changed since the
// load began, see [Loader]: then Fill returns the value that is there, or the loaded one if
// there is none. An entry that could not be read is replaced, unless a later release of larder
// has written it: that one stays, and the loaded value is not stored.
//
// An error of the loader stores nothing. If the backend fails to store the
// value, Fill fills dst and returns the error as well, except ErrTooLarge, which
// is only reported in the Outcome and as an event.
func (c *BaseCache) Fill(ctx context.Context, key string, dst any, load Loader, opts ...Option) (Outcome, error) {
	if load == nil {
		return Outcome{}, c.fail(ctx, "Fill", key, ErrNilLoader)
	}
	op := operation(load)
	var o options
	st, k, err := c.start(ctx, op, key, opts, &o)
	if err != nil {
		return Outcome{}, err
	}
	defer k.release()
	l := lookUp{op: op, key: key, st: st, k: k.b, stamp: st.flights.Stamp()}
	err = c.fetch(ctx, st, k.b, &l.found)
	return c.fill(ctx, &l, err, dst, load, &o)
}

// lookUp is a look-up of a Fill.
type lookUp struct {
	op, key string
	st      *opened
	k       []byte
	stamp   flight.Stamp // the moment before it
	found   entry
	tries   int // how often it was done because what another caller has loaded was not valid
}

// fill is what Fill does when the look-up is over, perhaps with an error.
func (c *BaseCache) fill(ctx context.Context, l *lookUp, err error, dst any, load Loader, o *options) (Outcome, error) {
	op, key := l.op, l.key
	if err == nil {
		err = c.decodeForLoad(&l.found, dst, o)
	}
	found := err == nil
	if found && mayReuse(load) {
		c.hit(ctx, op, key, o)
		return Outcome{Hit: true}, nil
	}
	was := previous{
		there:    found || errors.Is(err, driver.ErrCorrupt) || areTagsInvalid(err),
		reserved: isReserved(err),
		refused:  found && !discards(load) || isWrongType(err) || errors.Is(err, errTagsStale),
		entry:    l.found,
	}
	if l.st.readsReplicas() && (was.there || errors.Is(err, driver.ErrNotFound)) {
		l.st = l.st.primary
		return c.lookAgain(ctx, l, dst, load, o)
	}
	if found {
		c.miss(ctx, op, key, o)
	} else if err = c.missed(ctx, op, key, err, o); err != nil && !c.failsOpen(ctx, err, o) {
		return Outcome{}, err
	}
	defer c.track()()
	return c.load(ctx, l, &was, err, dst, load, o)
}

// load joins the load of a key, or starts it, and gives the caller what came of it. lookUpErr
// is why nothing was found, if that was a failure.
func (c *BaseCache) load(ctx context.Context, l *lookUp, was *previous, lookUpErr error, dst any, load Loader, o *options) (Outcome, error) {
	op, key := l.op, l.key
	var joining fill.JoinOptions
	subscriber, subscribes := load.(fill.Subscriber)
	if subscribes {
		joining = subscriber.Join()
		o.leaseWait = joining.LeaseWait
	}
	if joining.PublishedOnly {
		return c.receivePublished(ctx, l, subscriber, joining, lookUpErr)
	}
	if p, ok := load.(fill.Preparer); ok {
		p.Prepare(lookUpErr)
	}
	f := &loadRun{
		cache: c, st: l.st.base.primary, op: op, key: key, load: load, subscriber: subscriber, o: *o,
		was: *was, lookUpErr: lookUpErr, dstType: reflect.TypeOf(dst),
	}
	f.context.starterScope = scopeFrom(ctx)
	f.call.Runner = f
	l.ask(&f.call, joining)
	result, leader, received, err := f.join(ctx)
	if err != nil {
		return Outcome{Collapsed: !leader}, &Error{Op: op, Alias: c.name, Key: key, Err: err}
	}
	if !leader {
		c.counts.add(countJoined)
	}
	if received {
		return Outcome{Collapsed: !leader, Err: f.lookUpErr}, nil
	}
	if !leader && !result.fresh && l.stamp >= result.readAt && f.st.leases {
		// The load found it before this caller asked; it may be gone.
		return c.lookAgain(ctx, l, dst, load, o)
	}
	if !leader && result.fresh && !result.private && c.isInvalid(ctx, f.st, l.k, result) {
		if l.tries++; l.tries < maxTagTries {
			return c.lookAgain(ctx, l, dst, load, o)
		}
		return c.loadAlone(ctx, op, key, dst, load, o)
	}
	if result.fresh && !leader && !result.private && errors.Is(c.check(&result.entry, o.codec), ErrCorrupt) {
		// The caller that started the load encodes values with another codec.
		return c.loadAlone(ctx, op, key, dst, load, o)
	}
	outcome, err := c.deliver(ctx, op, key, dst, result, leader, o)
	if isWrongType(err) && !leader && (c.missOnWrongType || c.missOnError) {
		// The caller that started the load wants another type.
		return c.loadAlone(ctx, op, key, dst, load, o)
	}
	return outcome, err
}

// ask makes call the question for the load of the key after the look-up.
func (l *lookUp) ask(call *flight.Call[*loadResult], joining fill.JoinOptions) {
	call.Key, call.Since, call.JoinOptions = l.k, l.stamp, joinOptions(joining)
	if l.st.leases {
		call.Found = foundID(l.found.raw)
	}
}

func joinOptions(o fill.JoinOptions) flight.JoinOptions {
	return flight.JoinOptions{Partition: o.Partition, Alone: o.Alone, Inline: o.Inline, MaxWait: o.MaxWait, Interval: o.Interval, MaxFlights: o.MaxLoads}
}

// lookAgain is Fill from the beginning.
func (c *BaseCache) lookAgain(ctx context.Context, l *lookUp, dst any, load Loader, o *options) (Outcome, error) {
	l.stamp, l.found = l.st.flights.Stamp(), entry{}
	return c.fill(ctx, l, c.fetch(ctx, l.st, l.k, &l.found), dst, load, o)
}

// mayReuse reports whether the caller takes what was found.
func mayReuse(load Loader) bool {
	c, ok := load.(fill.ReuseChecker)
	return !ok || c.MayReuse()
}

// discards reports whether what the caller has not taken is of use to nobody.
func discards(load Loader) bool {
	d, ok := load.(fill.Discarder)
	return ok && d.Discards()
}

// receivePublished is the rest of Fill for a caller that starts no load. lookUpErr is
// the error of the backend, if it failed.
func (c *BaseCache) receivePublished(ctx context.Context, l *lookUp, subscriber fill.Subscriber, joining fill.JoinOptions, lookUpErr error) (Outcome, error) {
	var call flight.Call[*loadResult]
	l.ask(&call, joining)
	published, subscription := l.st.base.flights.Published(ctx, &call)
	if subscription == nil {
		return Outcome{Err: lookUpErr}, &Error{Op: l.op, Alias: c.name, Key: l.key, Err: ErrNotFound}
	}
	subscriber.Receive(published.value, subscription.Leave)
	return Outcome{Collapsed: true, Err: lookUpErr}, nil
}

// join joins a flight of the key or starts one. received reports that a value was
// published, and that the subscriber has it.
func (f *loadRun) join(ctx context.Context) (l *loadResult, leader, received bool, err error) {
	flights := f.st.flights
	if f.subscriber == nil {
		l, leader, err = flights.Wait(ctx, &f.call)
		return l, leader, false, err
	}
	l, leader, subscription, err := flights.Subscribe(ctx, &f.call)
	if subscription == nil {
		return l, leader, false, err
	}
	f.subscriber.Receive(l.value, subscription.Leave)
	return l, leader, true, nil
}

// loadAlone runs the loader for one caller, which cannot read what the others share.
func (c *BaseCache) loadAlone(ctx context.Context, op, key string, dst any, load Loader, o *options) (Outcome, error) {
	c.counts.add(countLoads)
	loaded, err := load.Load(ctx)
	defer cleanUp(load)
	c.publish(ctx, EventLoad, op, key, err)
	if err == nil {
		err = assignLoaded(dst, loaded.Value, o)
	}
	if err != nil {
		return Outcome{}, &Error{Op: op, Alias: c.name, Key: key, Err: err}
	}
	return Outcome{}, nil
}

// cleanUp lets a loader that has returned release its memory.
func cleanUp(load Loader) {
	if c, ok := load.(fill.Cleaner); ok {
		c.Cleanup()
	}
}

// operation is what errors and events call a Fill with this loader.
func operation(load Loader) string {
	if named, ok := load.(interface{ operation() string }); ok {
		return named.operation()
	}
	return "Fill"
}

// failsOpen reports whether a look-up that failed counts as a miss: not if the caller
// made a mistake or its context ended.
func (c *BaseCache) failsOpen(ctx context.Context, err error, o *options) bool {
	return o.flags.has(flagFailOpen) && ctx.Err() == nil && !errors.Is(err, ErrWrongType) && !errors.Is(err, ErrNilValue)
}

// deliver stores the result of a flight in dst.
func (c *BaseCache) deliver(ctx context.Context, op, key string, dst any, l *loadResult, leader bool, o *options) (Outcome, error) {
	outcome := Outcome{Hit: !l.fresh, Collapsed: !leader || l.awaited, Stored: l.stored, Err: l.err}
	if l.private && !leader {
		return outcome, &Error{Op: op, Alias: c.name, Key: key, Err: ErrNotShared}
	}
	var err error
	if leader && l.fresh {
		err = assignLoaded(dst, l.value, o)
	}
	if !leader || !l.fresh || errors.Is(err, ErrWrongType) && !l.private {
		err = c.decode(&l.entry, dst, o)
	}
	if err != nil {
		return outcome, c.fail(ctx, op, key, err)
	}
	if l.err != nil && !o.flags.has(flagFailOpen) && !errors.Is(l.err, ErrTooLarge) {
		return outcome, &Error{Op: op, Alias: c.name, Key: key, Err: l.err}
	}
	return outcome, nil
}

// assignLoaded gives the loader's own value to the caller that started the load.
func assignLoaded(dst, value any, o *options) error {
	if isNil(value) {
		return assignNil(dst)
	}
	return assignNative(dst, value, o)
}
