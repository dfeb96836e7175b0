package faults_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
)

// crowd is how many callers ask for one key at once.
const crowd = 50

func TestInAnOutageTheLoaderRunsOnceForTheCrowd(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		b.server.Kill()
		for _, options := range []string{"&on_error=miss", "&on_error=miss&breaker_failures=3&breaker_cooldown=1h"} {
			h := newHandler(t, b.url+options)
			for range 3 {
				askInOutage(t, h)
			}
		}
	})
}

// askInOutage has a crowd ask for a key. The loader ends when all have failed
// to look it up: those who have not joined its run by then, in the microseconds
// that it takes, share another.
func askInOutage(t *testing.T, h *cache.Handler) {
	t.Helper()
	var failed, loads, running atomic.Int64
	all := make(chan struct{})
	defer h.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventError && failed.Add(1) == crowd {
			close(all)
		}
		return nil
	})()
	values := cache.For[string](h.Proxy(cache.DefaultAlias))
	load := func(ctx context.Context) (string, error) {
		loads.Add(1)
		if n := running.Add(1); n > 1 {
			t.Errorf("%d loaders run at once", n)
		}
		defer running.Add(-1)
		select {
		case <-all:
			return "v", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	var wg sync.WaitGroup
	for range crowd {
		wg.Go(func() {
			if got, err := values.GetOrSet(t.Context(), "k", load); got != "v" || err != nil {
				t.Errorf("GetOrSet: %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := loads.Load(); n > crowd/5 {
		t.Errorf("%d loads for a crowd of %d", n, crowd)
	}
}

// Without a policy an outage is an error, and no load at all.
func TestWithReturnErrorsAnOutageReachesNoLoader(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		values := cache.For[string](newHandler(t, b.url).Proxy(cache.DefaultAlias))
		if err := values.Set(t.Context(), "other", "v"); err != nil {
			t.Fatal(err)
		}
		b.server.Kill()
		var wg sync.WaitGroup
		for range crowd {
			wg.Go(func() {
				got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) {
					t.Error("the loader runs")
					return "v", nil
				})
				if err == nil {
					t.Errorf("GetOrSet: %q without an error", got)
				}
			})
		}
		wg.Wait()
	})
}

// While a server says nothing, everyone waits for as long as a time-out, and
// still one loader runs at a time.
func TestWhileTheServerIsUnresponsiveTheLoaderStaysCoalesced(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		h := newHandler(t, b.urlWithin(500*time.Millisecond)+"&on_error=miss")
		if err := h.Proxy(cache.DefaultAlias).Set(t.Context(), "other", "v"); err != nil {
			t.Fatal(err)
		}
		b.proxy.Stall()
		askInOutage(t, h)
		b.proxy.Heal()
	})
}
