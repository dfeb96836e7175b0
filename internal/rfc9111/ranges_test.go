package rfc9111_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A malformed Range, another unit, a second line or more bytes than there are is ignored; ranges
// behind the end are dropped, and a Range without any other is not satisfiable.
// RFC 9110, 14.1.2; RFC 9110, 14.2
func TestParseRange(t *testing.T) {
	type ranges = []rfc9111.Range
	const (
		ignored       = rfc9111.RangeIgnored
		satisfiable   = rfc9111.RangeSatisfiable
		unsatisfiable = rfc9111.RangeUnsatisfiable
	)
	for _, test := range []struct {
		rule    string
		lines   []string
		want    ranges
		outcome rfc9111.RangeOutcome
	}{
		{"none", nil, nil, ignored},
		{"first and last", []string{"bytes=0-1"}, ranges{{0, 2}}, satisfiable},
		{"one byte", []string{"bytes=9-9"}, ranges{{9, 1}}, satisfiable},
		{"to the end", []string{"bytes=6-"}, ranges{{6, 4}}, satisfiable},
		{"beyond the end", []string{"bytes=6-99999999999999999999999"}, ranges{{6, 4}}, satisfiable},
		{"the last", []string{"bytes=-3"}, ranges{{7, 3}}, satisfiable},
		{"more than all of the last", []string{"bytes=-99"}, ranges{{0, 10}}, satisfiable},
		{"several, in their order", []string{"Bytes=8-9 ,,\t0-0, -1"}, ranges{{8, 2}, {0, 1}, {9, 1}}, satisfiable},
		{"overlapping", []string{"bytes=0-3,2-4"}, ranges{{0, 4}, {2, 3}}, satisfiable},
		{"one of several", []string{"bytes=10-11,0-0"}, ranges{{0, 1}}, satisfiable},

		{"behind the end", []string{"bytes=10-"}, nil, unsatisfiable},
		{"the last none", []string{"bytes=-0"}, nil, unsatisfiable},
		{"all behind the end", []string{"bytes=10-11,99999999999999999999-"}, nil, unsatisfiable},

		{"another unit", []string{"lines=0-1"}, nil, ignored},
		{"two lines", []string{"bytes=0-1", "bytes=0-1"}, nil, ignored},
		{"backwards", []string{"bytes=2-1"}, nil, ignored},
		{"backwards, among others", []string{"bytes=0-1,5-4"}, nil, ignored},
		{"no range", []string{"bytes="}, nil, ignored},
		{"only commas", []string{"bytes=,,"}, nil, ignored},
		{"only a dash", []string{"bytes=-"}, nil, ignored},
		{"no dash", []string{"bytes=1"}, nil, ignored},
		{"two dashes", []string{"bytes=1-2-3"}, nil, ignored},
		{"a sign", []string{"bytes=+1-2"}, nil, ignored},
		{"a negative suffix", []string{"bytes=--1"}, nil, ignored},
		{"a blank within", []string{"bytes=1 -2"}, nil, ignored},
		{"a blank before the sign", []string{"bytes =1-2"}, nil, ignored},
		{"no sign", []string{"bytes"}, nil, ignored},
		{"hexadecimal", []string{"bytes=0x1-2"}, nil, ignored},
		{"more than there is", []string{"bytes=0-,0-"}, nil, ignored},
		{"too many", []string{"bytes=" + strings.Repeat("0-0,", 17)}, nil, ignored},
		{"too many that do not exist", []string{"bytes=" + strings.Repeat("99-,", 17)}, nil, ignored},
	} {
		got, outcome := rfc9111.ParseRange(test.lines, 10)
		if diff := cmp.Diff(test.want, got); diff != "" || outcome != test.outcome {
			t.Errorf("%s: %q: %v (-want +got)\n%s", test.rule, test.lines, outcome, diff)
		}
	}
	if _, outcome := rfc9111.ParseRange([]string{"bytes=0-"}, 0); outcome != ignored {
		t.Errorf("an empty representation: %v", outcome)
	}
}

// Ranges are written as first and last byte, in the order in which they were asked for.
// RFC 9110, 14.2
func TestAppendRanges(t *testing.T) {
	for line, want := range map[string]string{
		"BYTES=-0": "bytes=10-", "bytes=-3, ,0-0": "bytes=7-9,0-0", "bytes=-0,2-99": "bytes=2-9", "bytes=20-": "bytes=10-",
	} {
		ranges, _ := rfc9111.ParseRange([]string{line}, 10)
		if got := string(rfc9111.AppendRanges(nil, ranges, 10)); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Content-Range names the first byte, the last byte and the length, or * for a length that is
// unknown.
// RFC 9110, 14.4
func TestAppendContentRange(t *testing.T) {
	for want, c := range map[string]rfc9111.ContentRange{
		"bytes 0-4/10": {Range: rfc9111.Range{Start: 0, Length: 5}, Size: 10},
		"bytes 5-9/10": {Range: rfc9111.Range{Start: 5, Length: 5}, Size: 10},
		"bytes 5-9/*":  {Range: rfc9111.Range{Start: 5, Length: 5}, Size: -1},
	} {
		if got := string(rfc9111.AppendContentRange(nil, c)); got != want {
			t.Errorf("%+v is written as %q, want %q", c, got, want)
		}
	}
}

// No Range gives a part outside of the content, more than 16 parts, or more bytes than the content
// has.
// RFC 9110, 14.2; RFC 9110, 17.5
func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"", "bytes=0-1", "bytes=-5,3-", "bytes=99999999999999999999-", "bytes=1-2-3", "bytes=,", "b=0-"} {
		f.Add(seed, int64(10))
	}
	f.Fuzz(func(t *testing.T, line string, size int64) {
		size &= 1<<40 - 1
		ranges, outcome := rfc9111.ParseRange([]string{line}, size)
		total := int64(0)
		for _, r := range ranges {
			if r.Start < 0 || r.Length < 1 || r.Length > size-r.Start {
				t.Errorf("%q of %d: %+v", line, size, r)
			}
			total += r.Length
		}
		if total > size || len(ranges) > 16 || (outcome == rfc9111.RangeSatisfiable) != (len(ranges) > 0) {
			t.Errorf("%q of %d: %v, %v", line, size, outcome, ranges)
		}
	})
}
