package rfc9111_test

import (
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

const most = 1 << 31 * time.Second

// Delta-seconds are digits alone, and a number that overflows is 2147483648.
// RFC 9111, 1.2.2
func TestParseDeltaSeconds(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0":                       0,
		"000":                     0,
		"60":                      time.Minute,
		"0060":                    time.Minute,
		"2147483647":              most - time.Second,
		"2147483648":              most,
		"99999999999":             most,
		"18446744073709551616":    most,
		strings.Repeat("9", 1000): most,
	} {
		if got, ok := rfc9111.ParseDeltaSeconds(s); !ok || got != want {
			t.Errorf("%.30q: %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1s", "0x10", "１", "1_000", `"1"`} {
		if got, ok := rfc9111.ParseDeltaSeconds(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// Delta-seconds are accepted exactly if they consist of digits.
// RFC 9111, 1.2.2
func FuzzParseDeltaSeconds(f *testing.F) {
	for _, seed := range []string{"", "0", "60", "-1", "99999999999999999999", "1.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := rfc9111.ParseDeltaSeconds(s)
		digits := s != "" && strings.Trim(s, "0123456789") == ""
		if ok != digits || got < 0 || got > most || !ok && got != 0 {
			t.Errorf("%q: %v, %v", s, got, ok)
		}
	})
}
