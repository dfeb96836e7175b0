package rfc9111_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A date is read in its three forms with names in any case; a wrong day of the week is ignored,
// except in the form with a two-digit year, and any other form is invalid.
// RFC 9110, 5.6.7; RFC 9111, 4.2
func TestParseDate(t *testing.T) {
	want := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",

		// RFC 9111, section 4.2: names in any case.
		"SUN, 06 NOV 1994 08:49:37 GMT",
		"sun, 06 nov 1994 08:49:37 gmt",
		"suN, 06 noV 1994 08:49:37 gMt",
		"SUNDAY, 06-NOV-94 08:49:37 gmt",
		"sUNDAY, 06-nov-94 08:49:37 Gmt",
		"SUN NOV  6 08:49:37 1994",

		// A day of the week that is not that of the date.
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"tue, 06 Nov 1994 08:49:37 gmt",
		"Sat Nov  6 08:49:37 1994",
	} {
		if got, ok := rfc9111.ParseDate(s); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "0", "-1", "now",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 PST",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT",
		"Monday, 06-Nov-94 08:49:37 GMT",
		"monday, 06-nov-94 08:49:37 gmt",
		"Day, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 November 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 utc",
		"Sun, 06 Nov 1994 08:49:37 Z",
		"Sun, 06 Nov 1994 08:49:37 GMT+0",
		"Sun, 06 Nov 1994 08:49:37gmt",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 06 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT",
		"Sun, 31 Feb 1994 08:49:37 GMT",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37.5 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"1994-11-06T08:49:37Z",
	} {
		if got, ok := rfc9111.ParseDate(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// A date that is accepted is also one to net/http, and is written and read back as the same time.
// RFC 9110, 5.6.7
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "mon, 06 NOV 1994 08:49:37 gmt", "0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := rfc9111.ParseDate(s)
		if !ok {
			return
		}
		inCapitals := s
		if rest := len(s) - len("GMT"); strings.EqualFold(s[rest:], "GMT") {
			inCapitals = s[:rest] + "GMT"
		}
		if lax, err := http.ParseTime(inCapitals); err != nil || !lax.Equal(got) {
			t.Errorf("%q: %v, and net/http reads %v, %v", s, got, lax, err)
		}
		if again, ok := rfc9111.ParseDate(got.Format(http.TimeFormat)); !ok || !again.Equal(got) {
			t.Errorf("%q: %v does not survive", s, got)
		}
	})
}

// A two-digit year that would be more than 50 years ahead is the most recent past year with these
// digits.
// RFC 9110, 5.6.7
func TestParseDateOfTwoDigitYear(t *testing.T) {
	for _, test := range []struct {
		rule string
		now  int
		s    string
		want int
	}{
		{"this century", 2026, "Sunday, 06-Nov-94 08:49:37 GMT", 1994},
		{"up to 50 years ahead", 2026, "Thursday, 18-Aug-50 02:01:18 GMT", 2050},
		{"later than Go's own rule", 2060, "Sunday, 06-Nov-94 08:49:37 GMT", 0},
		{"the same date read later, with the day of its century", 2060, "Saturday, 06-Nov-94 08:49:37 GMT", 2094},
		{"the turn of a century", 2090, "Thursday, 06-Nov-10 08:49:37 GMT", 2110},
		{"more than 50 years ahead is past", 2026, "Saturday, 06-Nov-76 08:49:37 GMT", 1976},
		{"the other forms have four digits", 2300, "Sun, 06 Nov 1994 08:49:37 GMT", 1994},
	} {
		now := time.Date(test.now, time.March, 1, 0, 0, 0, 0, time.UTC)
		got, ok := rfc9111.ParseDateAt(test.s, now)
		if ok != (test.want != 0) || ok && got.Year() != test.want {
			t.Errorf("%s: %q in %d: %v, %v", test.rule, test.s, test.now, got, ok)
		}
	}
}

// A response without a valid Date gets the time at which it was received; a valid one is kept, and
// of several the first.
// RFC 9110, 6.6.1
func TestEnsureDate(t *testing.T) {
	now := time.Date(2026, time.March, 2, 13, 0, 0, 999, time.FixedZone("", 3600))
	const written = "Mon, 02 Mar 2026 12:00:00 GMT"
	for _, test := range []struct {
		rule  string
		lines []string
		want  string
	}{
		{"none", nil, written},
		{"invalid", []string{"foo"}, written},
		{"valid", []string{"Sun, 06 Nov 1994 08:49:37 GMT"}, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{"several", []string{"Sun, 06 Nov 1994 08:49:37 GMT", written}, "Sun, 06 Nov 1994 08:49:37 GMT"},
	} {
		header := http.Header{"Date": test.lines}
		date := rfc9111.DateOf(header, now)
		rfc9111.EnsureDate(header, now)
		if got := header["Date"]; len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: %q", test.rule, got)
		}
		if rfc9111.FormatDate(date) != test.want {
			t.Errorf("%s: DateOf is %v", test.rule, date)
		}
	}
}

// A date with a two-digit year lies within 50 years of now.
// RFC 9110, 5.6.7
func FuzzParseDateAt(f *testing.F) {
	for _, seed := range []string{"", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Friday, 29-Feb-80 00:00:00 GMT"} {
		f.Add(seed, 2026)
	}
	f.Fuzz(func(t *testing.T, s string, year int) {
		now := time.Date(1970+int(uint(year)%8000), time.March, 1, 0, 0, 0, 0, time.UTC)
		got, ok := rfc9111.ParseDateAt(s, now)
		if !ok {
			return
		}
		if strings.Contains(s, "-") && (got.After(now.AddDate(50, 0, 0)) || got.Before(now.AddDate(-50, 0, 0))) {
			t.Errorf("%q in %d: %v", s, now.Year(), got)
		}
		if again, ok := rfc9111.ParseDateAt(rfc9111.FormatDate(got), now); !ok || !again.Equal(got) {
			t.Errorf("%q: %v does not survive", s, got)
		}
	})
}

// The date that was written last is read as every other: to the second, in UTC, and only if it
// is one.
// RFC 9110, 5.6.7
func TestTheDateThatWasWrittenLastIsReadAsEveryOther(t *testing.T) {
	east := time.FixedZone("east", 5400)
	for _, at := range []time.Time{
		time.Date(2026, time.November, 30, 12, 0, 0, 999_999_999, east), time.Date(2026, time.November, 30, 12, 0, 0, 1, time.UTC),
		time.Date(1969, time.December, 31, 23, 59, 59, 0, time.UTC), time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
		time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, time.January, 1, 0, 0, 0, 0, time.UTC),
	} {
		for range 2 {
			text := rfc9111.FormatDate(at)
			if want := at.UTC().Format(http.TimeFormat); text != want {
				t.Errorf("%v is written %q, want %q", at, text, want)
			}
			want, ok := rfc9111.ParseDate(text)
			if got, gotOK := rfc9111.ParseDateAt(text, at); got != want || gotOK != ok {
				t.Errorf("%q is read as %v, %v; want %v, %v", text, got, gotOK, want, ok)
			}
		}
	}
}
