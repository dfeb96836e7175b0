package rfc9111_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

func TestParseDate(t *testing.T) {
	want := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
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
		"Mon, 06 Nov 1994 08:49:37 GMT",
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

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := rfc9111.ParseDate(s)
		if !ok {
			return
		}
		if lax, err := http.ParseTime(s); err != nil || !lax.Equal(got) {
			t.Errorf("%q: %v, and net/http reads %v, %v", s, got, lax, err)
		}
		if again, ok := rfc9111.ParseDate(got.Format(http.TimeFormat)); !ok || !again.Equal(got) {
			t.Errorf("%q: %v does not survive", s, got)
		}
	})
}
