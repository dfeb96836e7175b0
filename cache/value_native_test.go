package cache_test

import (
	"errors"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

type nativeStore struct {
	*mapStore
	withNative
}

// point is a value of which natives tell the difference: it has no exported
// fields, so a codec loses them.
type point struct{ x, y int }

// sizedPoint tells its size.
type sizedPoint struct{ X, Y int }

func (sizedPoint) CacheSize() int { return 16 }

// Native keeps the Go value itself.
func TestNativeKeepsTheValueItself(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{})
	value := &point{1, 2}
	mustSet(t, c, "k", value, cache.Native)
	var got *point
	if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || got != value {
		t.Errorf("Get = %p, %v, %v, want %p itself", got, found, err, value)
	}
	if got, found, err := cache.For[*point](c).Get(t.Context(), "k"); !found || err != nil || got != value {
		t.Errorf("Get of a view = %p, %v, %v, want %p itself", got, found, err, value)
	}
	var anything any
	if found, err := c.Get(t.Context(), "k", &anything); !found || err != nil || anything != value {
		t.Errorf("Get into an any = %v, %v, %v, want %p itself", anything, found, err, value)
	}
	values, err := cache.For[*point](c).GetMany(t.Context(), []string{"k"})
	if err != nil || values["k"] != value {
		t.Errorf("GetMany = %v, %v, want %p itself", values, err, value)
	}
	wantHas(t, c, "k", true)
	if touched, err := c.Touch(t.Context(), "k"); !touched || err != nil {
		t.Errorf("Touch = %v, %v, want true", touched, err)
	}
	if added, err := c.Add(t.Context(), "k", "other"); added || err != nil {
		t.Errorf("Add = %v, %v, want false", added, err)
	}
}

// A native value of another type is ErrWrongType.
func TestANativeValueOfAnotherTypeIsWrongType(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{})
	mustSet(t, c, "k", &point{1, 2}, cache.Native)
	var other *sizedPoint
	if _, err := c.Get(t.Context(), "k", &other); !errors.Is(err, cache.ErrWrongType) || other != nil {
		t.Errorf("Get = %v, %v, want ErrWrongType", other, err)
	}
	if _, _, err := cache.For[point](c).Get(t.Context(), "k"); !errors.Is(err, cache.ErrWrongType) {
		t.Errorf("Get of a view: %v, want ErrWrongType", err)
	}
	if _, _, err := c.GetBytes(t.Context(), "k"); !errors.Is(err, cache.ErrWrongType) {
		t.Errorf("GetBytes: %v, want ErrWrongType", err)
	}
	if _, err := c.Get(t.Context(), "k", (**point)(nil)); !errors.Is(err, cache.ErrWrongType) {
		t.Errorf("Get into a nil pointer: %v, want ErrWrongType", err)
	}
}

// Native has no effect on nil, integers and bytes.
func TestNativeHasNoEffectOnNilIntegersAndBytes(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		nativeStore
		withCounter
	}{nativeStore{s, withNative{s: s, byDefault: true}}, withCounter{s}}, cache.Config{})
	b := []byte("bytes")
	mustSet(t, c, "bytes", b, cache.Native)
	b[0] = 'X'
	if got, _, err := c.GetBytes(t.Context(), "bytes"); string(got) != "bytes" || err != nil {
		t.Errorf("GetBytes = %q, %v, want the bytes as they were", got, err)
	}
	mustSet(t, c, "n", 7, cache.Native)
	if n, err := c.Incr(t.Context(), "n", 1); n != 8 || err != nil {
		t.Errorf("Incr = %v, %v, want 8", n, err)
	}
	mustSet(t, c, "nil", (*point)(nil), cache.Native)
	got := &point{}
	if found, err := c.Get(t.Context(), "nil", &got); !found || got != nil || err != nil {
		t.Errorf("Get = %v, %v, %v, want nil", got, found, err)
	}
	if n := s.count("SetNative"); n != 1 {
		t.Errorf("%d calls of SetNative, want 1, for the copy of the bytes", n)
	}
}

// A store that is native by default keeps Go values without the option.
func TestAStoreThatKeepsAllValuesNativelyNeedsNoOption(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s, byDefault: true}}, cache.Config{})
	value := &point{1, 2}
	mustSet(t, c, "set", value)
	if added, err := c.Add(t.Context(), "add", value); !added || err != nil {
		t.Fatal(added, err)
	}
	if failed, err := c.SetMany(t.Context(), map[string]any{"many": value, "text": "string"}); len(failed) > 0 || err != nil {
		t.Fatal(failed, err)
	}
	for _, key := range []string{"set", "add", "many"} {
		if got, _, err := cache.For[*point](c).Get(t.Context(), key); got != value || err != nil {
			t.Errorf("Get(%q) = %p, %v, want %p itself", key, got, err, value)
		}
	}
	if got, _, err := cache.For[string](c).Get(t.Context(), "text"); got != "string" || err != nil {
		t.Errorf("Get = %q, %v, want the string", got, err)
	}
}

// A store bounded by bytes refuses native values that do not say their size.
func TestAStoreBoundedByBytesNeedsTheSizeOfANativeValue(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s, bounded: true}}, cache.Config{})
	if err := c.Set(t.Context(), "k", &point{}, cache.Native); !errors.Is(err, cache.ErrUnencodable) {
		t.Errorf("Set of a value without CacheSize: %v, want ErrUnencodable", err)
	}
	mustSet(t, c, "k", &sizedPoint{}, cache.Native)
	mustSet(t, c, "text", "a string has a length", cache.Native)
	if n := s.count("SetNative"); n != 2 {
		t.Errorf("%d calls of SetNative, want 2", n)
	}
}

// A store without native values gets the encoded form.
func TestOtherStoresGetTheEncodedFormOfANativeValue(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	type pair struct{ A, B int }
	value := &pair{1, 2}
	mustSet(t, c, "k", value, cache.Native)
	got, found, err := cache.For[*pair](c).Get(t.Context(), "k")
	if !found || err != nil || got == value || *got != *value {
		t.Errorf("Get = %v, %v, %v, want a copy of %v", got, found, err, value)
	}
}

// Backend errors of native operations are returned.
func TestABackendErrorOfANativeStoreIsReturned(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s}}, cache.Config{})
	s.hook = failing("AddNative", driver.ErrTooLarge)
	if added, err := c.Add(t.Context(), "k", &point{}, cache.Native); added || !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Add = %v, %v, want ErrTooLarge", added, err)
	}
}
