package rfc9111_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// noon is when the responses of the tests are received.
var noon = time.Date(2026, time.March, 2, 12, 0, 0, 500e6, time.UTC)

// date writes noon and that long after it, as in a field.
func date(after time.Duration) string { return rfc9111.FormatDate(noon.Add(after)) }

// The first value of Age counts, read as delta-seconds; a value that is no non-negative integer is
// ignored.
// RFC 9111, 5.1; RFC 9111, 1.2.2
func TestParseAge(t *testing.T) {
	for _, test := range []struct {
		rule  string
		lines []string
		want  time.Duration
		ok    bool
	}{
		{"no line", nil, 0, false},
		{"an empty line", []string{""}, 0, false},
		{"seconds", []string{"30"}, 30 * time.Second, true},
		{"the first of a list", []string{"7200,0"}, 2 * time.Hour, true},
		{"the first of a list, however small", []string{"0, 7200"}, 0, true},
		{"the first line", []string{"0", "7200"}, 0, true},
		{"no number", []string{"abc"}, 0, false},
		{"a negative number", []string{"-7200"}, 0, false},
		{"a fraction", []string{"7200.0"}, 0, false},
		{"a list whose first element is no number", []string{"a, 1"}, 0, false},
		{"a parameter", []string{"7200;foo=111"}, 2 * time.Hour, true},
		{"more than 2^31", []string{"2147483649"}, most, true},
		{"far more", []string{"99999999999999999999999"}, most, true},
	} {
		if got, ok := rfc9111.ParseAge(test.lines); got != test.want || ok != test.ok {
			t.Errorf("%s: %q: %v, %v", test.rule, test.lines, got, ok)
		}
	}
}

// The age of a response as it arrives is the greater of its apparent age and of Age plus the delay
// of the response.
// RFC 9111, 4.2.3
func TestInitialAge(t *testing.T) {
	for _, test := range []struct {
		rule   string
		header http.Header
		delay  time.Duration
		want   time.Duration
	}{
		{"made just now", http.Header{"Date": {date(0)}}, 0, 0},
		{"without Date", http.Header{}, 0, 0},
		{"with an invalid Date", http.Header{"Date": {"foo"}}, 0, 0},
		{"Date is behind", http.Header{"Date": {date(-time.Hour)}}, 0, time.Hour},
		{"Date is ahead", http.Header{"Date": {date(time.Hour)}}, 0, 0},
		{"Age counts", http.Header{"Date": {date(0)}, "Age": {"60"}}, 0, time.Minute},
		{"and so does the delay, in which it grew", http.Header{"Date": {date(0)}, "Age": {"60"}}, 2 * time.Second, 62 * time.Second},
		{"the greater of Age and Date", http.Header{"Date": {date(-time.Hour)}, "Age": {"60"}}, 0, time.Hour},
		{"an invalid Age is ignored", http.Header{"Age": {"x"}}, time.Second, time.Second},
		{"a clock that goes backwards", http.Header{}, -time.Hour, 0},
		{"numbers do not overflow", http.Header{"Date": {"Mon, 01 Jan 0001 00:00:00 GMT"}, "Age": {"9999999999"}}, 1 << 62, 2 * most},
	} {
		if got := rfc9111.InitialAge(test.header, noon.Add(-test.delay), noon); got != test.want {
			t.Errorf("%s: %v, want %v", test.rule, got, test.want)
		}
	}
}

// The current age is the age on arrival plus the time that the response was stored.
// RFC 9111, 4.2.3
func TestCurrentAge(t *testing.T) {
	for _, test := range []struct{ resident, want time.Duration }{
		{0, time.Minute}, {time.Second, 61 * time.Second}, {-time.Hour, time.Minute}, {1 << 62, most + time.Minute},
	} {
		if got := rfc9111.CurrentAge(time.Minute, noon, noon.Add(test.resident)); got != test.want {
			t.Errorf("after %v: %v", test.resident, got)
		}
	}
}

// Age is sent in whole seconds, never negative, and at most 2147483648.
// RFC 9111, 5.1; RFC 9111, 1.2.2
func TestAppendAge(t *testing.T) {
	for age, want := range map[time.Duration]string{
		0: "0", 999 * time.Millisecond: "0", 61500 * time.Millisecond: "61", -time.Second: "0", 2 * most: "2147483648",
	} {
		if got := string(rfc9111.AppendAge(nil, age)); got != want {
			t.Errorf("%v: %s", age, got)
		}
	}
}

// No value of Age gives a negative age or one above 2^31 seconds.
// RFC 9111, 5.1
func FuzzParseAge(f *testing.F) {
	for _, seed := range []string{"", "0", "0,1", " 7 ", "-1", "1;a", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		age, ok := rfc9111.ParseAge([]string{line})
		if age < 0 || age > most || !ok && age != 0 {
			t.Errorf("%q: %v, %v", line, age, ok)
		}
		again, _ := rfc9111.ParseAge([]string{string(rfc9111.AppendAge(nil, age))})
		if again != age {
			t.Errorf("%q: %v is written as %v", line, age, again)
		}
		if n, err := strconv.ParseUint(line, 10, 31); err == nil && age != time.Duration(n)*time.Second {
			t.Errorf("%q: %v", line, age)
		}
	})
}
