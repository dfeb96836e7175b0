package cache_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
)

type ctxKey struct{}

// A load has the values of its first caller's context, a scope of its own, and no deadline of one
// caller.
func TestTheContextOfALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := storesOf(t, "default", "other")
		closes := countCloses(h)
		deadline, cancel := context.WithTimeout(context.WithValue(t.Context(), ctxKey{}, "value"), time.Minute)
		defer cancel()
		scope := h.Scope(deadline)
		var inner *cache.BaseCache
		_, err := cache.For[string](cache.From(scope, "default")).GetOrSet(scope, "k", func(ctx context.Context) (string, error) {
			if v := ctx.Value(ctxKey{}); v != "value" {
				t.Errorf("the context's value is %v, want the caller's", v)
			}
			if d, ok := ctx.Deadline(); ok {
				t.Errorf("the context has the deadline %v", d)
			}
			inner = cache.From(ctx, "other")
			if inner != cache.From(ctx, "other") {
				t.Error("the load has no scope")
			}
			return "value", inner.Set(ctx, "k", 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if inner == cache.From(scope, "other") {
			t.Error("the load had its caller's scope, which may end before it")
		}
		// The load's scope has ended, with the cache that it used; the caller's
		// has not.
		wantCloses(t, closes, map[string]int{"other": 1})
	})
}

// The scope of a load is closed however the load ends.
func TestTheScopeOfALoadEndsHoweverItEnds(t *testing.T) {
	for name, end := range loadEnds {
		h, _ := storesOf(t, "default")
		closes := countCloses(h)
		scope := h.Scope(t.Context())
		_, _ = cache.For[string](cache.From(scope, "default")).GetOrSet(scope, "k", func(ctx context.Context) (string, error) {
			if _, err := cache.From(ctx, "default").Has(ctx, "other"); err != nil {
				t.Error(err)
			}
			return "", end.end()
		})
		t.Log(name)
		wantCloses(t, closes, map[string]int{"default": 1})
	}
}

// A load whose caller has no scope has none.
func TestALoadWithoutAScopeHasNone(t *testing.T) {
	h, _ := storesOf(t, "default")
	closes := countCloses(h)
	c := mustCache(t, h, "default")
	if _, err := cache.For[string](c).GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "", nil }); err != nil {
		t.Fatal(err)
	}
	wantCloses(t, closes, nil)
}

// A load that starts a deletion of its own key does not deadlock.
func TestALoadThatStartsADeletionOfItsOwnKeyDoesNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, stores := storesOf(t, "default")
		scope := h.Scope(t.Context())
		got, err := cache.For[string](cache.From(scope, "default")).GetOrSet(scope, "k", func(ctx context.Context) (string, error) {
			cache.Async(cache.From(ctx, "default")).Delete(ctx, "k")
			return "value", nil
		})
		if got != "value" || err != nil {
			t.Errorf("GetOrSet = %q, %v, want what was loaded", got, err)
		}
		if raw := stores["default"].raw(":1:k"); raw != nil {
			t.Errorf("the deleted key holds %q", raw)
		}
	})
}

var errLoad = errors.New("the database is down")

// loadEnds are the ways in which a load fails, with what its callers get.
var loadEnds = map[string]struct {
	end   func() error
	wants func(err error) bool
}{
	"an error": {
		func() error { return errLoad },
		func(err error) bool { return errors.Is(err, errLoad) },
	},
	"a panic": {
		func() error { panic("bug") },
		func(err error) bool {
			var p *cache.PanicError
			return errors.As(err, &p) && p.Value == "bug" && len(p.Stack) > 0
		},
	},
	"a panic with an error": {
		func() error { panic(errLoad) },
		func(err error) bool { return errors.Is(err, errLoad) },
	},
	"Goexit": {
		func() error { runtime.Goexit(); return nil },
		func(err error) bool { return errors.Is(err, cache.ErrGoexit) },
	},
}

// When a load fails by error, panic or Goexit, all callers hear of it and nothing is stored.
func TestHoweverALoadFailsEveryoneHearsOfItAndNothingIsStored(t *testing.T) {
	for name, end := range loadEnds {
		synctest.Test(t, func(t *testing.T) {
			s := newMapStore()
			c := newCache(t, s, cache.Config{})
			load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
				time.Sleep(loadTime)
				return cache.Loaded{Value: "half"}, end.end()
			})
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					dst := "before"
					outcome, err := c.Fill(t.Context(), "k", &dst, load)
					var wrapped *cache.Error
					if !end.wants(err) || !errors.As(err, &wrapped) || wrapped.Op != "Fill" || wrapped.Key != "k" {
						t.Errorf("%s: Fill: %v, want it as an *Error", name, err)
					}
					if dst != "before" || outcome.Stored || outcome.Hit {
						t.Errorf("%s: Fill set %q, %+v", name, dst, outcome)
					}
				})
			}
			wg.Wait()
			if raw := s.raw(":1:k"); raw != nil {
				t.Errorf("%s: %q was stored", name, raw)
			}
		})
	}
}

// A load that requests its own key gets ErrRecursive.
func TestALoadThatAsksForItsOwnKeyIsRecursive(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	texts := cache.For[string](c)
	_, err := texts.GetOrSet(t.Context(), "k", func(ctx context.Context) (string, error) {
		return texts.GetOrSet(ctx, "other", func(ctx context.Context) (string, error) {
			return texts.GetOrSet(ctx, "k", func(context.Context) (string, error) { return "", nil })
		})
	})
	if !errors.Is(err, cache.ErrRecursive) {
		t.Errorf("GetOrSet: %v, want ErrRecursive", err)
	}
	got, err := texts.GetOrSet(t.Context(), "k", func(ctx context.Context) (string, error) {
		return texts.GetOrSet(ctx, "k", func(context.Context) (string, error) { return "of version 2", nil }, cache.Version(2))
	})
	if got != "of version 2" || err != nil {
		t.Errorf("GetOrSet = %q, %v: another version is another key", got, err)
	}
}

// A hit runs no loader, a cached nil included.
// Django, get_or_set
func TestAHitRunsNoLoader(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	for _, value := range []any{"text", nil, 0, []byte{}} {
		mustSet(t, c, "k", value)
		var dst any
		outcome, err := c.Fill(t.Context(), "k", &dst, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
			t.Error("the loader ran")
			return cache.Loaded{}, nil
		}))
		if outcome != (cache.Outcome{Hit: true}) || err != nil {
			t.Errorf("Fill = %+v, %v, want a hit", outcome, err)
		}
	}
}

// Fill without a loader is ErrNilLoader, even for a hit.
func TestFillWithoutALoaderIsAnErrorEvenForAHit(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	mustSet(t, c, "k", "value")
	if _, err := c.Fill(t.Context(), "k", new(string), nil); !errors.Is(err, cache.ErrNilLoader) {
		t.Errorf("Fill: %v, want ErrNilLoader", err)
	}
}

// A loaded value that cannot be encoded is ErrUnencodable.
func TestAValueThatCannotBeEncodedIsTheErrorOfTheLoad(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	if _, err := c.Fill(t.Context(), "k", new(any), returning(cache.Loaded{Value: func() {}})); !errors.Is(err, cache.ErrUnencodable) {
		t.Errorf("Fill: %v, want ErrUnencodable", err)
	}
}

// A private value goes to its caller only, and the others load for themselves at the same time.
func TestAPrivateValueIsForItsCallerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		c := newCache(t, s, cache.Config{})
		load := afterLoadTime(cache.Loaded{Value: "secret", Private: true})
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				var got string
				outcome, err := c.Fill(t.Context(), "k", &got, load)
				switch {
				case i == 0 && (got != "secret" || err != nil || outcome != cache.Outcome{}):
					t.Errorf("its caller got %q, %+v, %v", got, outcome, err)
				case i > 0 && (got != "" || !errors.Is(err, cache.ErrNotShared)):
					t.Errorf("another caller got %q, %v, want ErrNotShared", got, err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if took := time.Since(begin); took != loadTime {
			t.Errorf("the callers waited %v, in a row", took)
		}
		if raw := s.raw(":1:k"); raw != nil {
			t.Errorf("%q was stored", raw)
		}
	})
}

// A load that releases its callers goes on for its own.
func TestALoadThatReleasesItsCallersGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		c := newCache(t, s, cache.Config{})
		begin := time.Now()
		var ended time.Duration
		load := cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
			time.Sleep(loadTime)
			hooks.Cache.RunFrom(ctx).Release()
			time.Sleep(loadTime)
			ended = time.Since(begin)
			return cache.Loaded{Value: user{}}, ctx.Err()
		})
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				dst := &user{}
				_, err := c.Fill(t.Context(), "k", &dst, load)
				if i == 0 && (dst != nil || err != nil) || i > 0 && !errors.Is(err, cache.ErrNotShared) {
					t.Errorf("caller %d got %v, %v", i, dst, err)
				}
				if took := time.Since(begin); took != loadTime {
					t.Errorf("caller %d waited %v", i, took)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		time.Sleep(loadTime)
		synctest.Wait()
		if ended != 2*loadTime {
			t.Errorf("the load ended after %v, want %v", ended, 2*loadTime)
		}
		if raw := s.raw(":1:k"); raw != nil {
			t.Errorf("%q was stored", raw)
		}
		hooks.Cache.RunFrom(t.Context()).Release() // outside of a load: nothing
	})
}
