package cache_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
)

// What the asynchronous twins of a view have no form of: these start nothing.
var noTwins = map[string]bool{"Async": true, "Cache": true, "Over": true}

// Each operation of a view has an asynchronous form.
func TestEveryOperationOfAViewHasATwin(t *testing.T) {
	view, twins := reflect.TypeFor[cache.View[user]](), reflect.TypeFor[cache.AsyncView[user]]()
	for i := range view.NumMethod() {
		name := view.Method(i).Name
		if _, ok := twins.MethodByName(name); !ok && !noTwins[name] {
			t.Errorf("AsyncView has no %s", name)
		}
	}
}

// The asynchronous operations of a view have its options.
func TestTheTwinsOfAViewHaveItsOptions(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	a := cache.For[string](c, cache.Version(7)).Async()
	mustSet(t, c, "k", "value", cache.Version(7))
	mustSet(t, c, "other", "value", cache.Version(7))

	if has, err := a.Has(t.Context(), "k").Await(t.Context()); !has || err != nil {
		t.Errorf("Has = %v, %v", has, err)
	}
	if touched, err := a.Touch(t.Context(), "k").Await(t.Context()); !touched || err != nil {
		t.Errorf("Touch = %v, %v", touched, err)
	}
	if deleted, err := a.Delete(t.Context(), "k").Await(t.Context()); !deleted || err != nil {
		t.Errorf("Delete = %v, %v", deleted, err)
	}
	if _, err := a.DeleteMany(t.Context(), []string{"other"}).Await(t.Context()); err != nil {
		t.Error(err)
	}
	wantHas(t, c, "other", false, cache.Version(7))

	var filled string
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{Value: "loaded"}, nil })
	outcome, err := a.Fill(t.Context(), "k", &filled, load).Await(t.Context())
	if !outcome.Stored || filled != "loaded" || err != nil {
		t.Errorf("Fill = %+v, %q, %v", outcome, filled, err)
	}
	if got, err := a.GetOrSetValue(t.Context(), "k", "default").Await(t.Context()); got != "loaded" || err != nil {
		t.Errorf("GetOrSetValue = %q, %v, want what is there", got, err)
	}
}

// GetOrSetValue stores its value if the key is missing, and returns what is stored.
func TestGetOrSetValueStoresTheValueOfAMissingKey(t *testing.T) {
	v := cache.For[user](newCache(t, newMapStore(), cache.Config{}))
	for _, value := range []string{"first", "second"} {
		if got, err := v.GetOrSetValue(t.Context(), "k", user{Name: value}); got.Name != "first" || err != nil {
			t.Errorf("GetOrSetValue = %+v, %v, want the first", got, err)
		}
	}
}

// A timeout for Incr is an error that names Add and Touch.
func TestATimeoutForACounterIsAnErrorThatNamesAddAndTouch(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withCounter
	}{s, withCounter{s}}, cache.Config{})
	mustSet(t, c, "n", 1)
	a := cache.Async(c)
	for _, timeout := range []cache.Timeout{cache.After(time.Minute), cache.After(0), cache.Never} {
		_, incr := c.Incr(t.Context(), "n", 1, timeout)
		_, decr := c.Decr(t.Context(), "n", 1, timeout)
		for op, err := range map[string]error{
			"Incr": incr, "Decr": decr,
			"async Incr": await(t.Context(), a.Incr(t.Context(), "n", 1, timeout)),
			"async Decr": await(t.Context(), a.Decr(t.Context(), "n", 1, timeout)),
		} {
			if !errors.Is(err, cache.ErrInvalidOption) {
				t.Errorf("%s: %v, want ErrInvalidOption", op, err)
			}
			if err != nil && (!strings.Contains(err.Error(), "Add") || !strings.Contains(err.Error(), "Touch")) {
				t.Errorf("%s: %q names no cure", op, err)
			}
		}
	}
	if n, err := c.Incr(t.Context(), "n", 1, cache.Timeout{}); n != 2 || err != nil {
		t.Errorf("Incr = %d, %v, want 2: none of the others has counted, and an omitted timeout is none", n, err)
	}
}
