package acceptance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// unusualKeys mean something to a shell, to Redis or to SQL; each has its like that
// it must not be taken for.
var unusualKeys = []string{
	"*", "a*b", "aXXb", "a?b", "aXb", "a[bc]d", "abd", `a\b`, "ab", "a%b", "a_b", "%", "_", "a]b", "a^b", "a{b}c", "a'b", `a"b`, "a;b--",
	"\xff\xfe", "\xff\xfd", "\xc3\x28", "�", "é", "A", "a",
}

// controlKeys are keys that Memcached does not take.
var controlKeys = []string{"a\x00b", "a\x00c", "\x00", "a b", "a\r\nb", "a\tb", "\x7f"}

// Odd keys are only themselves, on every backend.
func TestUnusualKeysAreOnlyThemselves(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		c := open(t, b.URL(t))
		keys := unusualKeys
		if !b.PrintableKeys {
			keys = slices.Concat(unusualKeys, controlKeys)
		}
		for _, key := range keys {
			if added, err := c.Add(t.Context(), key, key); err != nil || !added {
				t.Errorf("Add(%q): %t, %v", key, added, err)
			}
		}
		left := slices.Clone(keys)
		for _, key := range keys {
			wantExactly(t, c, keys, left)
			if deleted, err := c.Delete(t.Context(), key); err != nil || !deleted {
				t.Errorf("Delete(%q): %t, %v", key, deleted, err)
			}
			left = left[1:]
		}
		wantExactly(t, c, keys, nil)
	})
}

// wantExactly checks that of keys those that are left are there, each with
// itself as its value.
func wantExactly(t *testing.T, c cache.Cache, keys, left []string) {
	t.Helper()
	found, err := cache.For[string](c).GetMany(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(left) {
		t.Errorf("GetMany finds %d entries, want %d", len(found), len(left))
	}
	for _, key := range left {
		if found[key] != key {
			t.Errorf("under %q is %q", key, found[key])
		}
	}
}

// Memcached is not called for keys that it does not take.
func TestMemcachedIsNotAskedForKeysThatItDoesNotTake(t *testing.T) {
	t.Parallel()
	meter := testserver.NewMeter()
	c := open(t, "memcached://"+meter.Before(t, testserver.StartMemcached(t).Addr()))
	for _, key := range append(controlKeys, strings.Repeat("k", cache.MaxKeyLength)) {
		trips := meter.Count(testserver.Hold{}, func() {
			for name, err := range everyOperation(t.Context(), c, key) {
				if !errors.Is(err, cache.ErrInvalidKey) {
					t.Errorf("%s(%.40q): error %v, want ErrInvalidKey", name, key, err)
				}
			}
		})
		if trips.Total != 0 {
			t.Errorf("%.40q: %d round trips", key, trips.Total)
		}
	}
}

// everyOperation calls all operations that take a key, and returns their errors
// by name.
func everyOperation(ctx context.Context, c cache.Cache, key string) map[string]error {
	errs := make(map[string]error)
	_, errs["Get"] = c.Get(ctx, key, new(string))
	_, _, errs["GetBytes"] = c.GetBytes(ctx, key)
	_, errs["Has"] = c.Has(ctx, key)
	errs["Set"] = c.Set(ctx, key, "v")
	errs["Set, expired at once"] = c.Set(ctx, key, "v", cache.After(0))
	errs["SetBytes"] = c.SetBytes(ctx, key, []byte("v"))
	_, errs["Add"] = c.Add(ctx, key, "v")
	_, errs["Touch"] = c.Touch(ctx, key)
	_, errs["Delete"] = c.Delete(ctx, key)
	_, errs["GetMany"] = c.GetMany(ctx, []string{"ok", key})
	_, errs["SetMany"] = c.SetMany(ctx, map[string]any{"ok": "v", key: "v"})
	errs["DeleteMany"] = c.DeleteMany(ctx, []string{"ok", key})
	_, errs["Incr"] = c.Incr(ctx, key, 1)
	_, errs["Decr"] = c.Decr(ctx, key, 1)
	_, errs["IncrVersion"] = c.IncrVersion(ctx, key, 1)
	_, errs["DecrVersion"] = c.DecrVersion(ctx, key, 1)
	_, errs["GetOrSet"] = cache.For[string](c).GetOrSet(ctx, key, func(context.Context) (string, error) { return "v", nil })
	_, errs["GetOrSet, failing open"] = cache.For[string](c, cache.FailOpen).GetOrSet(ctx, key, func(context.Context) (string, error) { return "v", nil })
	_, errs["Future"] = cache.Async(c).Add(ctx, key, "v").Await(ctx)
	return errs
}
