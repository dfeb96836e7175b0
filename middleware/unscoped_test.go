package middleware_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// A Lifecycle that is directly around pages answers a hot one without a scope. Whoever
// would see that there is none is told of each request as ever.

// Receivers of signals hear of memoized hits in the scope of their request.
func TestListenersAreNotifiedOfMemoizedHits(t *testing.T) {
	for _, name := range []string{"started", "finished", "exception"} {
		t.Run(name, func(t *testing.T) {
			bus := new(signals.Bus)
			page := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(inMemory(t)))(middleware.CachePage(ttl)(answering("page")))
			var heard []string
			hear := func(ctx context.Context, what string) error {
				if hooks.Cache.HandlerFrom(ctx) == nil {
					t.Errorf("%s is sent without the caches of the request", what)
				}
				heard = append(heard, what)
				return nil
			}
			switch name {
			case "started":
				bus.RequestStarted.Connect(func(ctx context.Context, _ any, _ signals.StartedEvent) error { return hear(ctx, name) })
			case "finished":
				bus.RequestFinished.Connect(func(ctx context.Context, _ any, _ signals.FinishedEvent) error { return hear(ctx, name) })
			case "exception":
				bus.GotRequestException.Connect(func(ctx context.Context, _ any, _ signals.ExceptionEvent) error { return hear(ctx, name) })
			}
			for range 4 {
				ask(page, "/").wantBody(t, "page")
			}
			if name == "exception" {
				func() {
					defer func() { _ = recover() }()
					page.ServeHTTP(whileWriting{nil, nil}, request("GET", "/")) // it panics in the hot page's response
				}()
				if !slices.Equal(heard, []string{name}) {
					t.Errorf("heard %v of a panic", heard)
				}
				return
			}
			if want := slices.Repeat([]string{name}, 4); !slices.Equal(heard, want) {
				t.Errorf("heard %v, want %v", heard, want)
			}
		})
	}
}

// Receivers of cache events have the scope of the request for a memoized hit.
func TestListenersOfTheCacheHaveTheScopeOfAMemoizedPage(t *testing.T) {
	caches := inMemory(t)
	page := within(caches, middleware.CachePage(ttl)(answering("page")))
	for range 3 {
		ask(page, "/").wantBody(t, "page")
	}
	hits := 0
	caches.Events().Connect(func(ctx context.Context, _ any, e cache.Event) error {
		if hits++; hooks.Cache.HandlerFrom(ctx) != caches {
			t.Errorf("%v of %s is told without the caches of the request", e.Kind, e.Op)
		}
		return nil
	})
	ask(page, "/").wantHit(t, "page")
	if hits == 0 {
		t.Error("nobody was told of the hit")
	}
}

// A When function has the scope of the request for a memoized hit.
func TestAPredicateHasTheScopeOfAMemoizedPage(t *testing.T) {
	caches := inMemory(t)
	asked := 0
	page := within(caches, middleware.CachePage(ttl, middleware.When(func(r *http.Request) bool {
		if asked++; hooks.Cache.HandlerFrom(r.Context()) != caches {
			t.Error("it is asked without the caches of the request")
		}
		return true
	}))(answering("page")))
	for range 4 {
		ask(page, "/").wantBody(t, "page")
	}
	if asked < 4 {
		t.Errorf("it was asked %d times", asked)
	}
}
