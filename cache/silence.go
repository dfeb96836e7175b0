package cache

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// silenceInterval is how often a backend that did not answer is asked again for
// callers that can do without it.
const silenceInterval = time.Second

// silence is that of a backend which did not answer in time, or could not be reached.
// To wait for it at each look-up would make everything as slow as its time-outs, or as
// the client's attempts to connect, which is worse than to have no cache. So look-ups
// with [FailOpen] do not wait: one in each interval asks, and the others go on without
// the backend, until it answers.
type silence struct {
	until atomic.Int64 // by the alias's clock, in ns since 1970; 0 if it answers
}

func (s *silence) isNoted() bool { return s.until.Load() != 0 }

func (s *silence) note(now time.Time) { s.until.Store(now.Add(silenceInterval).UnixNano()) }

func (s *silence) end() { s.until.Store(0) }

// mayAsk reports whether the caller is to find out if the backend answers again.
func (s *silence) mayAsk(now time.Time) bool {
	until := s.until.Load()
	return now.UnixNano() >= until && s.until.CompareAndSwap(until, now.Add(silenceInterval).UnixNano())
}

// isTimeout reports whether err says that there was no answer in time.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isUnreached reports whether err says that there is no connection to the backend, and
// not only none to one of its servers: it was refused, its host or socket is not there,
// or the store could not be opened for another reason than the settings.
func isUnreached(err error) bool {
	var dial *net.OpError
	refused := errors.As(err, &dial) && dial.Op == "dial" && !driver.IsOneOfSeveral(err)
	return refused || errors.Is(err, ErrOpenFailed) && isOutage(err)
}

// isSilence reports whether err says that the backend did not answer, and not only one
// of its servers.
func isSilence(err error) bool { return (isTimeout(err) || isUnreached(err)) && !isAnswered(err) }

// hear notes from the error of an operation that the backend is silent; unless it is
// the caller who had no more time.
func (a *alias) hear(ctx context.Context, err error) {
	if err != nil && isSilence(err) && ctx.Err() == nil {
		a.silence.note(a.clock.Now())
	}
}

// openUnlessSilent is open for a caller that does not wait for a silent backend, if op is
// a look-up. What changes entries always asks: a deletion that was not tried leaves a
// stale entry.
func (c *BaseCache) openUnlessSilent(ctx context.Context, op string) (*opened, error) {
	if c.silence.isNoted() && !changes(op) {
		return c.openSilent(ctx)
	}
	st, err := c.open(ctx)
	c.hear(ctx, err)
	return st, err
}

// changes reports whether the operation op changes entries without looking one up first.
func changes(op string) bool {
	switch op {
	case "Set", "SetBytes", "SetMany", "Add", "Touch", "Delete", "DeleteMany", "Incr", "Decr", "IncrVersion", "DecrVersion":
		return true
	}
	return false
}

// openSilent is openUnlessSilent for a backend that is silent.
func (c *BaseCache) openSilent(ctx context.Context) (st *opened, err error) {
	if c.source.atHand() == nil {
		err = c.ask(func() (err error) { st, err = c.open(ctx); return err })
		c.hear(ctx, err)
		return st, err
	}
	if st, err = c.open(ctx); err == nil {
		st = c.impatient(st)
	}
	return st, err
}

// ask runs what asks a backend that was silent, if the caller is to find out.
func (a *alias) ask(lookUp func() error) error {
	if !a.silence.mayAsk(a.clock.Now()) {
		return ErrUnavailable
	}
	err := lookUp()
	if isAnswer(err) && !errors.Is(err, context.Canceled) || isAnswered(err) {
		a.silence.end()
	}
	return err
}

// impatient returns the store, which is silent, for those who do not wait for it.
func (a *alias) impatient(st *opened) *opened {
	out := *st
	out.store = impatientStore{st.store, a}
	if st.many != nil {
		out.many = impatientMany{st.many, a}
	}
	return &out
}

// impatientStore is a silent store whose look-ups wait only if they are to find out.
type impatientStore struct {
	driver.Store
	alias *alias
}

func (s impatientStore) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.alias.ask(func() (err error) { value, err = s.Store.Get(ctx, key); return err })
	return value, err
}

type impatientMany struct {
	driver.Many
	alias *alias
}

func (s impatientMany) GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error) {
	err = s.alias.ask(func() (err error) { values, err = s.Many.GetMany(ctx, keys); return err })
	return values, err
}
