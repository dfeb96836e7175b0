package cache

import (
	"context"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// aliasStore is a shared store as one alias uses it: with the alias's namespace if the
// store needs it, and behind the alias's circuit breaker if it has one.
type aliasStore struct {
	shared storeSource
	ns     driver.Namespace
	guard  *guard // nil for none

	closing *atomic.Bool
	ready   atomic.Pointer[opened]
}

// use gives the alias its store.
func (a *alias) use(shared storeSource, cfg Config) {
	s := &aliasStore{shared: shared, ns: driver.Namespace{Prefix: cfg.KeyPrefix}, closing: a.closing}
	if cfg.BreakerFailures > 0 {
		cooldown := cfg.BreakerCooldown
		if cooldown == 0 {
			cooldown = DefaultBreakerCooldown
		}
		s.guard = newGuard(a.name, cfg.BreakerFailures, cooldown, a.logger)
	}
	a.source = s
}

// atHand returns the store if it is open, and nil if not, or if Shutdown has begun.
func (s *aliasStore) atHand() *opened {
	if s.closing.Load() {
		return nil
	}
	return s.ready.Load()
}

func (s *aliasStore) open(ctx context.Context) (*opened, error) {
	if s.closing.Load() && !isAdmitted(ctx) {
		return nil, ErrClosed
	}
	if st := s.ready.Load(); st != nil {
		return st, nil
	}
	st, err := s.openShared(ctx)
	if err != nil {
		return nil, err
	}
	st = st.in(s.ns)
	if s.guard != nil {
		st = st.guarded(s.guard)
	}
	// Of concurrent openers all have an equal one; the first is kept.
	s.ready.CompareAndSwap(nil, st)
	return s.ready.Load(), nil
}

// openShared opens the store, through the breaker: a server that is down is not
// dialled at each request either.
func (s *aliasStore) openShared(ctx context.Context) (st *opened, err error) {
	if s.guard == nil {
		return s.shared.open(ctx)
	}
	err = s.guard.call(ctx, func() (err error) {
		st, err = s.shared.open(ctx)
		return err
	})
	return st, err
}

// flightGroup is that of the store that open returns. Before the store is open, nobody knows
// whether it is a [driver.Namespacer]; loads do not store anything then.
func (s *aliasStore) flightGroup() *loads {
	if st := s.ready.Load(); st != nil {
		return st.flights
	}
	return s.shared.flightGroup()
}
