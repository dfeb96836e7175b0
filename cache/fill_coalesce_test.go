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
	"github.com/larder-go/larder/cache/codec"
)

// Loads of these tests take loadTime, in the time of a synctest bubble.
const loadTime = time.Second

// slowly returns a function that loads value in loadTime, or ends with its
// context, and counts its runs.
func slowly[T any](runs *atomic.Int32, value T) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		runs.Add(1)
		select {
		case <-time.After(loadTime):
			return value, nil
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		}
	}
}

// returning is a loader that returns l.
func returning(l cache.Loaded) cache.Loader {
	return cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return l, nil })
}

// afterLoadTime is a loader that returns l, in loadTime.
func afterLoadTime(l cache.Loaded) cache.Loader {
	return cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		time.Sleep(loadTime)
		return l, nil
	})
}

// Concurrent callers of GetOrSet in one process run one load.
// Django, get_or_set
func TestConcurrentCallersRunOneLoad(t *testing.T) {
	for _, callers := range []int{64, 10_000} {
		synctest.Test(t, func(t *testing.T) {
			users := cache.For[user](newCache(t, newMapStore(), cache.Config{}))
			var runs atomic.Int32
			load := slowly(&runs, user{Name: "a"})
			begin := time.Now()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					if got, err := users.GetOrSet(t.Context(), "k", load); got.Name != "a" || err != nil {
						t.Errorf("GetOrSet = %v, %v, want what was loaded", got, err)
					}
				})
			}
			wg.Wait()
			if n, took := runs.Load(), time.Since(begin); n != 1 || took != loadTime {
				t.Errorf("%d callers ran %d loads and took %v, want one load and its time", callers, n, took)
			}
			if got, err := users.GetOrSet(t.Context(), "k", load); got.Name != "a" || err != nil || runs.Load() != 1 {
				t.Errorf("GetOrSet = %v, %v after %d loads, want a hit", got, err, runs.Load())
			}
		})
	}
}

// Each caller of a shared load obeys its own context.
func TestEachCallerObeysItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := cache.For[string](newCache(t, newMapStore(), cache.Config{}))
		var runs atomic.Int32
		load := slowly(&runs, "value")
		var wg sync.WaitGroup
		for i, test := range []struct {
			serverTimeout time.Duration
			want          error
		}{
			{loadTime / 4, context.DeadlineExceeded}, // the one who starts the load
			{loadTime / 2, context.DeadlineExceeded},
			{2 * loadTime, nil},
			{3 * loadTime, nil},
		} {
			begin := time.Now()
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), test.serverTimeout)
				defer cancel()
				got, err := texts.GetOrSet(ctx, "k", load)
				if !errors.Is(err, test.want) || test.want == nil && (err != nil || got != "value") {
					t.Errorf("caller %d: GetOrSet = %q, %v, want error %v", i, got, err, test.want)
				}
				if took := time.Since(begin); took != min(test.serverTimeout, loadTime) {
					t.Errorf("caller %d waited %v", i, took)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("%d loads, want 1: the first caller's leaving must not hurt the others", n)
		}
	})
}

// A load is cancelled when its last caller has left, and not before.
func TestTheLastCallerToLeaveEndsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		texts := cache.For[string](newCache(t, s, cache.Config{}))
		ctx, cancel := context.WithCancel(t.Context())
		var ended time.Duration
		begin := time.Now()
		load := func(ctx context.Context) (string, error) {
			<-ctx.Done()
			ended = time.Since(begin)
			return "half a value", nil // as one that does not look at its context
		}
		for range 3 {
			go func() {
				if _, err := texts.GetOrSet(ctx, "k", load); !errors.Is(err, context.Canceled) {
					t.Errorf("GetOrSet: %v, want the context's error", err)
				}
			}()
		}
		synctest.Wait()
		time.Sleep(loadTime)
		cancel()
		synctest.Wait()
		if ended != loadTime {
			t.Errorf("the load's context ended after %v, want %v", ended, loadTime)
		}
		if raw := s.raw(":1:k"); raw != nil {
			t.Errorf("%q was stored", raw)
		}
		var runs atomic.Int32
		if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "value")); got != "value" || err != nil {
			t.Errorf("the next GetOrSet = %q, %v, want a load of its own", got, err)
		}
	})
}

// A caller whose context has ended starts no load.
func TestACallerWhoseContextHasEndedStartsNothing(t *testing.T) {
	texts := cache.For[string](newCache(t, newMapStore(), cache.Config{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var runs atomic.Int32
	for _, opts := range [][]cache.Option{nil, {cache.FailOpen}} {
		if _, err := texts.GetOrSet(ctx, "k", slowly(&runs, "value"), opts...); !errors.Is(err, context.Canceled) || runs.Load() != 0 {
			t.Errorf("GetOrSet: %v after %d loads, want the context's error and no load", err, runs.Load())
		}
	}
}

// The caller whose loader ran gets the value itself, and the others copies.
func TestTheLoadingCallerGetsItsOwnValueAndTheOthersCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		loaded := &user{Name: "a", Tags: []string{"x"}}
		var runs atomic.Int32
		load := slowly(&runs, loaded)
		got := make([]*user, 4)
		outcomes := make([]cache.Outcome, len(got))
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				var err error
				outcomes[i], err = c.Fill(t.Context(), "k", &got[i], cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
					u, err := load(ctx)
					return cache.Loaded{Value: u}, err
				}))
				if err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // so that the first one loads
		}
		wg.Wait()
		for i, u := range got {
			if (u == loaded) != (i == 0) {
				t.Errorf("caller %d got %p, and %p was loaded", i, u, loaded)
			}
			if want := (cache.Outcome{Stored: true, Collapsed: i > 0}); outcomes[i] != want {
				t.Errorf("caller %d: %+v, want %+v", i, outcomes[i], want)
			}
			u.Tags[0] = "spoilt"
			for _, other := range got[i+1:] {
				if other.Tags[0] != "x" {
					t.Errorf("callers %d and another share memory", i)
				}
			}
		}
		var cached *user
		if outcome, err := c.Fill(t.Context(), "k", &cached, nil); err == nil {
			t.Errorf("Fill without a loader = %+v", outcome)
		}
		if _, err := c.Get(t.Context(), "k", &cached); err != nil || cached.Tags[0] != "x" {
			t.Errorf("Get = %+v, %v, want the value unspoilt", cached, err)
		}
	})
}

// Each waiting caller reads the loaded value as its own type.
func TestEachWaitingCallerReadsTheValueAsItsOwnType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		load := afterLoadTime(cache.Loaded{Value: user{Name: "a"}})
		var wg sync.WaitGroup
		fill := func(dst any, want error) {
			wg.Go(func() {
				if _, err := c.Fill(t.Context(), "k", dst, load); !errors.Is(err, want) {
					t.Errorf("Fill into %T: %v, want %v", dst, err, want)
				}
			})
			synctest.Wait()
		}
		var own user
		var fields map[string]any
		fill(&own, nil)
		fill(&fields, nil)
		fill(new(order), cache.ErrWrongType)
		wg.Wait()
		if own.Name != "a" || fields["Name"] != "a" {
			t.Errorf("got %v and %v, want the user in both", own, fields)
		}
	})
}

// A caller of another type loads for itself if another type is a miss.
func TestACallerOfAnotherTypeLoadsAloneIfThatIsAMiss(t *testing.T) {
	for name, cfg := range map[string]cache.Config{
		"OnWrongType": {OnWrongType: cache.MissOnError},
		"OnError":     {OnError: cache.MissOnError},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, newMapStore(), cfg, discardLog())
			var callers sync.WaitGroup
			fill := func(dst, value any) {
				callers.Go(func() {
					if _, err := c.Fill(t.Context(), "k", dst, afterLoadTime(cache.Loaded{Value: value})); err != nil {
						t.Errorf("%s: Fill into %T: %v", name, dst, err)
					}
				})
				synctest.Wait()
			}
			var first user
			var second order
			fill(&first, user{Name: "a"})
			fill(&second, order{Name: "b"})
			callers.Wait()
			if first.Name != "a" || second.Name != "b" {
				t.Errorf("%s: got %v and %v, want each its own", name, first, second)
			}
		})
	}
}

// A caller that missed before a load was stored does not start a second one.
func TestALateCallerStartsNoSecondLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		released := make(chan struct{})
		type late struct{}
		store := lateStore{s, func(ctx context.Context) {
			if ctx.Value(late{}) != nil {
				<-released
			}
		}}
		texts := cache.For[string](newCache(t, store, cache.Config{}))
		var runs atomic.Int32
		lateCtx := context.WithValue(t.Context(), late{}, true)
		done := make(chan struct{})
		go func() {
			defer close(done)
			// It misses before the other's load, and asks for a flight after.
			got, err := texts.GetOrSet(lateCtx, "k", slowly(&runs, "second"))
			if got != "first" || err != nil {
				t.Errorf("the late GetOrSet = %q, %v, want the first's value", got, err)
			}
		}()
		synctest.Wait()
		if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "first")); got != "first" || err != nil {
			t.Errorf("GetOrSet = %q, %v", got, err)
		}
		close(released)
		<-done
		if n := runs.Load(); n != 1 {
			t.Errorf("%d loads, want 1", n)
		}
	})
}

// lateStore calls afterGet when a Get has missed, before it returns.
type lateStore struct {
	*mapStore
	afterGet func(ctx context.Context)
}

func (s lateStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, err := s.mapStore.Get(ctx, key)
	if err != nil {
		s.afterGet(ctx)
	}
	return value, err
}

// A caller with another codec loads for itself.
func TestACallerWithAnotherCodecLoadsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type document struct{ Text string }
		c := newCache(t, newMapStore(), cache.Config{})
		var all sync.WaitGroup
		for _, opts := range [][]cache.Option{nil, {cache.Using(codec.JSON)}} {
			all.Go(func() {
				got, err := cache.For[document](c).GetOrSet(t.Context(), "k", func(context.Context) (document, error) {
					time.Sleep(time.Second) // of the bubble
					return document{"loaded"}, nil
				}, opts...)
				if got.Text != "loaded" || err != nil {
					t.Errorf("%v, %v", got, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
	})
}

// The options of a view apply to all of its operations.
func TestAViewsOptionsHoldForAllItsOperations(t *testing.T) {
	second := cache.For[string](newCache(t, newMapStore(), cache.Config{}), cache.Version(2))
	ctx := t.Context()
	if err := second.Set(ctx, "k", "v"); err != nil {
		t.Fatal(err)
	}
	if there, err := second.Has(ctx, "k"); !there || err != nil {
		t.Errorf("Has: %v, %v", there, err)
	}
	if touched, err := second.Touch(ctx, "k"); !touched || err != nil {
		t.Errorf("Touch: %v, %v", touched, err)
	}
	if deleted, err := second.Delete(ctx, "k"); !deleted || err != nil {
		t.Errorf("Delete: %v, %v", deleted, err)
	}
	if err := errors.Join(second.Set(ctx, "k", "v"), second.DeleteMany(ctx, []string{"k"})); err != nil {
		t.Fatal(err)
	}
	if there, err := second.Has(ctx, "k"); there || err != nil {
		t.Errorf("after DeleteMany: %v, %v", there, err)
	}
}
