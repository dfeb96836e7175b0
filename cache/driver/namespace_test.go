package driver_test

import (
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

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
