package driver_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/driver"
)

// A namespace contains the keys of its prefix and of no neighbour.
func TestANamespaceContainsTheKeysOfItsPrefixOnly(t *testing.T) {
	tests := []struct {
		prefix, key string
		want        bool
	}{
		{"shop", "shop:1:k", true},
		{"shop", "shop:12:", true},
		{"shop", "shop:1:k:with:colons\x00", true},
		{"shop", "shop:eu:1:k", false},
		{"shop", "shopping:1:k", false},
		{"shop", "shop*:1:k", false},
		{"shop", "shop", false},
		{"shop", "shop:", false},
		{"shop", "shop:1", false},
		{"shop", "shop::k", false},
		{"shop", "shop:-1:k", false},
		{"shop", "shop:1x:k", false},
		{"shop", "shop:0:k", true},
		{"shop", "shop:00:k", false},
		{"shop", "shop:01:k", false},
		{"shop", "shop:+1:k", false},
		{"shop", "shop:9223372036854775807:k", true},
		{"shop", "shop:9223372036854775808:k", false},
		{"shop", "shop:99999999999999999999:k", false},
		{"shop:eu", "shop:eu:1:k", true},
		{"shop:eu", "shop:1:k", false},
		{"shop*", "shop*:1:k", true},
		{"shop*", "shopping:1:k", false},
		{"", ":1:k", true},
		{"", "shop:1:k", false},
		{"", "1:k", false},
		{"", "", false},
	}
	for _, test := range tests {
		if got := (driver.Namespace{Prefix: test.prefix}).Contains([]byte(test.key)); got != test.want {
			t.Errorf("prefix %q, key %q: %v, want %v", test.prefix, test.key, got, test.want)
		}
	}
}

// A key is in a namespace exactly if some valid version and some key of an alias with this prefix
// give it.
func TestANamespaceContainsExactlyWhatAnAliasCanHaveWritten(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"shop", "shop:eu", "", ":", "0", "00", "1", "01", "-1", "+1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "x", " ", "\x00",
	})
	rapid.Check(t, func(t *rapid.T) {
		prefix := pieces.Draw(t, "prefix")
		key := strings.Join(rapid.SliceOfN(pieces, 1, 5).Draw(t, "pieces"), ":")
		want := false
		for end := range len(key) {
			start := len(prefix) + 1
			if end < start {
				continue
			}
			version, err := strconv.Atoi(key[start:end])
			want = want || err == nil && version >= 0 && strings.HasPrefix(key, fmt.Sprintf("%s:%d:", prefix, version))
		}
		if got := (driver.Namespace{Prefix: prefix}).Contains([]byte(key)); got != want {
			t.Fatalf("prefix %q, key %q: %v, want %v", prefix, key, got, want)
		}
	})
}
