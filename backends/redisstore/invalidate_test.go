package redisstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// On a cluster the records of tags are in one slot, whatever the prefix, unless it begins
// with an empty hash tag: then the error says so.
func TestInvalidateOnAClusterSaysWhichPrefixKeepsRecordsApart(t *testing.T) {
	nodes := testserver.StartRedisCluster(t, 3)
	s := open(t, redisstore.Options{Addrs: nodes.Addrs(), Cluster: true})
	for prefix, together := range map[string]bool{
		"shop": true, "": true, "{shop}": true, "{shop}:eu": true, "a{b": true, "}{": true, "a}b{c}{}": true,
		"{}": false, "a{}": false, "{}{shop}": false,
	} {
		ns := driver.Namespace{Prefix: prefix}
		inv := driver.Invalidation{Count: ns.ReservedKey(nil, "{tags}count"), Version: driver.NewVersion()}
		for i := range 10 {
			inv.Records = append(inv.Records, ns.ReservedKey(nil, fmt.Sprint("{tags}", i)))
		}
		err := s.Invalidate(t.Context(), inv)
		switch {
		case together && err != nil:
			t.Errorf("prefix %q: %v", prefix, err)
		case !together:
			wantErr(t, "Invalidate", err, driver.ErrUnsupported)
			if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("%q", prefix)) {
				t.Errorf("the prefix %q is missing from %v", prefix, err)
			}
		}
	}
}

// A number of Lua is exact below 2^53. A larger count is refused, and nothing is changed.
func TestInvalidateCountsOnlyWhatLuaHoldsExactly(t *testing.T) {
	s, _ := fresh(t, redisstore.Options{})
	inv := driver.Invalidation{Count: []byte("c"), Version: driver.NewVersion()}
	making := strings.Repeat("0123", driver.VersionSize/4) + ":"
	for _, test := range []struct {
		before, after string
		err           error
	}{
		{making + "9", making + "10", nil},
		{making + "70368744177663", making + "70368744177664", nil}, // 2^46
		{"999999999999999", "1000000000000000", nil},
		{"1000000000000000", "1000000000000000", driver.ErrNotInteger},
		{making + "9007199254740993", making + "9007199254740993", driver.ErrNotInteger}, // 2^53 + 1
	} {
		set(t, s, "c", test.before)
		if err := s.Invalidate(t.Context(), inv); err != test.err {
			t.Errorf("a count of %s: %v, want %v", test.before, err, test.err)
		}
		wantValue(t, s, "c", test.after)
	}
}
