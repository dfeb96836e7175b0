package cache

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/internal/flight"
)

// DefaultLeaseWait is for how long a caller of GetOrSet or Fill waits for a load of another
// process, unless [LeaseWait] says otherwise.
const DefaultLeaseWait = 10 * time.Second

// fence is what keeps a load from storing a value that is older than what is in the store.
type fence uint8

const (
	fencedByAdd   fence = iota // the store has no leases: the value is added, or replaces what was found
	fencedByEntry              // it replaces what was found, which may be served meanwhile
	fencedByLease              // it replaces the lease of this process
	notStored                  // it is not stored: another process loads the key, or the store fails
)

// The times between two looks at the lease of another process: the last answer of a load
// that many processes wait for comes soon after the load, and a long one costs the store little.
const (
	firstLook = 5 * time.Millisecond
	lastLook  = 40 * time.Millisecond
)

// maxTakes is how often a load tries to get a lease while others change the key.
const maxTakes = 8

// leaseTaker gets the lease of a key for a load, or finds out why not.
type leaseTaker struct {
	f      *loadRun
	key    []byte
	waits  bool      // it may wait for a load of another process
	giveUp time.Time // when it waits no longer

	// What is under the key, and the moment before that was looked up.
	there    previous
	readAt   flight.Stamp
	readable bool

	awaited bool          // the load of another process
	pause   time.Duration // before the next look
}

// takeLease decides what fences the load of f. If another process has stored the value
// meanwhile, it returns that.
func (f *loadRun) takeLease(ctx context.Context, fl *flight.Flight[*loadResult], key []byte) (winner *loadResult, err error) {
	switch {
	case !f.st.leases:
		return nil, nil
	case f.lookUpErr != nil, f.was.reserved, f.isCutOff():
		f.fence = notStored
		return nil, nil
	case f.was.refused:
		f.fenceByEntry(fl, f.was)
		return nil, nil
	}
	t := leaseTaker{f: f, key: key, there: f.was, pause: firstLook}
	t.waits = f.o.leaseWait > 0 && !f.call.Alone && !fl.HasOuter()
	if winner, err = t.take(ctx); winner != nil || err != nil {
		return winner, err
	}
	lease := f.lease.Load()
	switch {
	case lease != nil:
		f.fence = fencedByLease
		fl.Begin(lease.identity)
	case t.there.refused:
		f.fenceByEntry(fl, t.there)
	case f.leaseErr != nil:
		f.fence = notStored // and the load is for all who ask in this process
	default:
		f.fence = notStored
		fl.Begin(foundID(t.there.raw))
	}
	return nil, nil
}

// fenceByEntry makes the load replace an entry that may be served until then.
func (f *loadRun) fenceByEntry(fl *flight.Flight[*loadResult], there previous) {
	f.fence, f.was = fencedByEntry, there
	fl.Begin(foundID(there.raw))
}

// isCutOff reports whether the load goes on without the backend, which does not respond.
func (f *loadRun) isCutOff() bool {
	return f.o.flags.has(flagFailOpen) && f.cache.unresponsive.isSet()
}

// foundID identifies what a look-up has found, 0 for nothing. Values and leases have an
// identity; what has none, such as an integer, is hashed.
func foundID(raw []byte) uint64 {
	if len(raw) == 0 {
		return 0
	}
	if id := envelope.Identity(raw); id != 0 {
		return id
	}
	return maphash.Bytes(foundSeed, raw) | 1<<63 // which no identity has
}

var foundSeed = maphash.MakeSeed()

// take returns a value that was stored meanwhile, or nil. Then the load has the lease, or has
// to do without.
func (t *leaseTaker) take(ctx context.Context) (*loadResult, error) {
	for tries := 0; tries < maxTakes; {
		lease, isLease := envelope.ParseLease(t.there.raw)
		switch {
		case t.readable:
			if t.awaited {
				t.f.cache.counts.add(countJoinedElsewhere)
			}
			return &loadResult{entry: t.there.entry, readAt: t.readAt, awaited: t.awaited}, nil
		case t.there.reserved, t.there.refused, t.f.leaseErr != nil:
			return nil, nil
		case isLease && t.share(ctx, lease):
			tries++
		case !isLease:
			tries++
			t.put(ctx, envelope.Loading)
		case t.isLeft(lease):
			tries++
			t.put(ctx, stateAfter(lease.State))
			if t.f.lease.Load() != nil && lease.State != envelope.Free && lease.State != envelope.Failed {
				t.f.cache.counts.add(countTakeovers)
			}
		case !t.mayWaitFor(lease):
			return nil, nil
		default:
			if err := t.wait(ctx); err != nil {
				return nil, err
			}
		}
		if t.f.lease.Load() != nil {
			return nil, nil
		}
	}
	return nil, nil
}

// share makes the load hold a lease that this process holds for another load. It reports false
// if the lease is that of another process. If it has just ended, share looks what is there now.
func (t *leaseTaker) share(ctx context.Context, lease envelope.Lease) (own bool) {
	shared, own := t.f.st.flights.leases.share(t.key, lease.Identity)
	switch {
	case shared != nil:
		t.f.lease.Store(shared)
	case own:
		t.look(ctx)
	}
	return own
}

// stateAfter is the state of a lease that replaces one in this state.
func stateAfter(state envelope.LeaseState) envelope.LeaseState {
	if state == envelope.Failed || state == envelope.Alone {
		return envelope.Alone
	}
	return envelope.Loading
}

// isLeft reports whether nobody holds a lease any more: its holder has given it up, or has not
// renewed it for so long that it is dead, or pausing. If that is wrong, no harm is done: the
// holder does not store, as its lease is gone.
func (t *leaseTaker) isLeft(lease envelope.Lease) bool {
	if lease.State == envelope.Free || lease.State == envelope.Failed {
		return true
	}
	since := t.f.st.flights.leases.unchangedSince(t.key, t.there.raw)
	return time.Since(since) >= leaseIsDead
}

// mayWaitFor reports whether the load waits for the one of another process, which holds the
// lease.
func (t *leaseTaker) mayWaitFor(lease envelope.Lease) bool {
	return lease.State == envelope.Loading && t.waits && (t.giveUp.IsZero() || time.Now().Before(t.giveUp))
}

// wait waits a little, and looks again what is there.
func (t *leaseTaker) wait(ctx context.Context) error {
	if !t.awaited {
		t.awaited = true
		t.f.cache.counts.add(countLeaseWaits)
	}
	if t.giveUp.IsZero() {
		t.giveUp = time.Now().Add(t.f.o.leaseWait)
	}
	pause := min(t.pause/2+rand.N(t.pause), time.Until(t.giveUp)) // so that not all look at once
	t.pause = min(t.pause*3/2, lastLook)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		t.look(ctx)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put tries to put a lease of this process under the key, instead of what is there, and
// else finds out what is there by now.
func (t *leaseTaker) put(ctx context.Context, state envelope.LeaseState) {
	lease := envelope.NewLease(state)
	head, taken, err := t.replace(ctx, lease.Append(nil))
	switch {
	case err != nil:
		t.f.leaseErr = err
	case taken:
		t.f.lease.Store(t.f.st.flights.leases.add(t.f.st, t.key, lease))
	default:
		if _, isLease := envelope.ParseLease(head); isLease {
			t.there = previous{entry: t.f.st.entry(bytes.Clone(head))}
			return
		}
		t.look(ctx)
	}
}

// replace stores a lease if nothing has changed. If something has, head may be that of what
// is there by now.
func (t *leaseTaker) replace(ctx context.Context, lease []byte) (head []byte, taken bool, err error) {
	st := t.f.st
	switch {
	case t.there.raw != nil:
		taken, err = st.replace(ctx, t.key, t.there.raw, lease, leaseTTL)
	case t.there.there: // damaged, so that the store cannot compare it
		err = st.store.Set(ctx, t.key, lease, leaseTTL)
		taken = err == nil
	default:
		head, taken, err = st.store.Add(ctx, t.key, lease, leaseTTL)
		if errors.Is(err, driver.ErrCorrupt) {
			err = nil
		}
	}
	return head, taken, err
}

// look looks what is under the key.
func (t *leaseTaker) look(ctx context.Context) {
	f := t.f
	t.there, t.readable, t.readAt = previous{}, false, f.st.flights.Tick()
	e := &t.there.entry
	err := f.cache.fetch(ctx, f.st, t.key, e)
	if err == nil {
		err = f.cache.check(e, f.o.codec)
	}
	if err == nil {
		err = f.try(e)
	}
	e.shared = true // all waiting callers get the raw bytes
	switch {
	case err == nil:
		t.readable = true
	case errors.Is(err, errTagsInvalid):
		t.there.there = true
	case errors.Is(err, errTagsStale):
		t.there.there, t.there.refused = true, true
	case errors.Is(err, driver.ErrCorrupt):
		t.there.there, t.there.reserved = true, isReserved(err)
	case !errors.Is(err, driver.ErrNotFound):
		f.leaseErr = err
	}
}
