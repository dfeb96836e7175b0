package cache

import (
	"context"
	"log/slog"

	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/flight"
	"github.com/larder-go/larder/internal/membudget"
)

// hooks implements [fill.Hooks], which describes the methods: what the cache of pages
// needs of this package and programs do not.
type hooks struct{}

func init() { fill.Register[*BaseCache, *Handler, Option](hooks{}) }

func (hooks) Quiet() Option { return flagQuiet }

func (hooks) NoteHit(ctx context.Context, c *BaseCache, op, key string) {
	c.publish(ctx, EventHit, op, key, nil)
}

func (hooks) NoteMiss(ctx context.Context, c *BaseCache, op, key string) {
	c.publish(ctx, EventMiss, op, key, nil)
}

func (hooks) IsObserved(c *BaseCache) bool { return c.events.HasListeners(c.sender) }

func (hooks) IsUnresponsive(c *BaseCache) bool { return c.unresponsive.isSet() }

func (hooks) HasSessions(ctx context.Context, c *BaseCache) bool {
	st, err := c.source.open(ctx)
	return err == nil && st.sessions != nil
}

func (hooks) Batches(ctx context.Context, c *BaseCache) bool {
	st, err := c.openFailFast(ctx, "GetMany")
	return err == nil && st.many != nil && st.native == nil
}

func (hooks) HandlerOf(c *BaseCache) *Handler { return c.handler }

func (hooks) IsImplied(h *Handler) bool { return h != nil && h.implied != nil }

func (hooks) HandlerFrom(ctx context.Context) *Handler { return handlerFrom(ctx) }

func (hooks) RunFrom(ctx context.Context) fill.Run { return loading{flight.Current[*loadResult](ctx)} }

func (hooks) Budget(h *Handler) *membudget.Budget {
	if h == nil {
		return nil
	}
	return h.inFlight
}

func (hooks) Logger(ctx context.Context) *slog.Logger {
	if h := handlerFrom(ctx); h != nil {
		return h.logger
	}
	return slog.Default()
}

// handlerFrom returns the handler whose caches [From] returns for ctx, or nil.
func handlerFrom(ctx context.Context) *Handler {
	if s := scopeFrom(ctx); s != nil {
		return s.handler
	}
	return DefaultHandler()
}

// loading implements [fill.Run]. flight is nil outside of a load.
type loading struct{ flight *flight.Flight[*loadResult] }

func (l loading) Publish(value any) {
	if l.flight != nil {
		l.flight.Publish(&loadResult{value: value, fresh: true})
	}
}

func (l loading) Release() {
	if l.flight != nil {
		l.flight.Release(&loadResult{fresh: true, private: true})
		l.leaveLease()
	}
}

func (l loading) Abandon(err error) {
	if l.flight != nil {
		l.flight.Abandon(err)
		l.leaveLease()
	}
}

// leaveLease ends the lease of a load that will not store its value, in a goroutine: who
// waits for the response need not wait for the store. If the load has stored its value, it
// does nothing.
func (l loading) leaveLease() {
	f := l.flight.Runner().(*loadRun)
	if f.lease.Load() == nil {
		return
	}
	done := f.cache.track()
	go func() {
		defer done()
		f.leaveLease(context.Background())
	}()
}

func (l loading) Stream() {
	if l.flight == nil {
		return
	}
	f := l.flight.Runner().(*loadRun)
	if lease := f.lease.Load(); lease != nil && f.o.leaseWait > 0 {
		lease.setAlone()
	}
}

func (l loading) Cancel() {
	if l.flight != nil {
		l.flight.Cancel()
	}
}

func (l loading) Leave() {
	if l.flight != nil {
		l.flight.Leave()
	}
}

func (l loading) Keep() {
	if l.flight != nil {
		l.flight.Keep()
	}
}

func (l loading) Forget() {
	if l.flight != nil {
		l.flight.Forget()
	}
}
