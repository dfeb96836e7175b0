package cache_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
)

// detachments are contexts from which work is detached, within a request and outside of one.
func detachments(h *cache.Handler) map[string]func(context.Context) context.Context {
	return map[string]func(context.Context) context.Context{
		"with a scope":    func(ctx context.Context) context.Context { return h.Scope(ctx) },
		"without a scope": func(ctx context.Context) context.Context { return ctx },
	}
}

// Shutdown waits for detached work until its close is called. A second call of close changes nothing:
// the work of others is still waited for.
func TestShutdownWaitsForEachDetachedWorkHoweverOftenOneIsClosed(t *testing.T) {
	for _, name := range []string{"with a scope", "without a scope"} {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler(t, cache.Settings{"default": {Opener: openerOf(newMapStore())}})
			cache.SetDefault(h)
			defer cache.SetDefault(nil)
			request := detachments(h)[name](t.Context())
			_, closeOne := cache.Detached(request)
			_, closeOther := cache.Detached(request)
			for range 3 {
				if err := closeOne(); err != nil {
					t.Error(err)
				}
			}
			down := make(chan error, 1)
			go func() { down <- h.Shutdown(t.Context()) }()
			synctest.Wait()
			select {
			case <-down:
				t.Fatalf("%s: Shutdown did not wait for the other work", name)
			default:
			}
			if err := closeOther(); err != nil {
				t.Error(err)
			}
			if err := <-down; err != nil {
				t.Error(err)
			}
		})
	}
}

// Detached work has the values of its request, no deadline, and caches of its own that outlive those
// of the request.
func TestDetachedWorkHasTheValuesOfItsRequestAndNotItsEnd(t *testing.T) {
	type key struct{}
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(newMapStore())}})
	for name, from := range detachments(h) {
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, name))
		request := from(ctx)
		work, closeWork := cache.Detached(request)
		cancel()
		if work.Err() != nil || work.Value(key{}) != name {
			t.Errorf("%s: the context has ended: %v; its value is %v", name, work.Err(), work.Value(key{}))
		}
		own := cache.From(work, "default") != cache.From(request, "default")
		if own != (name == "with a scope") {
			t.Errorf("%s: caches of its own: %v", name, own)
		}
		if err := closeWork(); err != nil {
			t.Error(err)
		}
	}
}
