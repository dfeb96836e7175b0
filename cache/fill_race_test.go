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

// invalidations are the ways in which a key can be made to hold something
// else, or nothing, at version 1, with what it holds then.
var invalidations = map[string]struct {
	do   func(ctx context.Context, c cache.Cache) error
	want string
}{
	"Delete":     {func(ctx context.Context, c cache.Cache) error { _, err := c.Delete(ctx, "k"); return err }, ""},
	"DeleteMany": {func(ctx context.Context, c cache.Cache) error { return c.DeleteMany(ctx, []string{"a", "k"}) }, ""},
	"Clear":      {func(ctx context.Context, c cache.Cache) error { return c.Clear(ctx) }, ""},
	"Touch(0)": {func(ctx context.Context, c cache.Cache) error {
		_, err := c.Touch(ctx, "k", cache.After(0))
		return err
	}, ""},
	"Set, expired": {func(ctx context.Context, c cache.Cache) error { return c.Set(ctx, "k", "x", cache.After(0)) }, ""},
	"Set":          {func(ctx context.Context, c cache.Cache) error { return c.Set(ctx, "k", "set") }, "set"},
	"SetBytes":     {func(ctx context.Context, c cache.Cache) error { return c.SetBytes(ctx, "k", []byte("set")) }, "bytes"},
	"SetMany": {func(ctx context.Context, c cache.Cache) error {
		_, err := c.SetMany(ctx, map[string]any{"k": "set"})
		return err
	}, "set"},
	"async Set":    {func(ctx context.Context, c cache.Cache) error { return await(ctx, cache.Async(c).Set(ctx, "k", "set")) }, "set"},
	"async Delete": {func(ctx context.Context, c cache.Cache) error { return await(ctx, cache.Async(c).Delete(ctx, "k")) }, ""},
	"moved to here": {func(ctx context.Context, c cache.Cache) error {
		_, err := c.DecrVersion(ctx, "k", 1, cache.Version(2))
		return err
	}, "of version 2"},
}

// holds fails the test unless the key "k" holds want, or nothing.
func holds(t *testing.T, c cache.Cache, want, when string) {
	t.Helper()
	var got any
	found, err := c.Get(t.Context(), "k", &got)
	if b, ok := got.([]byte); ok && string(b) == "set" {
		got = "bytes"
	}
	if found != (want != "") || found && got != want || err != nil {
		t.Errorf("%s: the key holds %v, %v, %v, want %q", when, got, found, err, want)
	}
}

// A key that is deleted, set, cleared or moved during its load is not stored by that load.
func TestAKeyThatIsInvalidatedDuringItsLoadIsNotResurrected(t *testing.T) {
	for name, invalidation := range invalidations {
		for _, store := range []driver.Store{newMapStore(), newAsyncStore()} {
			c := newCache(t, store, cache.Config{})
			mustSet(t, c, "k", "of version 2", cache.Version(2))
			var got any
			outcome, err := c.Fill(t.Context(), "k", &got, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
				return cache.Loaded{Value: "loaded"}, invalidation.do(t.Context(), c)
			}))
			if err != nil || outcome.Stored {
				t.Errorf("%s: Fill = %+v, %v, want it not stored", name, outcome, err)
			}
			holds(t, c, invalidation.want, name+" during the load")
		}
	}
}

// A key that is invalidated while its load is being stored is not left in the store.
func TestAKeyThatIsInvalidatedWhileItsLoadIsStoredIsNotResurrected(t *testing.T) {
	for name, invalidation := range invalidations {
		for _, op := range []string{"Add", "after Add"} {
			synctest.Test(t, func(t *testing.T) {
				s := newMapStore()
				c := newCache(t, pausingStore{s, op}, cache.Config{})
				mustSet(t, c, "k", "of version 2", cache.Version(2))
				done := make(chan struct{})
				go func() {
					defer close(done)
					if _, err := c.Fill(t.Context(), "k", new(any), returning(cache.Loaded{Value: "loaded"})); err != nil {
						t.Errorf("Fill: %v", err)
					}
				}()
				synctest.Wait() // until the store pauses
				if err := invalidation.do(t.Context(), c); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				<-done
				holds(t, c, invalidation.want, name+" at "+op)
			})
		}
	}
}

// pausingStore takes loadTime to add, before it does or after.
type pausingStore struct {
	*mapStore
	when string
}

func (s pausingStore) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if s.when == "Add" {
		time.Sleep(loadTime)
	}
	head, added, err := s.mapStore.Add(ctx, key, value, ttl)
	if s.when == "after Add" {
		time.Sleep(loadTime)
	}
	return head, added, err
}

// A key that IncrVersion moves away during its load is not stored by that load.
func TestAKeyThatIsMovedAwayDuringItsLoadIsNotResurrected(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{})
	_, err := c.Fill(t.Context(), "k", new(any), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		s.plant(":1:k", []byte("7")) // by another process
		_, err := c.IncrVersion(t.Context(), "k", 1)
		return cache.Loaded{Value: "loaded"}, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, c, "", "IncrVersion")
}

// A deletion that may not wait for a load being stored returns an error.
func TestADeletionThatMayNotWaitSaysThatItFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, pausingStore{newMapStore(), "Add"}, cache.Config{})
		go func() { _, _ = c.Fill(t.Context(), "k", new(any), returning(cache.Loaded{Value: 1})) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), loadTime/2)
		defer cancel()
		if _, err := c.Delete(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Delete: %v, want the context's error", err)
		}
		time.Sleep(loadTime)
	})
}

// A caller that comes after an invalidation does not join the load from before it.
func TestACallerAfterAnInvalidationDoesNotJoinTheOldLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		texts := cache.For[string](c)
		var runs atomic.Int32
		var wg sync.WaitGroup
		wg.Go(func() {
			if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "old")); got != "old" || err != nil {
				t.Errorf("the first GetOrSet = %q, %v", got, err)
			}
		})
		time.Sleep(loadTime / 2) // so that the loads end one after the other
		if _, err := c.Delete(t.Context(), "k"); err != nil {
			t.Error(err)
		}
		if got, err := texts.GetOrSet(t.Context(), "k", slowly(&runs, "new")); got != "new" || err != nil {
			t.Errorf("GetOrSet = %q, %v, want a load of its own", got, err)
		}
		wg.Wait()
		holds(t, c, "new", "after both loads")
	})
}

// A caller that comes during an invalidation does not undo it.
func TestACallerDuringAnInvalidationDoesNotUndoIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, pausingStore{newMapStore(), "Add"}, cache.Config{})
		texts := cache.For[string](c)
		var wg sync.WaitGroup
		load := func(value string) {
			wg.Go(func() {
				// While Delete runs, the old value may still be read.
				if _, err := texts.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return value, nil }); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		load("old") // it is being stored now
		wg.Go(func() {
			if _, err := c.Delete(t.Context(), "k"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		load("new") // it waits for the old one to be stored
		wg.Wait()
		var got string
		if _, err := c.Get(t.Context(), "k", &got); got == "old" || err != nil {
			t.Errorf("Get = %q, %v, want the old value gone", got, err)
		}
	})
}

// A value that another process has stored meanwhile is returned to all callers.
func TestTheValueOfAnotherProcessWinsForEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMapStore()
		c, other := newCache(t, s, cache.Config{}), newCache(t, s, cache.Config{})
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				var got string
				outcome, err := c.Fill(t.Context(), "k", &got, afterLoadTime(cache.Loaded{Value: "ours"}))
				if want := (cache.Outcome{Hit: true, Collapsed: i > 0}); got != "theirs" || err != nil || outcome != want {
					t.Errorf("caller %d: Fill = %q, %+v, %v, want theirs, %+v", i, got, outcome, err, want)
				}
			})
			synctest.Wait()
		}
		mustSet(t, other, "k", "theirs")
		wg.Wait()
		holds(t, c, "theirs", "afterwards")
	})
}

// The loaded value is returned if that of the winning process is gone again.
func TestTheLoadedValueIsReturnedIfTheWinnersIsGoneAgain(t *testing.T) {
	s := newMapStore()
	gone := headless{s, func() { _, _, _ = s.Delete(t.Context(), []byte(":1:k")) }}
	c := newCache(t, addFails{gone}, cache.Config{})
	var got string
	outcome, err := c.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "ours"}))
	if got != "ours" || err != nil || outcome != (cache.Outcome{}) {
		t.Errorf("Fill = %q, %+v, %v, want ours, not stored", got, outcome, err)
	}
}

// addFails is a store in which another process is always first to add, and
// then deletes.
type addFails struct{ headless }

func (s addFails) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	_, _, err := s.headless.Add(ctx, key, value, ttl)
	return nil, false, err
}

// A winning value of another type is ErrWrongType, and stays.
func TestAWinnerOfAnotherTypeIsWrongTypeAndStays(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{})
	_, err := cache.For[user](c).GetOrSet(t.Context(), "k", func(context.Context) (user, error) {
		s.plant(":1:k", []byte("7"))
		return user{}, nil
	})
	if !errors.Is(err, cache.ErrWrongType) {
		t.Errorf("GetOrSet: %v, want ErrWrongType", err)
	}
	if raw := s.raw(":1:k"); string(raw) != "7" {
		t.Errorf("the entry is %q, want the other's", raw)
	}
}
