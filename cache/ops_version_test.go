package cache_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// clockedCache is a cache without abilities, whose clock is also its store's.
func clockedCache(t *testing.T) (*cache.BaseCache, *mapStore) {
	t.Helper()
	s := newMapStore()
	return newCache(t, s, cache.Config{}, cache.WithClock(s.clock), quiet), s
}

func mustSet(t *testing.T, c cache.Cache, key string, value any, opts ...cache.Option) {
	t.Helper()
	if err := c.Set(t.Context(), key, value, opts...); err != nil {
		t.Fatal(err)
	}
}

func wantHas(t *testing.T, c cache.Cache, key string, want bool, opts ...cache.Option) {
	t.Helper()
	if has, err := c.Has(t.Context(), key, opts...); has != want || err != nil {
		t.Errorf("Has(%q, %v) = %v, %v, want %v", key, opts, has, err, want)
	}
}

// IncrVersion keeps the remaining timeout.
// Django, incr_version
func TestIncrVersionKeepsTheTimeLeftOfTheEnvelope(t *testing.T) {
	c, s := clockedCache(t)
	mustSet(t, c, "ends", "value", cache.After(time.Minute))
	mustSet(t, c, "lasts", "value", cache.Never)
	s.clock.Advance(50 * time.Second)
	for _, key := range []string{"ends", "lasts"} {
		if v, err := c.IncrVersion(t.Context(), key, 1); v != 2 || err != nil {
			t.Errorf("IncrVersion(%q) = %v, %v, want 2", key, v, err)
		}
	}
	s.clock.Advance(10*time.Second - time.Millisecond)
	wantHas(t, c, "ends", true, cache.Version(2))
	s.clock.Advance(time.Millisecond)
	wantHas(t, c, "ends", false, cache.Version(2))
	s.clock.Advance(1000 * time.Hour)
	wantHas(t, c, "lasts", true, cache.Version(2))
}

// IncrVersion of an integer starts its timeout again if the store cannot tell what remains.
func TestIncrVersionOfAnIntegerRestartsTheTimeoutIfTheStoreHasNoTTL(t *testing.T) {
	c, s := clockedCache(t)
	mustSet(t, c, "n", 7, cache.After(time.Minute))
	s.clock.Advance(50 * time.Second)
	if _, err := c.IncrVersion(t.Context(), "n", 1, cache.After(20*time.Second)); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(20*time.Second - 1)
	wantHas(t, c, "n", true, cache.Version(2))
	s.clock.Advance(1)
	wantHas(t, c, "n", false, cache.Version(2))
}

// IncrVersion moves a native value itself.
func TestIncrVersionMovesANativeValueItself(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withNative
		withExpirer
	}{s, withNative{s: s}, withExpirer{s}}, cache.Config{})
	value := &struct{ a int }{1}
	mustSet(t, c, "k", value, cache.Native)
	if _, err := c.IncrVersion(t.Context(), "k", 4); err != nil {
		t.Fatal(err)
	}
	got := value
	if found, err := c.Get(t.Context(), "k", &got, cache.Version(5)); !found || err != nil || got != value {
		t.Errorf("Get = %p, %v, %v, want %p itself", got, found, err, value)
	}
}

// IncrVersion and DecrVersion refuse versions outside of the range.
func TestTheLargestVersionsAreNotExceeded(t *testing.T) {
	c, _ := clockedCache(t)
	mustSet(t, c, "k", 1, cache.Version(largestVersion))
	for _, delta := range []int{1, 2, math.MaxInt} {
		if _, err := c.IncrVersion(t.Context(), "k", delta, cache.Version(largestVersion)); !errors.Is(err, cache.ErrInvalidVersion) {
			t.Errorf("IncrVersion by %d: %v, want ErrInvalidVersion", delta, err)
		}
	}
	for _, delta := range []int{1, math.MinInt} {
		if _, err := c.DecrVersion(t.Context(), "k", delta, cache.Version(0)); !errors.Is(err, cache.ErrInvalidVersion) {
			t.Errorf("DecrVersion by %d: %v, want ErrInvalidVersion", delta, err)
		}
	}
	wantHas(t, c, "k", true, cache.Version(largestVersion))
}

// largestVersion is the largest that a caller may have.
const largestVersion = math.MaxInt - 1

// IncrVersion that cannot write leaves the old entry.
func TestIncrVersionThatCannotWriteLeavesTheEntry(t *testing.T) {
	c, s := clockedCache(t)
	mustSet(t, c, "k", 1)
	s.hook = failing("Set", driver.ErrTooLarge)
	if _, err := c.IncrVersion(t.Context(), "k", 1); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("IncrVersion: %v, want ErrTooLarge", err)
	}
	wantHas(t, c, "k", true)
}

// Incr on a store without counters is ErrUnsupported.
func TestIncrWithoutACounterIsUnsupported(t *testing.T) {
	c, _ := clockedCache(t)
	mustSet(t, c, "n", 1)
	if _, err := c.Incr(t.Context(), "n", 1); !errors.Is(err, cache.ErrUnsupported) {
		t.Errorf("Incr: %v, want ErrUnsupported", err)
	}
}

// IncrVersion overwrites the entry under the new version, and refuses a version below 0.
// Django, incr_version
func TestIncrVersionOverwritesTheNewVersionAndRefusesANegativeOne(t *testing.T) {
	c, _ := clockedCache(t)
	mustSet(t, c, "k", "moved")
	mustSet(t, c, "k", "in the way", cache.Version(2))
	if v, err := c.IncrVersion(t.Context(), "k", 1); v != 2 || err != nil {
		t.Fatalf("IncrVersion = %v, %v, want 2", v, err)
	}
	var got string
	if found, err := c.Get(t.Context(), "k", &got, cache.Version(2)); !found || got != "moved" || err != nil {
		t.Errorf("under the new version: %q, %v, %v", got, found, err)
	}
	wantHas(t, c, "k", false)
	if _, err := c.DecrVersion(t.Context(), "k", 3, cache.Version(2)); !errors.Is(err, cache.ErrInvalidVersion) {
		t.Errorf("to version -1: %v, want ErrInvalidVersion", err)
	}
}
