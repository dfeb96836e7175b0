package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/signals"
)

var errBackend = errors.New("connection refused")

// quiet drops the warnings about entries that tests spoil.
var quiet = cache.WithLogger(slog.New(slog.DiscardHandler))

// manyStore is a mapStore with the many-operations.
type manyStore struct {
	*mapStore
	withMany
}

func newManyStore() manyStore {
	s := newMapStore()
	return manyStore{s, withMany{s}}
}

// partialStore stores none of the items whose keys are refused.
type partialStore struct {
	manyStore
	refused string
}

func (s partialStore) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	errs := make([]error, len(items))
	for i, item := range items {
		if string(item.Key) == s.refused {
			errs[i] = driver.ErrTooLarge
			continue
		}
		errs[i] = s.Set(ctx, item.Key, item.Value, ttl)
	}
	return errs, nil
}

// Many-operations are one call of a store that has them.
// Django, get_many
func TestManyOperationsAreOneCallOfAStoreThatHasThem(t *testing.T) {
	s := newManyStore()
	c := newCache(t, s, cache.Config{})
	if _, err := c.SetMany(t.Context(), map[string]any{"a": 1, "b": "B"}); err != nil {
		t.Fatal(err)
	}
	if found, err := c.GetMany(t.Context(), []string{"a", "b", "a"}); len(found) != 2 || err != nil {
		t.Errorf("GetMany = %v, %v, want two values", found, err)
	}
	if err := c.DeleteMany(t.Context(), []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"SetMany", "GetMany", "DeleteMany"} {
		if n := s.count(op); n != 1 {
			t.Errorf("%d calls of %s, want 1", n, op)
		}
	}
	if n := s.total(); n != 3 {
		t.Errorf("%d calls of the store in all, want 3", n)
	}
}

// SetMany with a timeout of zero deletes in one call.
func TestAnExpiredSetManyDeletesInOneCall(t *testing.T) {
	s := newManyStore()
	c := newCache(t, s, cache.Config{})
	if _, err := c.SetMany(t.Context(), map[string]any{"a": 1, "b": 2}, cache.After(0)); err != nil {
		t.Fatal(err)
	}
	if s.count("DeleteMany") != 1 || s.total() != 1 {
		t.Errorf("the store was called as follows, want one DeleteMany: %v", s.calls)
	}
}

// Many-operations of nothing send nothing and open nothing.
func TestManyOperationsOfNothingSendNothing(t *testing.T) {
	backend := &driver.Backend{
		Open: func(context.Context, driver.Config) (driver.Store, error) {
			t.Error("the store was opened")
			return newMapStore(), nil
		},
		Validate: func(driver.Config) error { return nil },
	}
	c := mustCache(t, newHandler(t, cache.Settings{"default": {Opener: backend}}), "default")
	if found, err := c.GetMany(t.Context(), nil); found == nil || len(found) != 0 || err != nil {
		t.Errorf("GetMany = %v, %v, want an empty map", found, err)
	}
	if failed, err := c.SetMany(t.Context(), map[string]any{}); failed != nil || err != nil {
		t.Errorf("SetMany = %v, %v", failed, err)
	}
	if err := c.DeleteMany(t.Context(), []string{}); err != nil {
		t.Errorf("DeleteMany: %v", err)
	}
}

// Many-operations of nothing refuse wrong options.
func TestManyOperationsOfNothingStillRefuseWrongOptions(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	if _, err := c.GetMany(t.Context(), nil, cache.Version(-1)); !errors.Is(err, cache.ErrInvalidVersion) {
		t.Errorf("GetMany: %v, want ErrInvalidVersion", err)
	}
}

// setManyStores are a store with SetMany and one without, each of which
// refuses the key ":1:bad".
func setManyStores() map[string]driver.Store {
	plain := newMapStore()
	plain.hook = func(_ context.Context, op, key string) error {
		if op == "Set" && key == ":1:bad" {
			return driver.ErrTooLarge
		}
		return nil
	}
	return map[string]driver.Store{
		"native form":  partialStore{newManyStore(), ":1:bad"},
		"default form": plain,
	}
}

// SetMany returns the caller's keys that failed.
// Django, set_many
func TestSetManyReturnsTheKeysThatFailed(t *testing.T) {
	for form, store := range setManyStores() {
		c := newCache(t, store, cache.Config{})
		failed, err := c.SetMany(t.Context(), map[string]any{"a": 1, "bad": 2, "c": 3})
		if !slices.Equal(failed, []string{"bad"}) || !errors.Is(err, cache.ErrTooLarge) {
			t.Errorf("%s: SetMany = %q, %v, want bad and ErrTooLarge", form, failed, err)
		}
		for _, key := range []string{"a", "c"} {
			if has, err := c.Has(t.Context(), key); !has || err != nil {
				t.Errorf("%s: Has(%q) = %v, %v, want true", form, key, has, err)
			}
		}
	}
}

// SetMany that fails as a whole returns all keys.
func TestSetManyThatFailsAsAWholeReturnsAllKeys(t *testing.T) {
	s := newManyStore()
	s.hook = func(context.Context, string, string) error { return errBackend }
	failed, err := newCache(t, s, cache.Config{}).SetMany(t.Context(), map[string]any{"b": 1, "a": 2})
	if !slices.Equal(failed, []string{"a", "b"}) || !errors.Is(err, errBackend) {
		t.Errorf("SetMany = %q, %v, want all keys and the backend's error", failed, err)
	}
}

// SetMany with a value that cannot be encoded sends nothing.
func TestSetManyWithAnUnencodableValueSendsNothing(t *testing.T) {
	s := newMapStore()
	failed, err := newCache(t, s, cache.Config{}).SetMany(t.Context(), map[string]any{"a": 1, "b": make(chan int)})
	var opErr *cache.Error
	if !slices.Equal(failed, []string{"a", "b"}) || !errors.Is(err, cache.ErrUnencodable) || !errors.As(err, &opErr) || opErr.Key != "b" {
		t.Errorf("SetMany = %q, %v, want both keys, and an error about b", failed, err)
	}
	if n := s.total(); n != 0 {
		t.Errorf("the store was called %d times", n)
	}
}

// A backend error is no miss for GetMany.
func TestABackendErrorIsNoMissForGetMany(t *testing.T) {
	for form, store := range map[string]*mapStore{"native form": newManyStore().mapStore, "default form": newMapStore()} {
		store.hook = func(context.Context, string, string) error { return errBackend }
		if found, err := newCache(t, store, cache.Config{}).GetMany(t.Context(), []string{"a"}); found != nil || !errors.Is(err, errBackend) {
			t.Errorf("%s: GetMany = %v, %v, want the backend's error", form, found, err)
		}
	}
}

// GetMany of a view returns what it can read and the first error.
func TestGetManyOfAViewReturnsWhatItCanReadAndTheFirstError(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	if _, err := c.SetMany(t.Context(), map[string]any{"a": 1, "b": "text", "c": 3}); err != nil {
		t.Fatal(err)
	}
	values, err := cache.For[int](c).GetMany(t.Context(), []string{"a", "b", "c", "missing"})
	if !errors.Is(err, cache.ErrWrongType) || len(values) != 2 || values["a"] != 1 || values["c"] != 3 {
		t.Errorf("GetMany = %v, %v, want a and c and ErrWrongType", values, err)
	}
}

// A damaged entry is a miss for GetMany, and is reported.
func TestADamagedEntryIsReportedByGetMany(t *testing.T) {
	s := newMapStore()
	s.hook = func(_ context.Context, op, key string) error {
		if op == "Get" && key == ":1:damaged" {
			return driver.ErrCorrupt
		}
		return nil
	}
	events := new(signals.Signal[cache.Event])
	log := record(events)
	c := newCache(t, s, cache.Config{}, cache.WithEvents(events), quiet)
	if found, err := c.GetMany(t.Context(), []string{"damaged", "missing"}); len(found) != 0 || err != nil {
		t.Errorf("GetMany = %v, %v, want nothing", found, err)
	}
	if got, want := log.take(), []string{"corrupt GetMany damaged", "miss GetMany missing"}; !slices.Equal(got, want) {
		t.Errorf("published %q, want %q", got, want)
	}
}

// SetMany leaves no old value under a key whose new value is too large.
func TestSetManyLeavesNoOldValueUnderAKeyWhoseNewOneIsTooLarge(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{Compression: codec.S2, CompressMin: 1, MaxDecompressed: 100})
	ctx := t.Context()
	if err := errors.Join(c.Set(ctx, "large", "old"), c.Set(ctx, "small", "old")); err != nil {
		t.Fatal(err)
	}
	failed, err := c.SetMany(ctx, map[string]any{"large": strings.Repeat("x", 1000), "small": "new"})
	if len(failed) != 2 || !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("%v, %v; want all keys as not stored, and ErrTooLarge", failed, err)
	}
	if found, err := c.Get(ctx, "large", new(string)); found || err != nil {
		t.Errorf("the old value is still there: %v, %v", found, err)
	}
}

// Results of many-operations are under the caller's keys, also where a KeyFunc makes one key of
// several.
// Django, get_many
func TestManyOperationsLoseNoKeyThatIsMappedLikeAnother(t *testing.T) {
	lower := func(prefix string, version int, key string) string {
		return cache.DefaultKey(prefix, version, strings.ToLower(key))
	}
	for form, store := range map[string]driver.Store{"in one call": newManyStore(), "one by one": newMapStore()} {
		c := newCache(t, store, cache.Config{KeyFunc: lower})
		if failed, err := c.SetMany(t.Context(), map[string]any{"a": "value", "b": "other"}); len(failed) > 0 || err != nil {
			t.Fatalf("%s: SetMany failed for %q: %v", form, failed, err)
		}
		got, err := cache.For[string](c).GetMany(t.Context(), []string{"a", "A", "B", "c", "C"})
		want := map[string]string{"a": "value", "A": "value", "B": "other"}
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: GetMany gives %q, %v, want %q", form, got, err, want)
		}
		if err := c.DeleteMany(t.Context(), []string{"a", "A", "B"}); err != nil {
			t.Errorf("%s: DeleteMany: %v", form, err)
		}
		if got, err := cache.For[string](c).GetMany(t.Context(), []string{"a", "b"}); len(got) > 0 || err != nil {
			t.Errorf("%s: after DeleteMany there is %q, %v", form, got, err)
		}
	}
}
