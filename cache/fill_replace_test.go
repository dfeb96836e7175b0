package cache_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

type replacerStore struct {
	*mapStore
	withReplacer
}

// An unreadable entry is replaced by a load if it has not changed.
func TestAnEntryThatCannotBeReadIsReplacedIfItHasNotChanged(t *testing.T) {
	s := newMapStore()
	c := newCache(t, replacerStore{s, withReplacer{s}}, cache.Config{}, quiet)
	s.plant(":1:k", []byte("foreign"))
	var got string
	outcome, err := c.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "ours"}))
	if got != "ours" || err != nil || outcome != (cache.Outcome{Stored: true}) {
		t.Errorf("Fill = %q, %+v, %v, want ours, stored", got, outcome, err)
	}
	if s.count("Replace") != 2 || s.count("Set") != 0 { // by a lease, and that by the value
		t.Errorf("calls %v, want two Replaces and no Set", s.calls)
	}

	s.plant(":1:k", []byte("foreign"))
	outcome, err = c.Fill(t.Context(), "k", &got, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		s.plant(":1:k", []byte("foreign too"))
		return cache.Loaded{Value: "ours"}, nil
	}))
	if got != "ours" || err != nil || outcome.Stored {
		t.Errorf("Fill = %q, %+v, %v, want ours, not stored", got, outcome, err)
	}

	outcome, err = c.Fill(t.Context(), "k", new(any), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		s.plant(":1:k", []byte("7"))
		return cache.Loaded{Value: "ours"}, nil
	}))
	if err != nil || outcome != (cache.Outcome{Hit: true}) {
		t.Errorf("Fill = %+v, %v, want the other's value", outcome, err)
	}
}

// An unreadable entry is overwritten where the store cannot compare.
func TestAnUnreadableEntryIsSetAgainIfTheStoreCannotCompare(t *testing.T) {
	for name, spoil := range map[string]func(s *mapStore){
		"foreign": func(s *mapStore) { s.plant(":1:k", []byte("foreign")) },
		"damaged": func(s *mapStore) {
			s.plant(":1:k", []byte("7"))
			s.hook = func(_ context.Context, op, _ string) error {
				if op == "Get" && s.count("Set") == 0 {
					return driver.ErrCorrupt
				}
				return nil
			}
		},
	} {
		for _, able := range []bool{false, true} {
			s := newMapStore()
			var store driver.Store = s
			if able {
				store = replacerStore{s, withReplacer{s}}
			}
			if able && name == "foreign" {
				continue // it is replaced
			}
			c := newCache(t, store, cache.Config{}, quiet)
			spoil(s)
			var got string
			for i := range 2 {
				outcome, err := c.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "ours"}))
				if want := (cache.Outcome{Stored: i == 0, Hit: i > 0}); got != "ours" || err != nil || outcome != want {
					t.Errorf("%s: Fill = %q, %+v, %v, want %+v", name, got, outcome, err, want)
				}
			}
			if s.count("Set") != 1 {
				t.Errorf("%s: calls %v, want one Set", name, s.calls)
			}
		}
	}
}

// An unreadable entry that was deleted meanwhile is not stored.
func TestADeletedEntryThatCouldNotBeReadIsNotReplaced(t *testing.T) {
	for _, able := range []bool{false, true} {
		s := newMapStore()
		var store driver.Store = s
		if able {
			store = replacerStore{s, withReplacer{s}}
		}
		c := newCache(t, store, cache.Config{}, quiet)
		s.plant(":1:k", []byte("foreign"))
		_, err := c.Fill(t.Context(), "k", new(any), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
			_, err := c.Delete(t.Context(), "k")
			return cache.Loaded{Value: "ours"}, err
		}))
		if err != nil {
			t.Fatal(err)
		}
		holds(t, c, "", "Delete during the load")
	}
}

// A native value is stored over an unreadable entry.
func TestANativeValueIsLoadedOverAnEntryThatCannotBeRead(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{}, quiet)
	s.plant(":1:k", []byte("foreign"))
	value := &point{1, 2}
	points := cache.For[*point](c, cache.Native)
	for range 2 {
		got, err := points.GetOrSet(t.Context(), "k", func(context.Context) (*point, error) { return value, nil })
		if got != value || err != nil {
			t.Errorf("GetOrSet = %p, %v, want %p itself", got, err, value)
		}
	}
	if got, found, err := points.Get(t.Context(), "k"); got != value || !found || err != nil {
		t.Errorf("Get = %p, %v, %v, want %p itself", got, found, err, value)
	}
}
