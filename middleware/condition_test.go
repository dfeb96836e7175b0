package middleware_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// HEAD is answered from the response to GET, and never empties it.
// RFC 9110, 9.3.2; RFC 9111, 4
func TestHeadIsAnsweredFromWhatAGetWouldGive(t *testing.T) {
	for _, first := range []string{"HEAD", "GET"} {
		h := answering("page", "X-Own: 1")
		s := newServer(t, cached(t, h))
		get := fetch(t, s, first, "/page")
		for range 2 {
			head := fetch(t, s, "HEAD", "/page")
			if head.body != "" || head.header.Get("Content-Length") != "4" || head.header.Get("X-Own") != "1" ||
				head.header.Get("Etag") != get.header.Get("Etag") || head.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("after %s: HEAD got %q, %q", first, head.body, head.header)
			}
		}
		fetch(t, s, "GET", "/page").wantHit(t, "page")
		h.wantRuns(t, 1)
	}
}

// HEAD of a page that is not stored has the header of GET and no body.
// RFC 9110, 9.3.2
func TestHeadOfAPageThatIsNotStored(t *testing.T) {
	s := newServer(t, cached(t, answering("page", "Cache-Control: private")))
	if a := fetch(t, s, "HEAD", "/page"); a.body != "" || a.header.Get("Content-Length") != "4" {
		t.Errorf("%q, %q", a.body, a.header)
	}
	fetch(t, s, "GET", "/page").wantBody(t, "page")
}

// The client's conditions and ranges are applied to the answer on a miss, on a hit, and where the
// page is not stored.
// RFC 9111, 4.3.2; RFC 9110, 13.2.2; RFC 9110, 14.2; RFC 9110, 15.4.5
func TestConditionsAndRangesAreAppliedToEachAnswer(t *testing.T) {
	const (
		modified = "Mon, 02 Jan 2006 15:04:05 GMT"
		earlier  = "Sun, 01 Jan 2006 15:04:05 GMT"
		later    = "Tue, 03 Jan 2006 15:04:05 GMT"
	)
	type fields = []string
	for _, test := range []struct {
		rule   string
		fields fields
		status int
		body   string
	}{
		{"If-None-Match", fields{`If-None-Match: "tag"`}, 304, ""},
		{"If-None-Match, weak", fields{`If-None-Match: W/"tag"`}, 304, ""},
		{"If-None-Match, a list", fields{`If-None-Match: "a", "tag"`}, 304, ""},
		{"If-None-Match: *", fields{"If-None-Match: *"}, 304, ""},
		{"If-None-Match of another", fields{`If-None-Match: "other"`}, 200, "0123456789"},
		{"If-None-Match over If-Modified-Since", fields{`If-None-Match: "other"`, "If-Modified-Since: " + later}, 200, "0123456789"},
		{"If-Modified-Since", fields{"If-Modified-Since: " + modified}, 304, ""},
		{"If-Modified-Since before", fields{"If-Modified-Since: " + earlier}, 200, "0123456789"},
		{"If-Match", fields{`If-Match: "tag"`}, 200, "0123456789"},
		{"If-Match of another", fields{`If-Match: "other"`}, 412, ""},
		{"If-Unmodified-Since", fields{"If-Unmodified-Since: " + modified}, 200, "0123456789"},
		{"If-Unmodified-Since before", fields{"If-Unmodified-Since: " + earlier}, 412, ""},
		{"Range", fields{"Range: bytes=2-4"}, 206, "234"},
		{"Range from the end", fields{"Range: bytes=-3"}, 206, "789"},
		{"Range outside", fields{"Range: bytes=20-"}, 416, "invalid range: failed to overlap\n"},
		{"Range in another unit", fields{"Range: pages=1-2"}, 200, "0123456789"},
		{"If-Range", fields{"Range: bytes=2-4", `If-Range: "tag"`}, 206, "234"},
		{"If-Range of another", fields{"Range: bytes=2-4", `If-Range: "other"`}, 200, "0123456789"},
		{"If-Range with a date", fields{"Range: bytes=2-4", "If-Range: " + modified}, 206, "234"},
		{"If-Range, weak", fields{"Range: bytes=2-4", `If-Range: W/"tag"`}, 200, "0123456789"},
	} {
		for _, control := range []string{"public", "private"} {
			h := answering("0123456789", `Etag: "tag"`, "Last-Modified: "+modified, "Cache-Control: "+control, "Vary: Accept")
			s := newServer(t, cached(t, h))
			if wantsPart(test.fields) {
				if control == "private" {
					continue // the handler itself is asked
				}
				fetch(t, s, "GET", "/page")
			}
			for i, when := range []string{"first", "second"} {
				if control == "private" && i > 0 {
					break // the handler itself is asked
				}
				a := fetch(t, s, "GET", "/page", test.fields...)
				if a.status != test.status || a.body != test.body {
					t.Errorf("%s, %s, %s: status %d, body %q", test.rule, control, when, a.status, a.body)
				}
				if a.status == 304 && (a.header.Get("Etag") != `"tag"` || a.header.Get("Cache-Control") != control || a.header.Get("Vary") != "Accept") {
					t.Errorf("%s, %s, %s: 304 has %q", test.rule, control, when, a.header)
				}
				if a.status == 200 && a.header.Get("Content-Length") != "10" {
					t.Errorf("%s, %s, %s: the length is %q", test.rule, control, when, a.header.Get("Content-Length"))
				}
			}
			if control == "public" {
				fetch(t, s, "GET", "/page").wantHit(t, "0123456789")
				h.wantRuns(t, 1)
			}
		}
	}
}

// wantsPart reports whether there are conditions or ranges that are not applied to
// what a run for all gives.
func wantsPart(fields []string) bool {
	return slices.ContainsFunc(fields, func(field string) bool {
		name, _, _ := strings.Cut(field, ": ")
		return name == "Range" || name == "If-Match" || name == "If-Unmodified-Since"
	})
}

// Several ranges are answered by multipart/byteranges.
// RFC 9110, 14.6; RFC 9110, 15.3.7.2
func TestSeveralRanges(t *testing.T) {
	s := newServer(t, cached(t, answering("0123456789", "Content-Type: text/plain")))
	fetch(t, s, "GET", "/page")
	for range 2 {
		a := fetch(t, s, "GET", "/page", "Range: bytes=0-1,8-9")
		if a.status != 206 || !strings.HasPrefix(a.header.Get("Content-Type"), "multipart/byteranges") || !strings.Contains(a.body, "\r\n01\r\n") {
			t.Errorf("%d %q %q", a.status, a.header, a.body)
		}
	}
}

// Range is ignored for HEAD.
// RFC 9110, 14.2
func TestHeadIgnoresRanges(t *testing.T) {
	s := newServer(t, cached(t, answering("0123456789", `Etag: "tag"`)))
	for range 2 {
		for _, extra := range [][]string{nil, {`If-None-Match: "other"`}} {
			if a := fetch(t, s, "HEAD", "/page", append(extra, "Range: bytes=0-1")...); a.status != 200 || a.header.Get("Content-Length") != "10" {
				t.Errorf("%d %q", a.status, a.header)
			}
		}
	}
}

// No Content-Type is guessed for a part of an encoded page.
// RFC 9110, 8.3; RFC 9110, 8.4
func TestARangeOfAnEncodedPageKeepsItsTypeUnset(t *testing.T) {
	s := newServer(t, cached(t, answering("\x1f\x8b\x08zipped", "Content-Encoding: gzip", "Accept-Ranges: bytes")))
	fetch(t, s, "GET", "/page", "Accept-Encoding: gzip")
	for range 2 {
		a := fetch(t, s, "GET", "/page", "Accept-Encoding: gzip", "Range: bytes=0-2")
		if a.status != 206 || a.body != "\x1f\x8b\x08" || a.header["Content-Type"] != nil {
			t.Errorf("%d %q %q", a.status, a.body, a.header)
		}
	}
}

// A response that is shorter than its Content-Length is aborted, whatever the condition or the
// range.
// RFC 9111, 3.3; RFC 9110, 8.6
func TestATruncatedResponseIsNotMadeWholeByACondition(t *testing.T) {
	s := newServer(t, cached(t, answering("0123", "Content-Length: 10", `Etag: "tag"`)))
	for _, fields := range [][]string{{"Range: bytes=0-1"}, {`If-None-Match: "other"`}, nil} {
		if a := fetch(t, s, "GET", fmt.Sprintf("/page?%d", len(fields)), fields...); a.err == nil {
			t.Errorf("%q: the answer ends as if it were whole: %d %q", fields, a.status, a.body)
		}
	}
}

// The conditions that were taken out of a request for a shared run are applied to the response when
// it turns out not to be shared.
// RFC 9110, 13.2.2
func TestConditionsAreAppliedToAResponseThatIsNotForAll(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	for _, fields := range [][]string{{"Cache-Control: private"}, {"Cache-Control: no-store"}, {"Set-Cookie: a=1"}, {"Content-Length: 10000", "X: too large"}} {
		limit := int64(100_000)
		if len(fields) == 2 {
			limit = 5000
		}
		s := newServer(t, cached(t, answering(long, append(fields, `Etag: "v1"`)...), middleware.MaxBody(limit)))
		if a := fetch(t, s, "GET", "/page", `If-None-Match: "v1"`); a.status != 304 || a.body != "" || a.header.Get("Etag") != `"v1"` {
			t.Errorf("%q: %d with %d bytes, %q", fields, a.status, len(a.body), a.header)
		}
		if a := fetch(t, s, "GET", "/other", `If-None-Match: "v0"`); a.status != 200 || a.body != long {
			t.Errorf("%q, of another: %d with %d bytes", fields, a.status, len(a.body))
		}
	}
}

// A 304 for a hit has the fields by which caches update the page, and none that describe its
// content.
// RFC 9110, 15.4.5; RFC 9111, 4.3.2
func TestA304ForAHitHasTheFieldsOfThePage(t *testing.T) {
	p := within(inMemory(t), middleware.Shared()(answering("page", `ETag: "tag"`, "Cache-Control: max-age=60", "Content-Location: /page.en",
		"Expires: Thu, 01 Jan 2099 00:00:00 GMT", "Vary: Accept-Language", "Content-Type: text/html", "Content-Language: en", "X-Own: 1")))
	ask(p, "/page").wantBody(t, "page")
	hit, a := ask(p, "/page"), ask(p, "/page", `If-None-Match: "tag"`)
	if a.status != http.StatusNotModified || a.body != "" {
		t.Fatalf("it got %d %q", a.status, a.body)
	}
	for _, name := range []string{"Cache-Control", "Content-Location", "Date", "Etag", "Expires", "Vary"} {
		if a.header.Get(name) == "" || a.header.Get(name) != hit.header.Get(name) {
			t.Errorf("%s is %q, and %q of the page", name, a.header[name], hit.header[name])
		}
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Language"} {
		if a.header[name] != nil {
			t.Errorf("%s is %q", name, a.header[name])
		}
	}
}
