package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
)

// headless is a store that cannot read the head of what Add finds.
type headless struct {
	*mapStore
	whenAdded func()
}

func (s headless) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	_, added, err := s.mapStore.Add(ctx, key, value, ttl)
	if s.whenAdded != nil {
		s.whenAdded()
	}
	return nil, added, err
}

// Add reads an entry whose head the store did not return.
func TestAddLooksAtAnEntryWhoseHeadItDidNotGet(t *testing.T) {
	s := newMapStore()
	c := newCache(t, headless{mapStore: s}, cache.Config{}, quiet)
	mustSet(t, c, "good", 1)
	s.plant(":1:foreign", []byte("foreign"))
	for key, want := range map[string]bool{"good": false, "foreign": true, "absent": true} {
		if added, err := c.Add(t.Context(), key, 2); added != want || err != nil {
			t.Errorf("Add(%q) = %v, %v, want %v", key, added, err, want)
		}
	}
}

// Add stores when the entry that it found is gone again.
func TestAddStoresWhenWhatItFoundIsGoneAgain(t *testing.T) {
	s := newMapStore()
	s.plant(":1:k", []byte("7"))
	c := newCache(t, headless{s, func() { _, _, _ = s.Delete(t.Context(), []byte(":1:k")) }}, cache.Config{})
	if added, err := c.Add(t.Context(), "k", 2); !added || err != nil {
		t.Errorf("Add = %v, %v, want true", added, err)
	}
}

// Add replaces a foreign entry only while it is there.
func TestAddReplacesAForeignEntryOnlyWhileItIsThere(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withReplacer
	}{s, withReplacer{s}}, cache.Config{}, quiet)
	s.plant(":1:k", []byte("foreign"))
	s.hook = func(_ context.Context, op, _ string) error {
		if op == "Replace" {
			s.plant(":1:k", []byte("7"))
		}
		return nil
	}
	if added, err := c.Add(t.Context(), "k", 2); added || err != nil {
		t.Errorf("Add = %v, %v, want false: another got in first", added, err)
	}
	if got := s.raw(":1:k"); string(got) != "7" {
		t.Errorf("the entry is %q, want the other's", got)
	}
}

// Add of a native value replaces a foreign entry.
func TestAddOfANativeValueReplacesAForeignEntry(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{}, quiet)
	s.plant(":1:k", []byte("foreign"))
	value := new(struct{ a int })
	for _, want := range []bool{true, false} {
		if added, err := c.Add(t.Context(), "k", value, cache.Native); added != want || err != nil {
			t.Errorf("Add = %v, %v, want %v", added, err, want)
		}
	}
}

// Add returns backend errors of each of its steps.
func TestAddReturnsTheBackendsErrors(t *testing.T) {
	for _, op := range []string{"Add", "Get", "Set"} {
		s := newMapStore()
		s.plant(":1:k", []byte("foreign"))
		s.hook = failing(op, errBackend)
		c := newCache(t, s, cache.Config{}, quiet)
		if added, err := c.Add(t.Context(), "k", 1); added || !errors.Is(err, errBackend) {
			t.Errorf("with %s failing, Add = %v, %v, want the backend's error", op, added, err)
		}
	}
}

// Has reads only the head where the store can peek.
func TestHasNeedsOnlyTheHeadWhereTheStoreCanPeek(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withPeeker
	}{s, withPeeker{s}}, cache.Config{})
	mustSet(t, c, "k", "a long value, of which the store gives only the beginning")
	wantHas(t, c, "k", true)
	wantHas(t, c, "missing", false)
	if s.count("Peek") != 2 || s.count("Get") != 0 {
		t.Errorf("%d calls of Peek and %d of Get, want 2 and 0", s.count("Peek"), s.count("Get"))
	}
}

// The options of a call take precedence over those of its view.
func TestTheOptionsOfAViewApplyBeforeThoseOfTheCall(t *testing.T) {
	s := newMapStore()
	view := cache.For[string](newCache(t, s, cache.Config{}), cache.After(time.Minute), cache.Version(3))
	if err := view.Set(t.Context(), "k", "value"); err != nil {
		t.Fatal(err)
	}
	if failed, err := view.SetMany(t.Context(), map[string]string{"m": "value"}); len(failed) > 0 || err != nil {
		t.Fatal(failed, err)
	}
	if added, err := view.Add(t.Context(), "a", "value"); !added || err != nil {
		t.Fatal(added, err)
	}
	if got, err := view.GetOrSet(t.Context(), "g", func(context.Context) (string, error) { return "value", nil }); got != "value" || err != nil {
		t.Fatal(got, err)
	}
	values, err := view.GetMany(t.Context(), []string{"k", "m", "a", "g"})
	if len(values) != 4 || err != nil {
		t.Errorf("GetMany = %v, %v, want all four", values, err)
	}
	if _, found, err := view.Get(t.Context(), "k", cache.Version(1)); found || err != nil {
		t.Errorf("Get with the call's version = %v, %v, want a miss: it goes before the view's", found, err)
	}
	s.clock.Advance(time.Minute)
	if values, err := view.GetMany(t.Context(), []string{"k", "m", "a", "g"}); len(values) != 0 || err != nil {
		t.Errorf("after the view's timeout, GetMany = %v, %v, want nothing", values, err)
	}
}
