package cache_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

// A view of an interface refuses values that it could not read, and names the cure.
func TestAViewOfAnInterfaceRefusesWhatItCouldNotRead(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	shapes := cache.For[shape](c)
	for _, value := range []shape{square{2}, &square{2}, level(3)} {
		if err := shapes.Set(t.Context(), "k", value); !errors.Is(err, cache.ErrUnencodable) || !strings.Contains(err.Error(), "concrete type") {
			t.Errorf("Set of a %T: %v, want ErrUnencodable with a cure", value, err)
		}
	}
	if err := shapes.Set(t.Context(), "k", nil); err != nil {
		t.Errorf("Set of nil: %v", err)
	}
	if got, found, err := shapes.Get(t.Context(), "k"); got != nil || !found || err != nil {
		t.Errorf("Get = %v, %v, %v, want nil", got, found, err)
	}
}

// A view of any refuses values that would be read as another type.
func TestAViewOfAnyRefusesWhatWouldBeAnotherThing(t *testing.T) {
	anything := cache.For[any](newCache(t, newMapStore(), cache.Config{}))
	for _, value := range []any{model{1}, &model{1}, map[int]string{1: "a"}} {
		if err := anything.Set(t.Context(), "k", value); !errors.Is(err, cache.ErrUnencodable) {
			t.Errorf("Set of a %T: %v, want ErrUnencodable", value, err)
		}
	}
	for _, value := range []any{nil, "text", int64(7), 1.5, true, []any{"a"}, map[string]any{"a": nil}} {
		if err := anything.Set(t.Context(), "k", value); err != nil {
			t.Errorf("Set of %v: %v", value, err)
		}
	}
}

// A view of an interface keeps native values.
func TestAViewOfAnInterfaceKeepsNativeValues(t *testing.T) {
	s := newMapStore()
	shapes := cache.For[shape](newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{}), cache.Native)
	if err := shapes.Set(t.Context(), "k", square{2}); err != nil {
		t.Fatal(err)
	}
	if got, found, err := shapes.Get(t.Context(), "k"); got != (square{2}) || !found || err != nil {
		t.Errorf("Get = %v, %v, %v", got, found, err)
	}
	if err := shapes.Set(t.Context(), "k", level(1)); !errors.Is(err, cache.ErrUnencodable) {
		t.Errorf("Set of an integer, which is never native: %v", err)
	}
}
