package rfc9111_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A validation request has the stored validators in If-None-Match and If-Modified-Since, and no
// condition of the client.
// RFC 9111, 4.3.1
func TestSetConditions(t *testing.T) {
	request := http.Header{"If-None-Match": {`"theirs"`}, "If-Range": {"x"}, "If-Match": {"x"}, "If-Unmodified-Since": {"x"}, "Accept": {"a"}}
	if !rfc9111.IsConditional(request) {
		t.Error("not conditional")
	}
	rfc9111.SetConditions(request, []rfc9111.ETag{`"a"`, "", `W/"b"`}, date(0))
	if diff := cmp.Diff(http.Header{"If-None-Match": {`"a", W/"b"`}, "If-Modified-Since": {date(0)}, "Accept": {"a"}}, request); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	rfc9111.SetConditions(request, nil, "")
	if rfc9111.IsConditional(request) {
		t.Errorf("%v", request)
	}
	for _, test := range []struct {
		stored http.Header
		want   bool
	}{{http.Header{}, false}, {http.Header{"Etag": {"a"}}, false}, {http.Header{"Etag": {`"a"`}}, true}, {http.Header{"Last-Modified": {date(0)}}, true}} {
		if got := rfc9111.MayValidate(test.stored); got != test.want {
			t.Errorf("%v: %v", test.stored, got)
		}
	}
}

// A 304 has the fields of the 200 that caches need, and none that describe the content.
// RFC 9110, 15.4.5
func TestIsInNotModified(t *testing.T) {
	for name, want := range map[string]bool{
		"Etag": true, "Date": true, "Vary": true, "Cache-Control": true, "Expires": true, "Content-Location": true, "Age": true, "X-A": true,
		"Content-Type": false, "Content-Length": false, "Content-Encoding": false, "Content-Range": false, "Last-Modified": false,
	} {
		if got := rfc9111.IsInNotModified(name, true); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !rfc9111.IsInNotModified("Last-Modified", false) {
		t.Error("a 304 without an entity tag lacks Last-Modified")
	}
}

// A 304 replaces the stored fields by its own, except those that describe the body: Content-Length,
// Content-Encoding, Content-Range and the stored tag.
// RFC 9111, 3.2; RFC 9111, 4.3.4
func TestFreshen(t *testing.T) {
	stored := http.Header{
		"Date": {date(-time.Hour)}, "Age": {"7"}, "Etag": {`"a"`}, "Content-Length": {"5"}, "Content-Encoding": {"gzip"}, "Content-Type": {"text/plain"},
		"Content-Range": {"bytes 0-4/5"}, "X-Kept": {"1"}, "X-Replaced": {"1", "2"}, "Cache-Control": {"max-age=1"},
	}
	rfc9111.Freshen(stored, http.Header{
		"Date": {date(0)}, "Etag": {`"b"`}, "Content-Length": {"9"}, "Content-Encoding": {"br"}, "Content-Type": {"text/html"}, "Content-Range": {"x"},
		"Content-Md5": {"x"}, "X-Replaced": {"3"}, "X-New": {"4"}, "Cache-Control": {"max-age=2"}, "Keep-Alive": {"x"}, "Connection": {"x-hop, cache-control"}, "X-Hop": {"1"},
		"Proxy-Authenticate": {"x"}, "Set-Cookie": {"a=b"},
	})
	if diff := cmp.Diff(http.Header{
		"Date": {date(0)}, "Etag": {`"a"`}, "Content-Length": {"5"}, "Content-Encoding": {"gzip"}, "Content-Type": {"text/html"},
		"Content-Range": {"bytes 0-4/5"}, "X-Kept": {"1"}, "X-Replaced": {"3"}, "X-New": {"4"}, "Cache-Control": {"max-age=2"}, "Set-Cookie": {"a=b"},
	}, stored); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	bare := http.Header{}
	rfc9111.Freshen(bare, http.Header{"Etag": {`"a"`}, "Age": {"3"}})
	if diff := cmp.Diff(http.Header{"Etag": {`"a"`}, "Age": {"3"}}, bare); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A 304 with a strong tag freshens each stored response with that tag, one with a weak validator
// the most recent match, and one without a validator the only stored response.
// RFC 9111, 4.3.4
func TestSelected(t *testing.T) {
	stored := func(tag string, modified, made time.Duration) rfc9111.Validators {
		return rfc9111.ValidatorsOf(http.Header{"Etag": {tag}, "Last-Modified": {date(modified)}, "Date": {date(made)}}, noon)
	}
	a := stored(`"a"`, -2*time.Hour, -time.Minute)
	a2 := stored(`"a"`, -2*time.Hour, 0)
	w := stored(`W/"w"`, -time.Hour, -time.Minute)
	w2 := stored(`W/"w"`, -time.Hour, 0)
	for _, test := range []struct {
		rule   string
		header http.Header
		stored []rfc9111.Validators
		want   []int
	}{
		{"all with the same strong tag", http.Header{"Etag": {`"a"`}}, []rfc9111.Validators{a, w, a2}, []int{0, 2}},
		{"none if there is no such", http.Header{"Etag": {`"b"`}}, []rfc9111.Validators{a}, nil},
		{"a strong tag selects the single one that was sent, if that is weak", http.Header{"Etag": {`"w"`}}, []rfc9111.Validators{w}, []int{0}},
		{"and a weak tag one that is strong", http.Header{"Etag": {`W/"a"`}}, []rfc9111.Validators{a}, []int{0}},
		{"of several, a strong tag selects no weak one", http.Header{"Etag": {`"w"`}}, []rfc9111.Validators{a, w}, nil},
		{"the most recent with the same weak tag", http.Header{"Etag": {`W/"w"`}}, []rfc9111.Validators{a, w2, w}, []int{1}},
		{"of equals the last", http.Header{"Etag": {`W/"w"`}}, []rfc9111.Validators{w, w}, []int{1}},
		{"the most recent with the same date", http.Header{"Last-Modified": {date(-2 * time.Hour)}}, []rfc9111.Validators{a, a2, w}, []int{1}},
		{"none with that date", http.Header{"Last-Modified": {date(0)}}, []rfc9111.Validators{a, w}, nil},
		{"no validator, and one is stored", http.Header{}, []rfc9111.Validators{a}, []int{0}},
		{"no validator, and two are", http.Header{}, []rfc9111.Validators{a, w}, nil},
		{"nothing is stored", http.Header{}, nil, nil},
	} {
		got := rfc9111.Selected(rfc9111.ValidatorsOf(test.header, noon), test.stored)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.rule, diff)
		}
	}
}
