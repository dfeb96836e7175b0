package driver_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// ParseInteger reads exactly what AppendInteger writes.
func TestParseIntegerReadsOnlyWhatAppendIntegerWrites(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 9, 10, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64} {
		if got, ok := driver.ParseInteger(driver.AppendInteger(nil, n)); got != n || !ok {
			t.Errorf("%d: read back as %d, %v", n, got, ok)
		}
	}
	for _, s := range []string{"", "-", "-0", "+1", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "\xc4L"} {
		if n, ok := driver.ParseInteger([]byte(s)); ok {
			t.Errorf("%q is taken for the integer %d", s, n)
		}
	}
}

// ParseInteger accepts exactly the canonical decimal form.
func FuzzParseInteger(f *testing.F) {
	for _, s := range []string{"0", "-1", "9223372036854775807", "-9223372036854775808", "00", "1a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := driver.ParseInteger(b)
		want, err := strconv.ParseInt(string(b), 10, 64)
		canonical := err == nil && strconv.FormatInt(want, 10) == string(b)
		if ok != canonical || ok && n != want {
			t.Errorf("ParseInteger(%q) = %d, %v", b, n, ok)
		}
	})
}

// AddIntegers reports overflow instead of wrapping.
func TestAddIntegersReportsOverflow(t *testing.T) {
	tests := []struct {
		a, b, sum int64
		overflow  bool
	}{
		{1, 2, 3, false},
		{1, -2, -1, false},
		{math.MaxInt64, 0, math.MaxInt64, false},
		{math.MaxInt64 - 1, 1, math.MaxInt64, false},
		{math.MaxInt64, 1, 0, true},
		{math.MinInt64 + 1, -1, math.MinInt64, false},
		{math.MinInt64, -1, 0, true},
		{math.MinInt64, math.MinInt64, 0, true},
		{math.MaxInt64, math.MinInt64, -1, false},
	}
	for _, test := range tests {
		sum, overflow := driver.AddIntegers(test.a, test.b)
		if overflow != test.overflow || !overflow && sum != test.sum {
			t.Errorf("%d + %d = %d, %v; want %d, %v", test.a, test.b, sum, overflow, test.sum, test.overflow)
		}
	}
}
