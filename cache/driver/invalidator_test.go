package driver_test

import (
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// A count is read back as it was written, and nothing else is read.
func TestParseCountReadsOnlyWhatStringWrites(t *testing.T) {
	for _, c := range []driver.Count{driver.NewCount(), {Number: 1 << 61}, {Making: strings.Repeat("0", driver.VersionSize), Number: 0}} {
		if got, ok := driver.ParseCount(c.String()); got != c || !ok {
			t.Errorf("%v is read back as %v, %v", c, got, ok)
		}
	}
	for _, text := range []string{"", ":", ":1", "0123456789abcdef:", "0123456789abcdef", "0123456789abcde:1", "0123456789abcdef:01", "0123456789abcdef:-1", "-1", "1:1"} {
		if c, ok := driver.ParseCount(text); ok {
			t.Errorf("%q is taken for the count %v", text, c)
		}
	}
	if first, second := driver.NewCount(), driver.NewCount(); first == second {
		t.Error("two new counts are equal")
	}
}

// A soft invalidation keeps the first version of a record, a hard one neither.
func TestARecordHasTwoVersionsAndItsCount(t *testing.T) {
	first, second := driver.NewVersion(), driver.NewVersion()
	if len(first) != driver.VersionSize || first == second {
		t.Fatalf("versions %q and %q", first, second)
	}
	for _, test := range []struct {
		old  string
		soft bool
		want string
	}{
		{"", false, second + second + "c:2"},
		{"", true, second + second + "c:2"},
		{first + first + "c:1", false, second + second + "c:2"},
		{first + first + "c:1", true, first + second + "c:2"},
		{"short", true, second + second + "c:2"},
	} {
		inv := driver.Invalidation{Version: second, Soft: test.soft}
		if got := string(inv.Record([]byte(test.old), "c:2")); got != test.want {
			t.Errorf("of %q, soft %v, becomes %q, want %q", test.old, test.soft, got, test.want)
		}
	}
}
