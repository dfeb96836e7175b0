package cache_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// Shutdown waits for a load and lets it store.
func TestShutdownWaitsForALoadAndLetsItStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := new(fakeBackend)
		h, err := cache.NewHandler(cache.Settings{"default": {Opener: backend.opener()}})
		if err != nil {
			t.Fatal(err)
		}
		values := cache.For[string](h.Proxy("default"))
		loaded := make(chan error)
		go func() {
			got, err := values.GetOrSet(t.Context(), "k", func(ctx context.Context) (string, error) {
				time.Sleep(time.Minute) // of the bubble
				return "v", values.Set(ctx, "by the way", "w")
			})
			if got != "v" {
				t.Errorf("%q", got)
			}
			loaded <- err
		}()
		synctest.Wait()
		began := time.Now()
		done := make(chan error)
		go func() { done <- h.Shutdown(t.Context()) }()
		synctest.Wait()
		if err := values.Set(t.Context(), "late", "x"); !errors.Is(err, cache.ErrClosed) {
			t.Errorf("an operation after Shutdown began: %v, want ErrClosed", err)
		}
		if err := <-loaded; err != nil {
			t.Errorf("the load: %v", err)
		}
		if err := <-done; err != nil || time.Since(began) < time.Minute {
			t.Errorf("Shutdown returned %v after %v", err, time.Since(began))
		}
		store := backend.stores[0]
		if len(store.entries) != 2 {
			t.Errorf("%d entries were stored, want those of the load", len(store.entries))
		}
	})
}

// Shutdown waits no longer than its context allows.
func TestShutdownWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := cache.NewHandler(cache.Settings{"default": {Opener: new(fakeBackend).opener()}})
		if err != nil {
			t.Fatal(err)
		}
		release := make(chan struct{})
		go func() {
			_, _ = cache.For[string](h.Proxy("default")).GetOrSet(t.Context(), "k", func(context.Context) (string, error) {
				<-release
				return "v", nil
			})
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the context's error", err)
		}
		close(release)
	})
}

// panickingSessions is a store whose sessions panic when they end.
type panickingSessions struct{ *mapStore }

func (s panickingSessions) OpenSession(context.Context) (driver.Store, error) {
	return panickingSession(s), nil
}

type panickingSession struct{ *mapStore }

func (panickingSession) Shutdown(context.Context) error { panic("bang") }

// A panic in one Close does not keep other caches open.
func TestAPanicInOneCloseDoesNotKeepOthersOpen(t *testing.T) {
	first, second := newMapStore(), newMapStore()
	settings := cache.Settings{
		"default": {Opener: openerOf(panickingSessions{first}), Location: "1"},
		"second": {Opener: openerOf(struct {
			*mapStore
			withSessions
		}{second, withSessions{second}}), Location: "2"},
	}
	h := newHandler(t, settings, discardLog())
	s := h.Scope(t.Context())
	for _, alias := range []string{"default", "second"} {
		c, err := s.Cache(alias)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Has(s, "k"); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Close(t.Context())
	var panicked *cache.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "bang" {
		t.Errorf("%v, want the panic as an error", err)
	}
	if len(second.sessions) != 1 || second.sessions[0].shutdowns != 1 {
		t.Error("the other cache was not closed")
	}
}

// An asynchronous operation that its request does not await delays the end of the request for a
// limited time.
func TestWhatARequestDoesNotAwaitHoldsItUpForALimitedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, cache.Settings{"default": {Opener: new(fakeBackend).opener()}}, discardLog())
		s := h.Scope(t.Context())
		release := make(chan struct{})
		cache.For[string](cache.From(s, "default")).Async().GetOrSet(s, "k", func(context.Context) (string, error) {
			<-release
			return "v", nil
		})
		synctest.Wait()
		began := time.Now()
		if err := cache.CloseCaches(s); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != cache.CloseTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(release)
	})
}

// tracing is a wrapper of a program's own.
type tracing struct{ cache.Cache }

// Asynchronous operations of a wrapper belong to the scope of the request.
func TestAsynchronousOperationsOfAWrapperAreTheScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, cache.Settings{"default": {Opener: new(fakeBackend).opener()}})
		s := h.Scope(t.Context())
		ended := false
		cache.For[string](tracing{h.Proxy("default")}).Async().GetOrSet(s, "k", func(context.Context) (string, error) {
			time.Sleep(time.Second) // of the bubble
			ended = true
			return "v", nil
		})
		if err := cache.CloseCaches(s); err != nil || !ended {
			t.Errorf("%v, the operation has ended: %v", err, ended)
		}
	})
}
