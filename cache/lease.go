package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/envelope"
)

// How long a lease lives. The holder renews it while it loads; if the holder dies, the store
// removes it.
const (
	leaseTTL     = 5 * time.Second
	leaseRenewal = leaseTTL / 3
	leaseTimeout = leaseTTL / 4          // how long one renewal may take
	leaseIsDead  = leaseTTL + leaseTTL/2 // if its bytes have stayed the same for so long
	leftLeaseTTL = time.Second           // of one that its holder has left
)

// lease is a lease that this process holds, for all of its loads of the key: of several, see
// [fill.JoinOptions], the first to commit ends it. A value that replaces the lease was loaded
// after the last change of the key: whatever changes or deletes the key, in whatever process,
// removes the lease.
type lease struct {
	held     *heldLeases
	st       *opened
	key      string
	identity uint64
	alone    atomic.Bool // nobody is to wait for the value
	timer    *time.Timer // of the next renewal

	runs int // that have held it and are not over; guarded by held.mu

	mu      sync.Mutex // held while the store is asked
	loads   int        // that hold it
	ended   bool
	current envelope.Lease
	next    envelope.Lease // of a renewal that may have been made or not; zero if there is none
}

// heldLeases are the leases that this process holds, by key. One that has ended is among them
// until its runs are over: they, or what they call, may have seen it in the store before.
type heldLeases struct {
	mu     sync.Mutex
	byKey  map[string]*lease
	others map[string]otherLease // of other processes, by key
}

// otherLease is a lease of another process that was seen here.
type otherLease struct {
	bytes string
	since time.Time
}

// rememberedLeases bounds the memory of leases of other processes. One that is forgotten counts
// as new.
const rememberedLeases = 1 << 10

// unchangedSince returns since when this process has seen these bytes of a lease of another
// process under key: that no load waits for it makes no difference.
func (h *heldLeases) unchangedSince(key, lease []byte) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seen, ok := h.others[string(key)]; ok && seen.bytes == string(lease) {
		return seen.since
	}
	if h.others == nil || len(h.others) >= rememberedLeases {
		h.others = make(map[string]otherLease)
	}
	now := time.Now()
	h.others[string(key)] = otherLease{string(lease), now}
	return now
}

// add notes a lease that this process has put into the store, held by one load.
func (h *heldLeases) add(st *opened, key []byte, current envelope.Lease) *lease {
	l := &lease{held: h, st: st, key: string(key), identity: current.Identity, runs: 1, loads: 1, current: current}
	l.alone.Store(current.State == envelope.Alone)
	l.mu.Lock() // renew waits until there is a timer
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(leaseRenewal, l.renew)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byKey == nil {
		h.byKey = make(map[string]*lease)
	}
	h.byKey[l.key] = l
	return l
}

// share returns the lease of key with this identity, held by one more load. own is false if it
// is that of another process; without a lease, own says that it has ended just now.
func (h *heldLeases) share(key []byte, identity uint64) (shared *lease, own bool) {
	if shared = h.addRun(key, identity); shared == nil {
		return nil, false
	}
	shared.mu.Lock()
	ended := shared.ended
	if !ended {
		shared.loads++
	}
	shared.mu.Unlock()
	if ended {
		h.removeRun(shared)
		return nil, true
	}
	return shared, true
}

func (h *heldLeases) addRun(key []byte, identity uint64) *lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.byKey[string(key)]
	if l == nil || l.identity != identity {
		return nil
	}
	l.runs++
	return l
}

// removeRun notes that a run which has held l is over.
func (h *heldLeases) removeRun(l *lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.runs--
	if l.runs == 0 && h.byKey[l.key] == l {
		delete(h.byKey, l.key)
	}
}

// end stops the renewals; the lock is held.
func (l *lease) end() {
	l.ended = true
	l.timer.Stop()
}

// renew is called by the timer.
func (l *lease) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if !l.isUnsure() {
		l.next = l.current.Renewed()
		if l.alone.Load() {
			l.next.State = envelope.Alone
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaseTimeout)
	defer cancel()
	renewed, err := l.replace(ctx, l.next.Append(nil), leaseTTL)
	after := leaseRenewal
	switch {
	case err != nil: // it may have been made
	case !renewed:
		l.end()
		return
	default:
		l.current, l.next = l.next, envelope.Lease{}
		if l.alone.Load() && l.current.State != envelope.Alone {
			after = 0
		}
	}
	l.timer.Reset(after)
}

// replace stores value if the lease is there, in one of the forms that it may have. The lock
// is held.
func (l *lease) replace(ctx context.Context, value []byte, ttl time.Duration) (replaced bool, err error) {
	key := []byte(l.key)
	replaced, err = l.st.replace(ctx, key, l.current.Append(nil), value, ttl)
	if err == nil && !replaced && l.isUnsure() {
		replaced, err = l.st.replace(ctx, key, l.next.Append(nil), value, ttl)
	}
	return replaced, err
}

// isUnsure reports whether the lease has one of two forms; the lock is held.
func (l *lease) isUnsure() bool { return l.next != (envelope.Lease{}) }

// setAlone makes the next renewal, which is now, say that nobody is to wait for the value. It
// does not block.
func (l *lease) setAlone() {
	if !l.alone.Swap(true) {
		l.timer.Reset(0)
	}
}

// commit stores a value if the lease is there still, and ends the lease. After an error the
// value may be stored or not.
func (l *lease) commit(ctx context.Context, value []byte, ttl time.Duration) (stored bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false, nil
	}
	defer l.end()
	return l.replace(ctx, value, ttl)
}

// leave says that one of the loads that hold the lease is over. If the lease has not ended,
// the last one leaves it in state.
func (l *lease) leave(ctx context.Context, state envelope.LeaseState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loads--
	if l.ended || l.loads > 0 {
		return
	}
	defer l.end()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTimeout)
	defer cancel()
	// If it fails, the store removes the lease.
	_, _ = l.replace(ctx, envelope.NewLease(state).Append(nil), leftLeaseTTL)
}

// leaveLease is called when the load has ended, or will not store its value. If the lease is
// there still, the others that want the value load it for themselves; but if nobody waited for
// the load any more, the next that wants it loads it for all.
func (f *loadRun) leaveLease(ctx context.Context) {
	l := f.lease.Swap(nil)
	switch {
	case l == nil:
	case ctx.Err() != nil:
		l.leave(ctx, envelope.Free)
	default:
		l.leave(ctx, envelope.Failed)
	}
}
