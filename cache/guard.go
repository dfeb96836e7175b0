package cache

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/larder-go/larder/cache/driver"
)

// DefaultBreakerCooldown is how long a circuit breaker stays open if settings
// do not say.
const DefaultBreakerCooldown = 10 * time.Second

// noOutage are the errors that say nothing against a backend: the answers of
// one that works, and mistakes of the caller.
var noOutage = []error{
	ErrNotFound, ErrCorrupt, ErrTooLarge, ErrNotInteger, ErrOverflow, ErrInvalidKey, ErrUnsupported, ErrClosed,
	ErrUnencodable, ErrWrongType, ErrNilValue, ErrInvalidVersion, ErrInvalidOption, ErrNilLoader, ErrRecursive,
	ErrUnknownAlias, ErrUnknownBackend, ErrInvalidSettings, errNoDefault, context.Canceled,
}

// isOutage reports whether err says that the backend does not work, rather than
// that the caller made a mistake or gave up.
func isOutage(err error) bool {
	return err != nil && !isPanic(err) && !slices.ContainsFunc(noOutage, func(other error) bool { return errors.Is(err, other) })
}

// guard is a circuit breaker for one store: after a number of outages in a row
// it refuses calls with ErrUnavailable, and after a while lets one through to
// see whether the store is back. An operation on many keys that some of the
// servers have answered is no outage: the breaker would refuse what these have.
type guard struct {
	breaker *gobreaker.CircuitBreaker[struct{}]
}

func newGuard(alias string, failures int, cooldown time.Duration, logger *slog.Logger) *guard {
	return &guard{gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         alias,
		Timeout:      cooldown,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(failures) },
		IsSuccessful: func(err error) bool { return !isOutage(err) || isAnswered(err) },
		IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			logger.Warn("larder: circuit breaker", "alias", name, "from", from.String(), "to", to.String())
		},
	})}
}

// call runs f unless the breaker is open. If ctx has ended, that is the error in either
// state.
func (g *guard) call(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := g.breaker.Execute(func() (struct{}, error) { return struct{}{}, f() })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return ErrUnavailable
	}
	return err
}

// guarded returns st with all calls through g. Each ability is guarded by
// itself, so none is lost and none pretended.
func (st *opened) guarded(g *guard) *opened {
	out := *st
	out.base = &out
	out.primary = &out
	if st.primary != st {
		out.primary = st.primary.guarded(g)
	}
	out.store = guardedStore{st.store, g}
	if st.many != nil {
		out.many = guardedMany{st.many, g}
	}
	if st.counter != nil {
		out.counter = guardedCounter{st.counter, g}
	}
	if st.replacer != nil {
		out.replacer = guardedReplacer{st.replacer, g}
	}
	if st.byHead != nil {
		out.byHead = guardedHeadReplacer{st.byHead, g}
	}
	if st.peeker != nil {
		out.peeker = guardedPeeker{st.peeker, g}
	}
	if st.expirer != nil {
		out.expirer = guardedExpirer{st.expirer, g}
	}
	if st.async != nil {
		out.async = guardedAsync{st.async, g}
	}
	if st.invalidator != nil {
		out.invalidator = guardedInvalidator{st.invalidator, g}
	}
	return &out
}

type guardedStore struct {
	driver.Store
	g *guard
}

func (s guardedStore) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.g.call(ctx, func() (err error) { value, err = s.Store.Get(ctx, key); return err })
	return value, err
}

func (s guardedStore) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	return s.g.call(ctx, func() error { return s.Store.Set(ctx, key, value, ttl) })
}

func (s guardedStore) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	err = s.g.call(ctx, func() (err error) { head, added, err = s.Store.Add(ctx, key, value, ttl); return err })
	return head, added, err
}

func (s guardedStore) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	err = s.g.call(ctx, func() (err error) { head, err = s.Store.Touch(ctx, key, ttl); return err })
	return head, err
}

func (s guardedStore) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	err = s.g.call(ctx, func() (err error) { head, deleted, err = s.Store.Delete(ctx, key); return err })
	return head, deleted, err
}

func (s guardedStore) Clear(ctx context.Context, ns driver.Namespace) error {
	return s.g.call(ctx, func() error { return s.Store.Clear(ctx, ns) })
}

type guardedMany struct {
	driver.Many
	g *guard
}

func (s guardedMany) GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error) {
	err = s.g.call(ctx, func() (err error) { values, err = s.Many.GetMany(ctx, keys); return err })
	return values, err
}

func (s guardedMany) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) (errs []error, err error) {
	err = s.g.call(ctx, func() (err error) {
		if errs, err = s.Many.SetMany(ctx, items, ttl); err == nil {
			err = driver.Partial(errs) // for the breaker to see
		}
		return err
	})
	if errs != nil {
		return errs, nil
	}
	return nil, err
}

func (s guardedMany) DeleteMany(ctx context.Context, keys [][]byte) error {
	return s.g.call(ctx, func() error { return s.Many.DeleteMany(ctx, keys) })
}

type guardedCounter struct {
	driver.Counter
	g *guard
}

func (s guardedCounter) Incr(ctx context.Context, key []byte, delta int64) (n int64, err error) {
	err = s.g.call(ctx, func() (err error) { n, err = s.Counter.Incr(ctx, key, delta); return err })
	return n, err
}

type guardedReplacer struct {
	driver.Replacer
	g *guard
}

func (s guardedReplacer) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	err = s.g.call(ctx, func() (err error) { replaced, err = s.Replacer.Replace(ctx, key, old, value, ttl); return err })
	return replaced, err
}

type guardedHeadReplacer struct {
	driver.HeadReplacer
	g *guard
}

func (s guardedHeadReplacer) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (replaced bool, err error) {
	err = s.g.call(ctx, func() (err error) {
		replaced, err = s.HeadReplacer.ReplaceHead(ctx, key, head, value, ttl)
		return err
	})
	return replaced, err
}

type guardedPeeker struct {
	driver.Peeker
	g *guard
}

func (s guardedPeeker) Peek(ctx context.Context, key []byte) (head []byte, err error) {
	err = s.g.call(ctx, func() (err error) { head, err = s.Peeker.Peek(ctx, key); return err })
	return head, err
}

type guardedExpirer struct {
	driver.Expirer
	g *guard
}

func (s guardedExpirer) TTL(ctx context.Context, key []byte) (ttl time.Duration, err error) {
	err = s.g.call(ctx, func() (err error) { ttl, err = s.Expirer.TTL(ctx, key); return err })
	return ttl, err
}

type guardedInvalidator struct {
	driver.Invalidator
	g *guard
}

func (s guardedInvalidator) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	return s.g.call(ctx, func() error { return s.Invalidator.Invalidate(ctx, inv) })
}

// guardedAsync refuses operations while the breaker is open. What becomes of
// those that were started is not counted: their result comes in a goroutine
// that must not be held up, and the synchronous operations see the same server.
type guardedAsync struct {
	driver.Async
	g *guard
}

func (s guardedAsync) Start(ctx context.Context, op driver.Op, done func(driver.Result)) {
	if ctx.Err() == nil && s.g.breaker.State() == gobreaker.StateOpen {
		done(driver.Result{Err: ErrUnavailable})
		return
	}
	s.Async.Start(ctx, op, done)
}
