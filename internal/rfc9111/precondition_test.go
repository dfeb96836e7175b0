package rfc9111_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// An entity tag is a quoted string without blanks, after W/ if it is weak; anything else is no
// validator.
// RFC 9110, 8.8.3
func TestParseETag(t *testing.T) {
	for line, want := range map[string]rfc9111.ETag{
		`"a"`: `"a"`, `W/"a"`: `W/"a"`, `""`: `""`, `"a,b"`: `"a,b"`, "\"\xfc\"": "\"\xfc\"", `"a\"`: `"a\"`,
		``: "", `a`: "", `"a`: "", `w/"a"`: "", `W"a"`: "", `W\"a"`: "", `"a" b`: "", `"a b"`: "", `"a", "b"`: "", "\"\x7f\"": "",
	} {
		if got := rfc9111.ParseETag([]string{line}); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
	if got := rfc9111.ParseETag([]string{`"a"`, `"a"`}); got != `"a"` {
		t.Errorf("twice the same: %q", got)
	}
	if got := rfc9111.ParseETag([]string{`"a"`, `"b"`}); got != "" {
		t.Errorf("two tags: %q", got)
	}
}

// Two tags are equal strongly if neither is weak and they have the same text, and weakly if they
// have the same text.
// RFC 9110, 8.8.3.2
func TestETagComparison(t *testing.T) { // the table of RFC 9110, section 8.8.3.2
	for _, test := range []struct {
		a, b         rfc9111.ETag
		strong, weak bool
	}{
		{`W/"1"`, `W/"1"`, false, true}, {`W/"1"`, `W/"2"`, false, false}, {`W/"1"`, `"1"`, false, true}, {`"1"`, `"1"`, true, true},
		{"", "", false, false}, {"", `"1"`, false, false},
	} {
		for _, pair := range [][2]rfc9111.ETag{{test.a, test.b}, {test.b, test.a}} {
			if pair[0].StrongEqual(pair[1]) != test.strong || pair[0].WeakEqual(pair[1]) != test.weak {
				t.Errorf("%q and %q", pair[0], pair[1])
			}
		}
	}
}

// Preconditions are evaluated in the order If-Match, If-Unmodified-Since, If-None-Match,
// If-Modified-Since, If-Range; a tag takes precedence over a date.
// RFC 9110, 13.2.2; RFC 9110, 13.1.1; RFC 9110, 13.1.2; RFC 9110, 13.1.3; RFC 9110, 13.1.4
// RFC 9110, 13.1.5; RFC 9111, 4.3.2
func TestEvaluate(t *testing.T) {
	const (
		proceed     = rfc9111.OutcomeProceed
		notModified = rfc9111.OutcomeNotModified
		failed      = rfc9111.OutcomePreconditionFailed
		ignoreRange = rfc9111.OutcomeIgnoreRange
	)
	strong := http.Header{"Etag": {`"a"`}, "Last-Modified": {date(-time.Hour)}, "Date": {date(0)}}
	weak := http.Header{"Etag": {`W/"a"`}, "Last-Modified": {date(0)}, "Date": {date(0)}}
	bare := http.Header{"Date": {date(0)}}
	ask := func(method string, lines ...string) (string, http.Header) {
		header := http.Header{}
		for i := 0; i < len(lines); i += 2 {
			header.Add(lines[i], lines[i+1])
		}
		return method, header
	}
	run := func(rule string, stored http.Header, want rfc9111.Outcome) func(string, http.Header) {
		return func(method string, request http.Header) {
			v := rfc9111.ValidatorsOf(stored, noon)
			if got := v.Evaluate(method, request, noon); got != want {
				t.Errorf("%s: %v: %v, want %v", rule, request, got, want)
			}
		}
	}
	run("no condition", strong, proceed)(ask("GET"))

	run("If-None-Match", strong, notModified)(ask("GET", "If-None-Match", `"a"`))
	run("HEAD too", strong, notModified)(ask("HEAD", "If-None-Match", `"a"`))
	run("other methods fail", strong, failed)(ask("PUT", "If-None-Match", `"a"`))
	run("weakly", strong, notModified)(ask("GET", "If-None-Match", `W/"a"`))
	run("weakly, the other way", weak, notModified)(ask("GET", "If-None-Match", `"a"`))
	run("any of a list", strong, notModified)(ask("GET", "If-None-Match", `"1" ,, "2,\" , W/"a"`))
	run("any of several lines", strong, notModified)(ask("GET", "If-None-Match", `"1"`, "If-None-Match", `"a"`))
	run("none of a list", strong, proceed)(ask("GET", "If-None-Match", `"1", "2"`))
	run("a star", bare, notModified)(ask("GET", "If-None-Match", " * "))
	run("a star in a list is none", strong, proceed)(ask("GET", "If-None-Match", `"1", *`))
	run("no tag to compare with", bare, proceed)(ask("GET", "If-None-Match", `"a"`))
	run("unquoted", strong, proceed)(ask("GET", "If-None-Match", "a"))
	run("behind something malformed", strong, proceed)(ask("GET", "If-None-Match", `x, "a"`))
	run("without a comma", strong, proceed)(ask("GET", "If-None-Match", `"a" "b"`))
	run("it comes before the date", strong, proceed)(ask("GET", "If-None-Match", `"b"`, "If-Modified-Since", date(0)))
	run("even if it is malformed", strong, proceed)(ask("GET", "If-None-Match", "", "If-Modified-Since", date(0)))
	run("and whatever the date", strong, notModified)(ask("GET", "If-None-Match", `"a"`, "If-Modified-Since", date(-2*time.Hour)))

	run("If-Modified-Since", strong, notModified)(ask("GET", "If-Modified-Since", date(-time.Hour)))
	run("a later date", strong, notModified)(ask("GET", "If-Modified-Since", date(-time.Minute)))
	run("an earlier date", strong, proceed)(ask("GET", "If-Modified-Since", date(-2*time.Hour)))
	run("an obsolete date", strong, notModified)(ask("GET", "If-Modified-Since", noon.Format("Monday, 02-Jan-06 15:04:05 GMT")))
	run("an invalid date", strong, proceed)(ask("GET", "If-Modified-Since", "now"))
	run("two dates", strong, proceed)(ask("GET", "If-Modified-Since", date(0), "If-Modified-Since", date(0)))
	run("of other methods", strong, proceed)(ask("POST", "If-Modified-Since", date(0)))
	run("Date for Last-Modified", bare, notModified)(ask("GET", "If-Modified-Since", date(0)))
	run("Date for Last-Modified, earlier", bare, proceed)(ask("GET", "If-Modified-Since", date(-time.Second)))

	run("If-Match", strong, proceed)(ask("GET", "If-Match", `"b", "a"`))
	run("If-Match is strong", weak, failed)(ask("GET", "If-Match", `W/"a"`))
	run("If-Match of another", strong, failed)(ask("GET", "If-Match", `"b"`))
	run("If-Match with a star", bare, proceed)(ask("GET", "If-Match", "*"))
	run("If-Match, and then the rest", strong, notModified)(ask("GET", "If-Match", `"a"`, "If-None-Match", `"a"`))
	run("If-Match before If-Unmodified-Since", strong, proceed)(ask("GET", "If-Match", `"a"`, "If-Unmodified-Since", date(-2*time.Hour)))
	run("If-Unmodified-Since", strong, proceed)(ask("GET", "If-Unmodified-Since", date(-time.Hour)))
	run("modified since", strong, failed)(ask("GET", "If-Unmodified-Since", date(-2*time.Hour)))
	run("an invalid date does not count", strong, proceed)(ask("GET", "If-Unmodified-Since", "never"))
	run("nor without Last-Modified", bare, proceed)(ask("GET", "If-Unmodified-Since", date(-2*time.Hour)))

	run("If-Range", strong, proceed)(ask("GET", "Range", "bytes=0-1", "If-Range", `"a"`))
	run("If-Range of another", strong, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", `"b"`))
	run("If-Range is strong", weak, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", `W/"a"`))
	run("If-Range with the date", strong, proceed)(ask("GET", "Range", "bytes=0-1", "If-Range", date(-time.Hour)))
	run("If-Range with a later date", strong, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", date(0)))
	run("If-Range with a date that is weak", weak, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", date(0)))
	run("If-Range, malformed", strong, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", "a"))
	run("If-Range twice", strong, ignoreRange)(ask("GET", "Range", "bytes=0-1", "If-Range", `"a"`, "If-Range", `"a"`))
	run("If-Range without Range", strong, proceed)(ask("GET", "If-Range", `"b"`))
	run("If-Range of HEAD", strong, proceed)(ask("HEAD", "Range", "bytes=0-1", "If-Range", `"b"`))
	run("304 before If-Range", strong, notModified)(ask("GET", "Range", "bytes=0-1", "If-Range", `"b"`, "If-None-Match", `"a"`))
}

// A condition answers 304 only if it names the tag of the stored response, and always then.
// RFC 9110, 13.1.2
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{"", "*", `"a"`, `W/"a", "b"`, `,"a" x`, `"`, "Sun, 06 Nov 1994 08:49:37 GMT"} {
		f.Add(`"a"`, seed, seed)
	}
	f.Fuzz(func(t *testing.T, tag, list, other string) {
		v := rfc9111.ValidatorsOf(http.Header{"Etag": {tag}}, noon)
		got := v.Evaluate("GET", http.Header{"If-None-Match": {list}, "If-Modified-Since": {other}}, noon)
		if got == rfc9111.OutcomeNotModified && strings.Trim(list, " \t") != "*" && !strings.Contains(list, strings.TrimPrefix(string(v.ETag), "W/")) {
			t.Errorf("%q is in %q", tag, list)
		}
		if got != rfc9111.OutcomeNotModified && v.ETag != "" && v.Evaluate("GET", http.Header{"If-None-Match": {string(v.ETag)}}, noon) != rfc9111.OutcomeNotModified {
			t.Errorf("%q is not itself", v.ETag)
		}
		v.Evaluate("GET", http.Header{"If-Match": {list}, "If-Range": {other}, "Range": {list}, "If-Unmodified-Since": {other}}, noon)
	})
}
