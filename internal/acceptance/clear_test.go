package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// prefixes are those of aliases on one store. Each but the first two means
// others of them to somebody: to Redis, to SQL or to a comparison of bytes.
var prefixes = []string{"", "shop", "shop:eu", "shop*", "sh?p", "sh[o]p", `sh\op`, "sh%p", "sh_p", "shop2", "*", "%"}

// clearKeys look like those of other aliases.
var clearKeys = []string{"k", "eu:1:k", "shop:1:k", "1:k", ":1:k", "*"}

var versions = []cache.Version{1, 2, 12}

// Clear empties its alias and no other, on every backend.
func TestClearEmptiesItsAliasAndNoOther(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		config := settingsOf(t, b.URL(t))[cache.DefaultAlias]
		settings := make(cache.Settings)
		for _, prefix := range prefixes {
			config.KeyPrefix = prefix
			settings[aliasOf(prefix)] = config
		}
		caches := openHandler(t, settings)
		for _, prefix := range prefixes {
			for _, other := range prefixes {
				fillUp(t, caches[aliasOf(other)], other)
			}
			if err := caches[aliasOf(prefix)].Clear(t.Context()); err != nil {
				t.Fatalf("Clear of %q: %v", prefix, err)
			}
			for _, other := range prefixes {
				if left, want := entries(t, caches[aliasOf(other)], other), other != prefix; left != want {
					t.Errorf("after Clear of %q the entries of %q are there: %t, want %t", prefix, other, left, want)
				}
			}
		}
	})
}

func aliasOf(prefix string) string {
	if prefix == "" {
		return cache.DefaultAlias
	}
	return "prefix " + prefix
}

func fillUp(t *testing.T, c cache.Cache, prefix string) {
	t.Helper()
	items := make(map[string]any)
	for _, key := range clearKeys {
		items[key] = fmt.Sprintf("%s of %q", key, prefix)
	}
	for _, version := range versions {
		if _, err := c.SetMany(t.Context(), items, version); err != nil {
			t.Fatal(err)
		}
	}
}

// entries reports whether all the entries of an alias are there, with their own
// values. It is an error if only some are.
func entries(t *testing.T, c cache.Cache, prefix string) bool {
	t.Helper()
	count := 0
	for _, version := range versions {
		found, err := cache.For[string](c).GetMany(t.Context(), clearKeys, version)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range found {
			if want := fmt.Sprintf("%s of %q", key, prefix); value != want {
				t.Errorf("under %q of %q is %q", key, prefix, value)
			}
		}
		count += len(found)
	}
	all := len(clearKeys) * len(versions)
	if count != 0 && count != all {
		t.Errorf("%d of the %d entries of %q are left", count, all, prefix)
	}
	return count > 0
}
