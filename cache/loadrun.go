package cache

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/flight"
)

// loadRun is one call of Fill that has missed, and the run of its loader for all waiting
// callers, if it starts one. All that a run needs is in it, in one piece of memory.
type loadRun struct {
	cache      *BaseCache
	st         *opened // the shared store, at its primary: the run may outlive the starter's session
	op, key    string
	load       Loader
	subscriber fill.Subscriber // load, if it is one, or nil
	o          options
	was        previous // what the look-up found: nothing, not readable, or refused
	lookUpErr  error
	dstType    reflect.Type

	fence    fence
	lease    atomic.Pointer[lease] // until the load has left it
	leaseErr error                 // why there is none, if the store failed

	marks    *tagMarks // of before the load, or nil if the value cannot get tags
	tagMarks tagMarks  // room for them

	call     flight.Call[*loadResult]
	context  loadContext
	result   loadResult
	value    valueBuffer // of result, and not pooled: waiting callers read it after the run
	finalKey [64]byte    // room for the key in the store
}

// Run implements [flight.Runner].
func (f *loadRun) Run(ctx context.Context, fl *flight.Flight[*loadResult]) (*loadResult, error) {
	defer f.cache.track()()
	key := append(f.finalKey[:0], fl.Key()...)
	if fl.Missed() && !f.call.Alone {
		// What the caller refused is no better now.
		readAt := f.st.flights.Tick()
		if e, ok := f.find(ctx, key); ok && !f.was.is(e) {
			return &loadResult{entry: e, readAt: readAt}, nil
		}
	}
	if winner, err := f.takeLease(ctx, fl, key); winner != nil || err != nil {
		return winner, err
	}
	if l := f.lease.Load(); l != nil {
		defer f.st.flights.leases.removeRun(l)
		defer f.leaveLease(ctx)
	}
	if err := f.markTags(ctx); err != nil {
		return nil, err
	}
	f.context.Context = ctx
	f.cache.counts.add(countLoads)
	loaded, err := f.loadInScope()
	defer cleanUp(f.load)
	f.cache.publish(ctx, EventLoad, f.op, f.key, err)
	if err != nil {
		return nil, err
	}
	if loaded.Private {
		return &loadResult{value: loaded.Value, fresh: true, private: true, err: f.lookUpErr}, nil
	}
	return f.keep(ctx, fl, key, loaded)
}

// loadInScope runs the loader. Its scope ends before the value is stored: the loader may
// have started an asynchronous deletion of this very key, which waits for the storing.
func (f *loadRun) loadInScope() (Loaded, error) {
	defer f.context.close()
	return f.load.Load(&f.context)
}

// keep stores a loaded value, or finds the one that is there already.
func (f *loadRun) keep(ctx context.Context, fl *flight.Flight[*loadResult], key []byte, loaded Loaded) (*loadResult, error) {
	f.o.timeout = loaded.Timeout.or(f.o.timeout)
	mayStore, err := f.markLateTags(ctx, loaded.Tags)
	if err != nil {
		return nil, err
	}
	var s stored
	s.tags = f.marks.section()
	err = f.cache.encode(f.st, &f.value, loaded.Value, &f.o, &s)
	if errors.Is(err, ErrTooLarge) {
		// Without an encoded form there is no copy for the others.
		f.committed(ctx, err)
		return &loadResult{value: loaded.Value, fresh: true, private: true, err: err}, nil
	}
	if err != nil {
		return nil, err
	}
	l := &f.result
	*l = loadResult{entry: s.entry(), value: loaded.Value, fresh: true, err: f.lookUpErr, marks: f.marks, outdated: !mayStore}
	s.keepTags(f.st, f.marks)
	_, lives := f.o.timeout.ttl()
	if loaded.NoStore || !lives || f.was.reserved || f.lookUpErr != nil || f.isCutOff() {
		return l, nil
	}
	if f.leaseErr != nil {
		l.err = f.leaseErr
		f.committed(ctx, f.leaseErr)
	}
	if !mayStore {
		f.cache.counts.add(countRefusedStores)
	}
	if f.fence == notStored || !mayStore {
		return l, nil
	}
	if _, err := fl.Commit(func() (err error) {
		l.stored, err = f.store(ctx, key, &s)
		return err
	}); err != nil {
		l.stored, l.err = false, err
		f.committed(ctx, err)
		return l, nil
	}
	if l.stored {
		f.committed(ctx, nil)
		f.cache.publish(ctx, EventSet, f.op, f.key, nil)
		return l, nil
	}
	if ctx.Err() == nil { // somebody is there to want it
		f.cache.counts.add(countRefusedStores)
	}
	readAt := f.st.flights.Tick()
	if winner, ok := f.find(ctx, key); ok {
		f.committed(ctx, nil)
		return &loadResult{entry: winner, readAt: readAt}, nil
	}
	return l, nil
}

// committed reports how the storing of the value has ended. That it is too large, which
// the next load will meet, too, is said in the log unless the loader says it.
func (f *loadRun) committed(ctx context.Context, err error) {
	if err != nil {
		f.cache.fail(ctx, f.op, f.key, err)
	}
	observer, observes := f.load.(fill.StoreObserver)
	switch {
	case observes:
		observer.Committed(ctx, err)
	case errors.Is(err, ErrTooLarge) && f.cache.tooLargeWarnings.due(f.cache.clock.Now()):
		f.cache.logger.WarnContext(ctx, "larder: a loaded value is too large for the cache and is loaded again by each caller",
			"alias", f.cache.name, "op", f.op, "key", shortened(f.key))
	}
}

// store writes the loaded value unless the key was changed since the load began.
func (f *loadRun) store(ctx context.Context, key []byte, s *stored) (bool, error) {
	switch {
	case f.fence == fencedByLease:
		lease := f.lease.Load()
		if lease == nil {
			return false, nil // it was left meanwhile
		}
		ttl, _ := f.o.timeout.ttl()
		return lease.commit(ctx, s.bytes, ttl)
	case f.was.there:
		return f.cache.replace(ctx, f.st, key, f.was.entry, s, &f.o)
	}
	return f.cache.add(ctx, f.st, key, f.key, s, leaveReserved, &f.o)
}

// try decodes e and drops the result, to know that all waiting callers can. If the entry
// is of another type than they want, they get that error, unless it counts as a miss.
func (f *loadRun) try(e *entry) error {
	if f.dstType == nil || f.dstType.Kind() != reflect.Pointer {
		return nil
	}
	err := f.cache.decodeForLoad(e, reflect.New(f.dstType.Elem()).Interface(), &f.o)
	if errors.Is(err, ErrCorrupt) {
		return err
	}
	return nil
}

// find looks for an entry that can be read into what the caller wants.
func (f *loadRun) find(ctx context.Context, key []byte) (entry, bool) {
	st := f.st
	if f.o.flags.has(flagFailOpen) && f.cache.unresponsive.isSet() {
		st = f.cache.failFast(st)
	}
	var e entry
	err := f.cache.fetch(ctx, st, key, &e)
	if err == nil {
		err = f.cache.check(&e, f.o.codec) // once for all callers
	}
	if err == nil {
		err = f.try(&e)
	}
	if err != nil && !errors.Is(err, driver.ErrNotFound) && !errors.Is(err, driver.ErrCorrupt) {
		f.cache.fail(ctx, f.op, f.key, err)
	}
	// All waiting callers get the raw bytes.
	e.shared = true
	return e, err == nil
}
