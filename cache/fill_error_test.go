package cache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/signals"
)

// A backend error is no miss: GetOrSet returns it, and runs no loader.
func TestABackendErrorIsNoMissAndStartsNoStampede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		s.hook = failing("Get", errBackend)
		texts := cache.For[string](newCache(t, s, cache.Config{}))
		var runs atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "value")); !errors.Is(err, errBackend) {
					t.Errorf("GetOrSet: %v, want the backend's error", err)
				}
			})
		}
		wg.Wait()
		if n := runs.Load(); n != 0 {
			t.Errorf("%d loads, want none", n)
		}
	})
}

// With FailOpen a backend error loads once for all callers, and stores nothing.
func TestFailOpenLoadsOnceForAllAndStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		s.hook = failing("Get", errBackend)
		events := new(signals.Signal[cache.Event])
		log := record(events)
		c := newCache(t, s, cache.Config{}, cache.WithEvents(events))
		var runs atomic.Int32
		load := slowly(&runs, "value")
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				var got string
				outcome, err := c.Fill(t.Context(), "k", &got, cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
					value, err := load(ctx)
					return cache.Loaded{Value: value}, err
				}), cache.FailOpen)
				if got != "value" || err != nil || outcome.Stored || outcome.Collapsed != (i > 0) || !errors.Is(outcome.Err, errBackend) {
					t.Errorf("caller %d: Fill = %q, %+v, %v, want the value and the backend's error in the outcome", i, got, outcome, err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("%d loads, want 1", n)
		}
		if n := s.count("Add") + s.count("Set"); n != 0 {
			t.Errorf("%d calls to store the value, want none", n)
		}
		if got := strings.Count(strings.Join(log.take(), "\n"), "error Fill k"); got != 5 {
			t.Errorf("%d error events, want one for each caller", got)
		}
	})
}

// With FailOpen a private value is returned with the backend's error in the outcome.
func TestFailOpenHandsOnAPrivateValueWithTheError(t *testing.T) {
	s := newMapStore()
	s.hook = failing("Get", errBackend)
	c := newCache(t, s, cache.Config{})
	var got string
	outcome, err := c.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "secret", Private: true}), cache.FailOpen)
	if got != "secret" || err != nil || !errors.Is(outcome.Err, errBackend) {
		t.Errorf("Fill = %q, %+v, %v, want the value and the backend's error in the outcome", got, outcome, err)
	}
}

// FailOpen does not hide mistakes of the caller.
func TestFailOpenDoesNotHideTheCallersMistakes(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		t.Error("the loader ran")
		return cache.Loaded{}, nil
	})
	mustSet(t, c, "k", "text")
	if _, err := c.Fill(t.Context(), "k", new(int), load, cache.FailOpen); !errors.Is(err, cache.ErrWrongType) {
		t.Errorf("Fill: %v, want ErrWrongType", err)
	}
	mustSet(t, c, "k", nil)
	if _, err := c.Fill(t.Context(), "k", new(int), load, cache.FailOpen); !errors.Is(err, cache.ErrNilValue) {
		t.Errorf("Fill: %v, want ErrNilValue", err)
	}
	if _, err := c.Fill(t.Context(), "k", new(any), load, cache.FailOpen, cache.Version(-1)); !errors.Is(err, cache.ErrInvalidVersion) {
		t.Errorf("Fill: %v, want ErrInvalidVersion", err)
	}
}

// An error of storing a loaded value is returned together with the value.
func TestAnErrorOfStoringIsReturnedWithTheValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		s.hook = failing("Add", errBackend)
		texts := cache.For[string](newCache(t, s, cache.Config{}))
		var runs atomic.Int32
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "value")); got != "value" || !errors.Is(err, errBackend) {
					t.Errorf("GetOrSet = %q, %v, want the value and the backend's error", got, err)
				}
			})
		}
		wg.Wait()
		if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "value"), cache.FailOpen); got != "value" || err != nil {
			t.Errorf("GetOrSet with FailOpen = %q, %v, want the value", got, err)
		}
	})
}

// A loaded value that the backend refuses is returned, and the refusal is reported.
func TestAValueThatTheBackendRefusesIsReturnedAndReported(t *testing.T) {
	for name, build := range map[string]func(opts ...cache.HandlerOption) *cache.BaseCache{
		"refused by the store": func(opts ...cache.HandlerOption) *cache.BaseCache {
			s := newMapStore()
			s.hook = failing("Add", driver.ErrTooLarge)
			return newCache(t, s, cache.Config{}, opts...)
		},
		"over the bound of decompression": func(opts ...cache.HandlerOption) *cache.BaseCache {
			return newCache(t, newMapStore(), cache.Config{Compression: codec.S2, CompressMin: 1, MaxDecompressed: 4}, opts...)
		},
	} {
		events := new(signals.Signal[cache.Event])
		c := build(cache.WithEvents(events))
		log := record(events)
		var got string
		outcome, err := c.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "value"}))
		if got != "value" || err != nil || outcome.Stored || !errors.Is(outcome.Err, cache.ErrTooLarge) {
			t.Errorf("%s: Fill = %q, %+v, %v, want the value, and ErrTooLarge in the outcome", name, got, outcome, err)
		}
		if events := strings.Join(log.take(), ", "); events != "miss Fill k, load Fill k, error Fill k" {
			t.Errorf("%s: published %s", name, events)
		}
	}
}

// A loaded value is returned even if the value of the winning process cannot be read.
func TestAnErrorOfLookingForTheWinnerDoesNotLoseTheValue(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{})
	var got string
	outcome, err := c.Fill(t.Context(), "k", &got, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		s.plant(":1:k", []byte("7"))
		s.hook = failing("Get", errBackend)
		return cache.Loaded{Value: "ours"}, nil
	}))
	if got != "ours" || err != nil || outcome.Stored {
		t.Errorf("Fill = %q, %+v, %v, want ours, not stored", got, outcome, err)
	}
}
