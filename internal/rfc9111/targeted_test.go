package rfc9111_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A targeted field that is no structured dictionary is ignored except for what it forbids; in a
// well-formed one, a member of the wrong type is ignored alone.
// RFC 9213, 2.1; RFC 9213, 2.2; RFC 9651, 4.2.2
func TestParseTargeted(t *testing.T) {
	type want = rfc9111.Directives
	hour := want{HasMaxAge: true, MaxAge: time.Hour}
	for _, test := range []struct {
		rule  string
		lines []string
		want  want
		ok    bool
	}{
		{"a lifetime", []string{"max-age=3600"}, hour, true},
		{"all kinds of directives", []string{"no-store, no-cache, private, public, must-revalidate, s-maxage=1"},
			want{NoStore: true, NoCache: true, Private: true, PrivateWhole: true, Public: true, MustRevalidate: true, HasSMaxAge: true, SMaxAge: time.Second}, true},
		{"several lines", []string{"public", "max-age=3600"}, want{Public: true, HasMaxAge: true, MaxAge: time.Hour}, true},
		{"a number that is too large", []string{"max-age=99999999999"}, want{HasMaxAge: true, MaxAge: most}, true},
		{"a negative number", []string{"max-age=-1"}, want{HasMaxAge: true}, true},
		{"the last of equals", []string{"max-age=1, max-age=3600"}, hour, true},
		{"unknown directives", []string{"foobar, max-age=3600, x=1.5, y=:YQ==:, z=(a b);q=1, w=@1, v=%\"%c3%a4\""}, hour, true},
		{"parameters are ignored", []string{"max-age=3600;a;b=?0;c=\"x\""}, hour, true},
		{"false is not said", []string{"no-store=?0, private=?0, max-age=3600"}, hour, true},
		{"true is", []string{"no-store=?1"}, want{NoStore: true}, true},
		{"a restriction of another type", []string{"no-store=1, private=2"}, want{NoStore: true, Private: true, PrivateWhole: true}, true},
		{"a permission of another type", []string{"public=1"}, want{}, true},
		{"names of fields", []string{`private="x-a", no-cache=x-b`}, want{Private: true, PrivateFields: []string{"X-A"}, NoCacheFields: []string{"X-B"}}, true},

		{"a string for a lifetime is ignored alone", []string{`max-age="3600"`}, want{}, true},
		{"a decimal for a lifetime", []string{"no-store, max-age=1.5"}, want{NoStore: true}, true},
		{"a list for a lifetime", []string{"max-age=(1 2), s-maxage=3600"}, want{HasSMaxAge: true, SMaxAge: time.Hour}, true},
		{"a lifetime without a value", []string{"max-age, private"}, want{Private: true, PrivateWhole: true}, true},

		{"what forbids in a malformed field", []string{"no-store, max-age=x,"}, want{NoStore: true}, false},
		{"of any case and form there", []string{`Private="x", No-Cache=, max-age = 1`}, want{Private: true, PrivateWhole: true, NoCache: true}, false},
		{"in any of its lines", []string{"max-age=1,", "private"}, want{Private: true, PrivateWhole: true}, false},
		{"nothing", []string{""}, want{}, false},
		{"blanks", []string{"  "}, want{}, false},
		{"upper case", []string{"Max-Age=3600"}, want{}, false},
		{"a blank before the sign", []string{"max-age =3600"}, want{}, false},
		{"a blank after the sign", []string{"max-age= 3600"}, want{}, false},
		{"something else", []string{"max-age=3600, &&&&&"}, want{}, false},
		{"a comma at the end", []string{"max-age=3600,"}, want{}, false},
		{"an empty member", []string{"max-age=3600,,public"}, want{}, false},
		{"a line that is empty", []string{"max-age=3600", ""}, want{}, false},
		{"a semicolon with a value behind", []string{"max-age=3600; 1"}, want{}, false},
		{"no comma", []string{"public max-age=3600"}, want{}, false},
		{"16 digits", []string{"max-age=1000000000000000"}, want{}, false},
		{"a string that does not end", []string{`a="b`}, want{}, false},
		{"a list that does not end", []string{"a=(b"}, want{}, false},
		{"a list without blanks", []string{`a=("b""c")`}, want{}, false},
		{"neither true nor false", []string{"a=?2"}, want{}, false},
		{"no base64", []string{"a=:_:"}, want{}, false},
		{"a date with a fraction", []string{"a=@1.5"}, want{}, false},
		{"a display string that is no UTF-8", []string{`a=%"%ff"`}, want{}, false},
		{"a display string with capitals", []string{`a=%"%C3%A4"`}, want{}, false},
	} {
		got, ok := rfc9111.ParseTargeted(test.lines)
		if diff := cmp.Diff(test.want, got); diff != "" || ok != test.ok {
			t.Errorf("%s: %q: %v (-want +got)\n%s", test.rule, test.lines, ok, diff)
		}
	}
}

// The first well-formed and non-empty field of the target list counts, and Cache-Control only
// without any.
// RFC 9213, 2.2
func TestControlOf(t *testing.T) {
	targets := []string{"Larder-Cache-Control", "Cdn-Cache-Control"}
	for _, test := range []struct {
		rule   string
		header http.Header
		field  string
		maxAge time.Duration
	}{
		{"no targeted field", http.Header{"Cache-Control": {"max-age=1"}}, "Cache-Control", 1},
		{"a targeted field", http.Header{"Cache-Control": {"max-age=1"}, "Cdn-Cache-Control": {"max-age=2"}}, "Cdn-Cache-Control", 2},
		{"the first of two", http.Header{"Larder-Cache-Control": {"max-age=3"}, "Cdn-Cache-Control": {"max-age=2"}}, "Larder-Cache-Control", 3},
		{"the first is malformed", http.Header{"Larder-Cache-Control": {"max-age=x,"}, "Cdn-Cache-Control": {"max-age=2"}}, "Cdn-Cache-Control", 2},
		{"all are empty", http.Header{"Cache-Control": {"max-age=1"}, "Cdn-Cache-Control": {""}}, "Cache-Control", 1},
		{"nothing is said", http.Header{}, "Cache-Control", 0},
		{"of the wrong type alone", http.Header{"Cache-Control": {"max-age=1"}, "Cdn-Cache-Control": {"max-age=2, s-maxage=1.5"}}, "Cdn-Cache-Control", 2},
	} {
		got := rfc9111.ControlOf(test.header, targets)
		if got.Field != test.field || got.MaxAge != test.maxAge*time.Second || got.IsTargeted() != (test.field != "Cache-Control") {
			t.Errorf("%s: %+v", test.rule, got)
		}
	}
}

// A restriction in a targeted field counts even where the field is ignored, which is more careful
// than the RFC.
// RFC 9213, 2.1
func TestWhatATargetedFieldForbidsCountsEvenIfTheFieldIsIgnored(t *testing.T) {
	targets := []string{"Larder-Cache-Control", "Cdn-Cache-Control"}
	for _, header := range []http.Header{
		{"Cache-Control": {"max-age=60"}, "Cdn-Cache-Control": {"no-store, &&&"}},
		{"Cache-Control": {"max-age=60"}, "Cdn-Cache-Control": {"No-Store"}},
		{"Cdn-Cache-Control": {"max-age=60"}, "Larder-Cache-Control": {"no-store;;"}},
		{"Cdn-Cache-Control": {"no-store, max-age=1.5"}},
	} {
		if got := rfc9111.ControlOf(header, targets); !got.NoStore {
			t.Errorf("%q: %+v", header, got)
		}
	}
}

// A malformed targeted field gives restrictions only, and no-store in a further line is always
// heard.
// RFC 9213, 2.1
func FuzzParseTargeted(f *testing.F) {
	for _, seed := range []string{
		"", "max-age=3600", "a;b=1, c=(1 2);d", `a="\"", b=:YQ:`, "a=@1, b=%\"%c3%a4\"", "no-store=?0", "a=-1.5", "*a=*b/c:d", "a=()", "a,", "=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d, ok := rfc9111.ParseTargeted([]string{line})
		forbids := rfc9111.Directives{NoStore: d.NoStore, NoCache: d.NoCache, Private: d.Private, PrivateWhole: d.PrivateWhole}
		if !ok && cmp.Diff(forbids, d) != "" || d.MaxAge < 0 || d.MaxAge > most {
			t.Errorf("%q: %+v, %v", line, d, ok)
		}
		if ok && strings.Trim(line, " ") == "" {
			t.Errorf("%q counts", line)
		}
		restricted, alsoOK := rfc9111.ParseTargeted([]string{line, "no-store"})
		if ok != alsoOK && ok || !restricted.NoStore {
			t.Errorf("%q and no-store: %v, %+v", line, alsoOK, restricted)
		}
	})
}
