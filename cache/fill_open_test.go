package cache_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

var errRefused = errors.New("connection refused")

func refusing() *fakeBackend {
	return &fakeBackend{opening: func(context.Context, driver.Config) error { return errRefused }}
}

// wantOneLoadForAll has 50 callers ask for a key in a bubble of synctest. They share one run of
// the loader.
func wantOneLoadForAll(t *testing.T, values cache.View[string]) {
	t.Helper()
	var loads atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) {
				loads.Add(1)
				time.Sleep(time.Second) // of the bubble
				return "v", nil
			})
			if got != "v" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads, want 1", n)
	}
}

// With FailOpen a store that cannot be opened loads once for all callers.
func TestFailOpenLoadsOnceForAllWhenTheStoreCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := cache.NewHandler(cache.Settings{"default": {Opener: refusing().opener()}})
		if err != nil {
			t.Fatal(err)
		}
		values := cache.For[string](h.Proxy("default"), cache.FailOpen)
		wantOneLoadForAll(t, values)
	})
}

// FailOpen hides no error of other operations than lookups with a loader.
func TestFailOpenHidesNoErrorOfOtherOperations(t *testing.T) {
	h, err := cache.NewHandler(cache.Settings{"default": {Opener: refusing().opener()}})
	if err != nil {
		t.Fatal(err)
	}
	c := h.Proxy("default")
	ctx := t.Context()
	_, getErr := c.Get(ctx, "k", new(string), cache.FailOpen)
	_, addErr := c.Add(ctx, "k", "v", cache.FailOpen)
	_, touchErr := c.Touch(ctx, "k", cache.FailOpen)
	_, deleteErr := c.Delete(ctx, "k", cache.FailOpen)
	for op, err := range map[string]error{
		"Get": getErr, "Set": c.Set(ctx, "k", "v", cache.FailOpen), "Add": addErr, "Touch": touchErr, "Delete": deleteErr,
	} {
		if !errors.Is(err, cache.ErrOpenFailed) || !errors.Is(err, errRefused) {
			t.Errorf("%s: %v, want the error of opening", op, err)
		}
	}
}

// Open reports every store that cannot be opened.
func TestOpenReportsEveryStoreThatCannotBeOpened(t *testing.T) {
	good, bad := new(fakeBackend), refusing()
	h, err := cache.NewHandler(cache.Settings{
		"default": {Opener: good.opener()},
		"a":       {Opener: bad.opener(), Location: "a"},
		"b":       {Opener: bad.opener(), Location: "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Open(t.Context())
	if !errors.Is(err, cache.ErrOpenFailed) || !errors.Is(err, errRefused) {
		t.Errorf("%v, want the errors of opening", err)
	}
	if good.opens != 1 || bad.opens != 2 {
		t.Errorf("opened %d and %d times, want 1 and 2", good.opens, bad.opens)
	}
	if err := h.Open(t.Context()); err == nil || good.opens != 1 || bad.opens != 4 {
		t.Errorf("again: %v, opened %d and %d times; want what failed to be tried again", err, good.opens, bad.opens)
	}
}

// A mistake in the options of a call opens no store.
func TestAMistakeInTheOptionsOpensNothing(t *testing.T) {
	backend := new(fakeBackend)
	h, err := cache.NewHandler(cache.Settings{"default": {Opener: backend.opener()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Proxy("default").Has(t.Context(), "k", cache.Version(-1)); !errors.Is(err, cache.ErrInvalidVersion) {
		t.Errorf("%v, want ErrInvalidVersion", err)
	}
	if backend.opens != 0 {
		t.Error("the store was opened")
	}
}

// ProxyTo stands for an alias of the default Handler.
func TestProxyToStandsForAnAliasOfTheDefaultHandler(t *testing.T) {
	views := cache.For[string](cache.ProxyTo("sessions"))
	h, err := cache.NewHandler(cache.Settings{
		"default":  {Opener: new(fakeBackend).opener()},
		"sessions": {Opener: new(fakeBackend).opener(), Location: "sessions"},
	})
	if err != nil {
		t.Fatal(err)
	}
	cache.SetDefault(h)
	defer cache.SetDefault(nil)
	if err := views.Set(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	c, err := h.Cache("sessions")
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := cache.For[string](c).Get(t.Context(), "k"); got != "v" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
