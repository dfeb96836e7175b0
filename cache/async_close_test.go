package cache_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// slowed makes each operation of s on a key take loadTime.
func slowed(s *mapStore) {
	s.hook = func(ctx context.Context, op, key string) error {
		if key == "" {
			return nil
		}
		select {
		case <-time.After(loadTime):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close waits for the asynchronous operations of its request, and not for those of others.
func TestCloseWaitsForWhatTheRequestStarted(t *testing.T) {
	for how, newStore := range twinStores {
		synctest.Test(t, func(t *testing.T) {
			store, s := newStore()
			slowed(s)
			h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
			scope, other := h.Scope(t.Context()), h.Scope(t.Context())
			c := cache.From(scope, "default")
			if err := cache.From(other, "default").Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			set := cache.Async(c).Set(t.Context(), "k", 1)
			if err := other.Close(t.Context()); err != nil || time.Since(begin) != 0 {
				t.Errorf("%s: another request's Close: %v after %v, want it at once", how, err, time.Since(begin))
			}
			ctx, cancel := context.WithTimeout(t.Context(), loadTime/2)
			defer cancel()
			if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: Close that may not wait: %v, want the context's error", how, err)
			}
			if err := c.Close(t.Context()); err != nil || time.Since(begin) != loadTime {
				t.Errorf("%s: Close: %v after %v, want it when the operation had ended", how, err, time.Since(begin))
			}
			select {
			case <-set.Done():
			default:
				t.Errorf("%s: the operation had not ended", how)
			}
			if s.raw(":1:k") == nil {
				t.Errorf("%s: nothing was stored", how)
			}
		})
	}
}

// Shutdown waits for asynchronous operations.
func TestShutdownWaitsForWhatWasStarted(t *testing.T) {
	for how, newStore := range twinStores {
		synctest.Test(t, func(t *testing.T) {
			store, s := newStore()
			slowed(s)
			h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
			set := cache.Async(h.Proxy("default")).Set(t.Context(), "k", 1)
			begin := time.Now()
			if err := h.Shutdown(t.Context()); err != nil || time.Since(begin) != loadTime {
				t.Errorf("%s: Shutdown: %v after %v, want it when the operation had ended", how, err, time.Since(begin))
			}
			if err := await(t.Context(), set); err != nil {
				t.Errorf("%s: Set: %v", how, err)
			}
			if err := await(t.Context(), cache.Async(h.Proxy("default")).Set(t.Context(), "k", 1)); !errors.Is(err, cache.ErrClosed) {
				t.Errorf("%s: Set after Shutdown: %v, want ErrClosed", how, err)
			}
		})
	}
}

// Asynchronous operations use the pipeline of a store that has one.
func TestThePipelineOfAStoreIsUsed(t *testing.T) {
	s := newAsyncStore()
	a := cache.Async(newCache(t, s, cache.Config{}))
	ctx := t.Context()
	for i, err := range []error{
		await(ctx, a.Set(ctx, "k", 7)),
		await(ctx, a.Get(ctx, "k", new(int))),
		await(ctx, a.SetBytes(ctx, "b", []byte("bytes"))),
		await(ctx, a.GetBytes(ctx, "b")),
		await(ctx, a.Incr(ctx, "k", 1)),
		await(ctx, a.Delete(ctx, "k")),
	} {
		if err != nil {
			t.Error(err)
		}
		if n := s.count("Start"); n < i+1 {
			t.Errorf("after operation %d, Start was called %d times", i, n)
		}
	}
	if n := s.count("Start"); n != 6 {
		t.Errorf("Start was called %d times, want once for each operation", n)
	}
}

// Operations in a pipeline have keys and values of their own memory.
func TestThePipelineHasBytesOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAsyncStore()
		slowed(s.mapStore)
		c := newCache(t, s, cache.Config{})
		a := cache.Async(c)
		first := a.Set(t.Context(), "first", "value of the first")
		second := a.Set(t.Context(), "other", "VALUE OF THE SECOND")
		for _, f := range []*cache.Future[struct{}]{first, second} {
			if err := await(t.Context(), f); err != nil {
				t.Error(err)
			}
		}
		for key, want := range map[string]string{"first": "value of the first", "other": "VALUE OF THE SECOND"} {
			if got, _, err := cache.For[string](c).Get(t.Context(), key); got != want || err != nil {
				t.Errorf("Get(%q) = %q, %v, want %q", key, got, err, want)
			}
		}
	})
}

// Asynchronous operations use workers where a session has no pipeline.
func TestASessionWithoutAPipelineUsesWorkers(t *testing.T) {
	s := newMapStore()
	store := struct {
		*mapStore
		withSessions
		withAsync
	}{s, withSessions{s}, withAsync{s}}
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
	scope := h.Scope(t.Context())
	if err := await(scope, cache.Async(cache.From(scope, "default")).Set(scope, "k", 1)); err != nil {
		t.Error(err)
	}
	if n := s.count("Start"); n != 0 {
		t.Errorf("the pipeline of the shared store was used, which knows nothing of the session")
	}
	if err := scope.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// loud is a wrapper that changes what Get does, and counts.
type loud struct {
	cache.Cache
	gets int
	sets int
}

func (l *loud) Get(ctx context.Context, key string, dst any, opts ...cache.Option) (bool, error) {
	l.gets++
	return l.Cache.Get(ctx, "LOUD", dst, opts...)
}

func (l *loud) SetBytes(ctx context.Context, key string, value []byte, opts ...cache.Option) error {
	l.sets++
	return l.Cache.SetBytes(ctx, key, value, opts...)
}

// Asynchronous operations of a wrapper go through the wrapper.
func TestAWrapperIsNotBypassed(t *testing.T) {
	for how, newStore := range twinStores {
		store, _ := newStore()
		wrapper := &loud{Cache: newCache(t, store, cache.Config{})}
		mustSet(t, wrapper, "LOUD", "value")
		var got string
		if found, err := cache.Async(wrapper).Get(t.Context(), "k", &got).Await(t.Context()); !found || got != "value" || err != nil {
			t.Errorf("%s: Get = %q, %v, %v, want what the wrapper gets", how, got, found, err)
		}
		if got, err := cache.For[string](wrapper).Async().Get(t.Context(), "k").Await(t.Context()); !got.Found || got.Value != "value" || err != nil {
			t.Errorf("%s: Get of a view = %+v, %v, want what the wrapper gets", how, got, err)
		}
		if err := await(t.Context(), cache.Async(wrapper).SetBytes(t.Context(), "k", nil)); err != nil {
			t.Errorf("%s: SetBytes: %v", how, err)
		}
		if wrapper.gets != 2 || wrapper.sets != 1 {
			t.Errorf("%s: the wrapper had %d calls of Get and %d of SetBytes, want 2 and 1", how, wrapper.gets, wrapper.sets)
		}
	}
}

// On a store with a pipeline, what it has answered is published by the first Await, once, and never
// without one.
func TestTheFirstAwaitPublishesTheAnswerOfAPipeline(t *testing.T) {
	events := new(signals.Signal[cache.Event])
	log := record(events)
	a := cache.Async(newCache(t, newAsyncStore(), cache.Config{}, cache.WithEvents(events)))
	started := a.Set(t.Context(), "k", 1)
	<-started.Done()
	if got := log.take(); got != nil {
		t.Errorf("before Await: %q", got)
	}
	for range 2 {
		if err := await(t.Context(), started); err != nil {
			t.Error(err)
		}
	}
	if got := log.take(); !slices.Equal(got, []string{"set Set k"}) {
		t.Errorf("after Await: %q", got)
	}
}
