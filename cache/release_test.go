package cache_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/envelope/version1"
)

// Programs of this release and of the one before it, which wrote version 1 of the
// envelope, on one store.

// releases returns a cache of the release before, and one of this, on one store. writes
// counts what they store.
func releases(t *testing.T, compression codec.Compression) (older, newer *cache.BaseCache, writes func() int) {
	s := newMapStore()
	store := ableStore{s, withCounter{s}, withReplacer{s}, withHeadReplacer{s}, withPeeker{s}, withExpirer{s}, withMany{s}, withAsync{s}}
	cfg := cache.Config{Compression: compression, CompressMin: 1}
	older, newer = newCache(t, version1.Over(store), cfg, quiet), newCache(t, store, cfg, quiet)
	return older, newer, func() int { return s.count("Set") + s.count("Add") + s.count("Replace") + s.count("ReplaceHead") }
}

// Two releases on one store replace each other's values at most once.
func TestTwoReleasesReplaceEachOthersValuesOnceAtMost(t *testing.T) {
	for name, value := range map[string]any{
		"nil": nil, "integer": int64(7), "bytes": []byte("bytes"), "text": "some text", "value": map[string]any{"a": "b"},
	} {
		for _, compression := range []codec.Compression{nil, codec.S2} {
			for _, olderFirst := range []bool{true, false} {
				older, newer, writes := releases(t, compression)
				first, second := newer, older
				wantLoads := 2 // the older one cannot read what the newer one has stored
				if olderFirst || name == "integer" {
					wantLoads = 1
				}
				if olderFirst {
					first, second = older, newer
				}
				loads, after := 0, 0
				for round := range 5 {
					for _, c := range []*cache.BaseCache{first, second} {
						if got := loadAny(t, c, value, &loads); !reflect.DeepEqual(got, value) {
							t.Fatalf("%s: %#v, want %#v", name, got, value)
						}
					}
					if round == 0 {
						after = writes()
					}
				}
				if loads != wantLoads || writes() != after {
					t.Errorf("%s, the older release first: %v: %d loads, want %d, and %d writes after the first round", name, olderFirst, loads, wantLoads, writes()-after)
				}
			}
		}
	}
}

// loadAny is a get-or-set of any value, which counts its loads.
func loadAny(t *testing.T, c *cache.BaseCache, value any, loads *int) (got any) {
	t.Helper()
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		*loads++
		return cache.Loaded{Value: value}, nil
	})
	if _, err := c.Fill(t.Context(), "k", &got, load); err != nil {
		t.Fatal(err)
	}
	return got
}

// Entries of the release before are read by every operation.
func TestEntriesOfTheReleaseBeforeAreReadByEveryOperation(t *testing.T) {
	older, newer, _ := releases(t, nil)
	mustSet(t, older, "k", "text", cache.After(time.Hour))
	var text string
	if found, err := newer.Get(t.Context(), "k", &text); !found || err != nil || text != "text" {
		t.Errorf("Get = %q, %v, %v", text, found, err)
	}
	if values, err := newer.GetMany(t.Context(), []string{"k"}); err != nil || len(values) != 1 {
		t.Errorf("GetMany = %v, %v", values, err)
	}
	if has, err := newer.Has(t.Context(), "k"); !has || err != nil {
		t.Errorf("Has = %v, %v", has, err)
	}
	if added, err := newer.Add(t.Context(), "k", "other"); added || err != nil {
		t.Errorf("Add = %v, %v", added, err)
	}
	if touched, err := newer.Touch(t.Context(), "k"); !touched || err != nil {
		t.Errorf("Touch = %v, %v", touched, err)
	}
	if _, err := newer.IncrVersion(t.Context(), "k", 1); err != nil {
		t.Errorf("IncrVersion: %v", err)
	}
	if found, err := older.Get(t.Context(), "k", &text, cache.Version(2)); !found || err != nil {
		t.Errorf("the older release does not find what was moved: %v, %v", found, err)
	}
}

// An entry of this release is absent to the release before.
func TestEntriesOfThisReleaseAreAbsentToTheOneBefore(t *testing.T) {
	older, newer, _ := releases(t, nil)
	mustSet(t, newer, "k", "text")
	var text string
	if found, err := older.Get(t.Context(), "k", &text); found || err != nil {
		t.Errorf("Get = %q, %v, %v", text, found, err)
	}
	if added, err := older.Add(t.Context(), "k", "older"); !added || err != nil {
		t.Errorf("Add = %v, %v", added, err)
	}
	if found, err := newer.Get(t.Context(), "k", &text); !found || err != nil || text != "older" {
		t.Errorf("Get = %q, %v, %v", text, found, err)
	}
	// Integers have no envelope, so locks and counters are those of both.
	mustSet(t, newer, "n", 1)
	if added, err := older.Add(t.Context(), "n", 5); added || err != nil {
		t.Errorf("Add of an integer = %v, %v", added, err)
	}
	if n, err := older.Incr(t.Context(), "n", 1); n != 2 || err != nil {
		t.Errorf("Incr = %d, %v", n, err)
	}
}
