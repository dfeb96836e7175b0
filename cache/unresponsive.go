package cache

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// probeInterval is how often look-ups with [FailOpen] try a backend that did not answer.
const probeInterval = time.Second

// unresponsive is set while a backend did not answer in time or could not be reached.
// Waiting for it at each look-up would make everything as slow as its time-outs, or as
// the client's attempts to connect, which is worse than having no cache. So look-ups
// with [FailOpen] fail fast: one in each interval probes, and the others go on without
// the backend, until it answers.
type unresponsive struct {
	until atomic.Int64 // by the alias's clock, in ns since 1970; 0 if it answers
}

func (s *unresponsive) isSet() bool { return s.until.Load() != 0 }

func (s *unresponsive) set(now time.Time) { s.until.Store(now.Add(probeInterval).UnixNano()) }

func (s *unresponsive) clear() { s.until.Store(0) }

// mayProbe reports whether it is the caller's turn to find out if the backend answers again.
func (s *unresponsive) mayProbe(now time.Time) bool {
	until := s.until.Load()
	return now.UnixNano() >= until && s.until.CompareAndSwap(until, now.Add(probeInterval).UnixNano())
}

// isTimeout reports whether err says that there was no answer in time.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isOneOfSeveral reports whether err, or one that it wraps, is a [driver.ServerFailure] that
// says so.
func isOneOfSeveral(err error) bool {
	var failure driver.ServerFailure
	return errors.As(err, &failure) && failure.OneOfSeveral()
}

// isUnreached reports whether err says that there is no connection to the backend, and
// not only none to one of its servers: it was refused, its host or socket is not there,
// or the store could not be opened for another reason than the settings.
func isUnreached(err error) bool {
	var dial *net.OpError
	refused := errors.As(err, &dial) && dial.Op == "dial" && !isOneOfSeveral(err)
	return refused || errors.Is(err, ErrOpenFailed) && isOutage(err)
}

// isUnresponsive reports whether err says that the backend did not answer, and not only one
// of its servers.
func isUnresponsive(err error) bool { return (isTimeout(err) || isUnreached(err)) && !isAnswered(err) }

// noteUnresponsive notes from the error of an operation that the backend does not respond,
// unless the caller's context has ended.
func (a *alias) noteUnresponsive(ctx context.Context, err error) {
	if err != nil && isUnresponsive(err) && ctx.Err() == nil {
		a.unresponsive.set(a.clock.Now())
	}
}

// openFailFast is open for a caller with FailOpen: if op is a look-up, it does not wait for
// an unresponsive backend. Mutations always try: a deletion that was not tried leaves a
// stale entry.
func (c *BaseCache) openFailFast(ctx context.Context, op string) (*opened, error) {
	if c.unresponsive.isSet() && !mutates(op) {
		return c.openUnresponsive(ctx)
	}
	st, err := c.open(ctx)
	c.noteUnresponsive(ctx, err)
	return st, err
}

// mutates reports whether the operation op mutates entries without looking one up first.
func mutates(op string) bool {
	switch op {
	case "Set", "SetBytes", "SetMany", "Add", "Touch", "Delete", "DeleteMany", "Incr", "Decr", "IncrVersion", "DecrVersion":
		return true
	}
	return false
}

// openUnresponsive is openFailFast for a look-up in an unresponsive backend.
func (c *BaseCache) openUnresponsive(ctx context.Context) (st *opened, err error) {
	if c.source.atHand() == nil {
		err = c.probe(func() (err error) { st, err = c.open(ctx); return err })
		c.noteUnresponsive(ctx, err)
		return st, err
	}
	if st, err = c.open(ctx); err == nil {
		st = c.failFast(st)
	}
	return st, err
}

// probe runs lookUp on an unresponsive backend if it is the caller's turn to find out
// whether that answers again. Otherwise it returns ErrUnavailable.
func (a *alias) probe(lookUp func() error) error {
	if !a.unresponsive.mayProbe(a.clock.Now()) {
		return ErrUnavailable
	}
	err := lookUp()
	if isAnswer(err) && !errors.Is(err, context.Canceled) || isAnswered(err) {
		a.unresponsive.clear()
	}
	return err
}

// failFast returns the store, which is unresponsive, for look-ups that do not wait for it.
func (a *alias) failFast(st *opened) *opened {
	out := *st
	out.store = failFastStore{st.store, a}
	if st.many != nil {
		out.many = failFastMany{st.many, a}
	}
	if st.readsReplicas() {
		out.primary = a.failFast(st.primary)
	}
	return &out
}

// failFastStore is an unresponsive store whose look-ups fail at once unless they probe it.
type failFastStore struct {
	driver.Store
	alias *alias
}

func (s failFastStore) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.alias.probe(func() (err error) { value, err = s.Store.Get(ctx, key); return err })
	return value, err
}

type failFastMany struct {
	driver.Many
	alias *alias
}

func (s failFastMany) GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error) {
	err = s.alias.probe(func() (err error) { values, err = s.Many.GetMany(ctx, keys); return err })
	return values, err
}
