package driver_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/driver"
)

// The key of a record belongs to its namespace and is reserved.
func TestAReservedKeyBelongsToItsNamespace(t *testing.T) {
	for _, prefix := range []string{"", "shop", "shop:eu", "shop:01", "9223372036854775807", "é\x00"} {
		ns := driver.Namespace{Prefix: prefix}
		key := ns.ReservedKey([]byte("before"), "tag:a")
		if want := "before" + prefix + ":9223372036854775807:tag:a"; string(key) != want {
			t.Errorf("prefix %q: %q, want %q", prefix, key, want)
		}
		key = ns.ReservedKey(nil, "tag:a")
		if !ns.Contains(key) || !driver.IsReservedKey(key) {
			t.Errorf("prefix %q: in the namespace %v, reserved %v, want both", prefix, ns.Contains(key), driver.IsReservedKey(key))
		}
	}
}

// The first version of a key decides whether it is reserved.
func TestTheFirstVersionOfAKeyDecidesWhetherItIsReserved(t *testing.T) {
	for key, want := range map[string]bool{
		":9223372036854775807:":                                                         true,
		"shop:9223372036854775807:count":                                                true,
		"shop:eu:9223372036854775807:count":                                             true,
		"shop:01:9223372036854775807:count":                                             true,
		"shop:-1:9223372036854775807:count":                                             true,
		"shop:1x:9223372036854775807:count":                                             true,
		"shop::9223372036854775807:count":                                               true,
		"shop:99999999999999999999:" + "92233720368547758070:9223372036854775807:count": true,
		"":                               false,
		"shop":                           false,
		"shop:1:k":                       false,
		"9223372036854775807:count":      false,
		"shop:9223372036854775807":       false,
		"shop:9223372036854775806:count": false,
		"shop:9223372036854775808:9223372036854775807:count": false,
		"shop:1:9223372036854775807:count":                   false,
		":1:user's key:9223372036854775807:x":                false,
		"shop:0:9223372036854775807:x":                       false,
	} {
		if got := driver.IsReservedKey([]byte(key)); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
}

// No key of a caller is reserved, whatever it contains.
func TestNoKeyOfACallerIsReserved(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"shop", "", ":", "1", "01", "9223372036854775807", ":9223372036854775807:", "\x00"})
	rapid.Check(t, func(t *rapid.T) {
		prefix := strings.Join(rapid.SliceOfN(pieces, 0, 3).Draw(t, "prefix"), "")
		name := strings.Join(rapid.SliceOfN(pieces, 0, 5).Draw(t, "key"), "")
		if ns := (driver.Namespace{Prefix: prefix}); strings.Contains(prefix, ":9223372036854775807") || !ns.Contains([]byte(prefix+":7:")) {
			return // a prefix that has the reserved version is nobody's
		}
		if key := prefix + ":7:" + name; driver.IsReservedKey([]byte(key)) {
			t.Fatalf("%q is reserved", key)
		}
	})
}

// A lease is told by its head.
func TestALeaseIsToldByItsHead(t *testing.T) {
	rest := strings.Repeat("x", driver.HeadSize-len(driver.LeaseStart))
	for head, want := range map[string]bool{
		driver.LeaseStart + rest:     true,
		driver.LeaseStart + rest[1:]: false,
		driver.LeaseStart:            false,
		"\xc4\x4c\x02\x04" + rest:    false,
		"\xc4\x4c\x01\x05" + rest:    false,
		"7":                          false,
		"":                           false,
	} {
		if got := driver.IsLease([]byte(head)); got != want {
			t.Errorf("%q: %v, want %v", head, got, want)
		}
	}
}
