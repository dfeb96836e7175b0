package faults_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"

	_ "github.com/larder-go/larder/backends/redisstore"
)

// A server that does not answer is noticed by each client, when it stops answering
// and when it never answered, and so is its return.
func TestAnUnresponsiveServerIsNotWaitedForWithFailOpen(t *testing.T) {
	for _, b := range testbackends.Networked() {
		for _, opened := range []bool{true, false} {
			t.Run(b.Name, func(t *testing.T) {
				load.Leaks(t)
				server, at := b.Server.Start(t)
				proxy := load.NewProxy(t, server.Addr())
				h := newHandler(t, b.Server.WithTimeout(at(proxy.Addr()), 250*time.Millisecond))
				c, err := h.Cache(cache.DefaultAlias)
				if err != nil {
					t.Fatal(err)
				}
				if opened {
					if err := c.Set(t.Context(), "k", "v"); err != nil {
						t.Fatal(err)
					}
				}
				failures := record(h)
				proxy.Stall()
				loadWithout(t, c)
				if !hooks.Cache.IsUnresponsive(c) {
					t.Fatalf("opened %t: it is not noticed: %v", opened, *failures)
				}
				for range 20 {
					loadWithout(t, c)
				}
				if refused := countUnavailable(*failures); refused < 10 {
					t.Errorf("opened %t: %d of 20 did not wait: %v", opened, refused, *failures)
				}
				proxy.Heal()
				testserver.Await(t, func(context.Context) error {
					loadWithout(t, c)
					if hooks.Cache.IsUnresponsive(c) {
						return errors.New("its return is not noticed")
					}
					return nil
				})
			})
		}
	}
}

// loadWithout gets or sets a value with a loader, whatever the server does.
func loadWithout(t *testing.T, c *cache.BaseCache) {
	t.Helper()
	got, err := cache.For[string](c).GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "v", nil }, cache.FailOpen)
	if got != "v" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// record returns the errors that the caches of a handler publish, to the goroutine
// that uses them.
func record(h *cache.Handler) *[]error {
	errs := new([]error)
	h.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventError {
			*errs = append(*errs, e.Err)
		}
		return nil
	})
	return errs
}

func countUnavailable(errs []error) int {
	n := 0
	for _, err := range errs {
		if errors.Is(err, cache.ErrUnavailable) {
			n++
		}
	}
	return n
}
