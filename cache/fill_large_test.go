package cache_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/internal/fill"
)

// A value that is too large for the backend is logged at a bounded rate. GetOrSet returns it
// without an error, so the log is where that is seen.
func TestAValueThatIsTooLargeIsSaidInTheLogAtABoundedRate(t *testing.T) {
	s := newMapStore()
	s.hook = func(_ context.Context, op, _ string) error {
		if op == "Add" {
			return cache.ErrTooLarge
		}
		return nil
	}
	var log bytes.Buffer
	clock := cachetest.NewClock()
	c := newCache(t, s, cache.Config{}, cache.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), cache.WithClock(clock))
	for range 2 {
		for range 20 {
			got, err := cache.For[string](c).GetOrSet(t.Context(), "report", func(context.Context) (string, error) { return "large", nil })
			if got != "large" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
		}
		clock.Advance(10 * time.Second)
	}
	if n := strings.Count(log.String(), "too large for the cache"); n != 2 || !strings.Contains(log.String(), "key=report") {
		t.Errorf("40 loads in 20 s made %d lines:\n%s", n, log.String())
	}
	watched := &observed{}
	if _, err := c.Fill(t.Context(), "k", new(string), watched); err != nil || !errors.Is(watched.err, cache.ErrTooLarge) {
		t.Errorf("the loader is told %v; %v", watched.err, err)
	}
	if strings.Contains(log.String(), "key=k") {
		t.Error("the log says what the loader is told")
	}
	s.hook = nil
	if _, err := c.Fill(t.Context(), "k", new(string), watched); err != nil || watched.err != nil || watched.calls != 2 {
		t.Errorf("the loader is told %v, %d times; %v", watched.err, watched.calls, err)
	}
}

// Committed is called only for a value that was stored.
func TestCommittedIsCalledOnlyForAStoredValue(t *testing.T) {
	for name, test := range map[string]struct {
		during func(c *cache.BaseCache, s *mapStore, ctx context.Context) error
		want   int
	}{
		"stored": {func(*cache.BaseCache, *mapStore, context.Context) error { return nil }, 1},
		"deleted meanwhile": {func(c *cache.BaseCache, _ *mapStore, ctx context.Context) error {
			_, err := c.Delete(ctx, "k")
			return err
		}, 0},
		"set meanwhile": {func(c *cache.BaseCache, _ *mapStore, ctx context.Context) error { return c.Set(ctx, "k", "newer") }, 1},
		"stored by another": {func(_ *cache.BaseCache, s *mapStore, ctx context.Context) error {
			return newCache(t, s, cache.Config{}).Set(ctx, "k", "other")
		}, 1},
	} {
		s := newMapStore()
		c := newCache(t, s, cache.Config{})
		watched := &observed{during: func(ctx context.Context) error { return test.during(c, s, ctx) }}
		if _, err := c.Fill(t.Context(), "k", new(string), watched); err != nil || watched.err != nil || watched.calls != test.want {
			t.Errorf("%s: the loader is told %v, %d times; %v", name, watched.err, watched.calls, err)
		}
	}
}

// observed is a loader that is told what became of its value.
type observed struct {
	during func(context.Context) error
	calls  int
	err    error
}

var _ fill.StoreObserver = (*observed)(nil)

func (o *observed) Load(ctx context.Context) (l cache.Loaded, err error) {
	if o.during != nil {
		err = o.during(ctx)
	}
	return cache.Loaded{Value: "v"}, err
}

func (o *observed) Committed(_ context.Context, err error) { o.calls, o.err = o.calls+1, err }
