package middleware_test

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/middleware"
)

// Of which stored pages a range is cut: RFC 9110, section 14, with compression between the
// cache and the client.

// toBeStored returns a handler whose pages all kinds of caches store.
func toBeStored(content string, fields ...string) *handler {
	return answering(content, append(fields, "Content-Type: text/html", "Cache-Control: max-age=60")...)
}

// A range is cut from a stored page if the handler sent Accept-Ranges, or if the client accepts no
// coding.
// RFC 9110, 14.2; RFC 9110, 14.3
func TestARangeIsCutIfTheHandlerSaysSoOrTheClientAcceptsNoCoding(t *testing.T) {
	synctest.Test(t, aRangeIsCutIfTheHandlerSaysSoOrTheClientAcceptsNoCoding)
}

func aRangeIsCutIfTheHandlerSaysSoOrTheClientAcceptsNoCoding(t *testing.T) {
	type fields = []string
	for _, test := range []struct {
		rule          string
		says, accepts fields
		cut           bool
	}{
		{"neither says anything", nil, nil, true},
		{"no coding", nil, fields{"Accept-Encoding: identity"}, true},
		{"codings are refused", nil, fields{"Accept-Encoding: gzip;q=0, br;q=0.0"}, true},
		{"gzip", nil, fields{"Accept-Encoding: gzip"}, false},
		{"gzip, less than none", nil, fields{"Accept-Encoding: identity, gzip;q=0.1"}, false},
		{"any", nil, fields{"Accept-Encoding: *"}, false},
		{"Accept-Ranges", fields{"Accept-Ranges: bytes"}, fields{"Accept-Encoding: gzip"}, true},
		{"Accept-Ranges in a list, in any case", fields{"Accept-Ranges: pages, BYTES"}, fields{"Accept-Encoding: gzip"}, true},
		{"Accept-Ranges: none", fields{"Accept-Ranges: none"}, nil, false},
		{"Accept-Ranges of another unit", fields{"Accept-Ranges: pages"}, nil, false},
		{"a page that is encoded", fields{"Content-Encoding: gzip"}, fields{"Accept-Encoding: gzip"}, false},
		{"a page that is encoded, and Accept-Ranges", fields{"Content-Encoding: gzip", "Accept-Ranges: bytes"}, fields{"Accept-Encoding: gzip"}, true},
	} {
		for name, around := range kindsOfCache {
			h := toBeStored(film, test.says...)
			p := within(inMemory(t), around()(h))
			ask(p, "/film", test.accepts...)
			synctest.Wait() // a streamed page is stored when its client has it
			a := ask(p, "/film", append(test.accepts, "Range: bytes=2-5")...)
			switch {
			case !a.isHit():
				t.Errorf("%s, %s: %s", test.rule, name, a.cacheStatus())
			case test.cut && (a.status != 206 || a.body != film[2:6] || a.header.Get("Content-Range") != "bytes 2-5/5000"):
				t.Errorf("%s, %s: %d with %d bytes, %q", test.rule, name, a.status, len(a.body), a.header)
			case !test.cut && (a.status != 200 || a.body != film || a.header["Content-Range"] != nil):
				t.Errorf("%s, %s: %d with %d bytes, %q", test.rule, name, a.status, len(a.body), a.header)
			}
		}
	}
}

// Ranges of a stored page are cut by first and last byte, to the end, or from the end; 416 answers
// what lies behind it.
// RFC 9110, 14.1.2; RFC 9110, 14.4; RFC 9110, 15.3.7.1; RFC 9110, 15.5.17
func TestWhichRangesAreCut(t *testing.T) {
	const content = "0123456789"
	for asked, want := range map[string]struct {
		status       int
		body, extent string
	}{
		"bytes=0-1":          {206, "01", "bytes 0-1/10"},
		"BYTES=0-1":          {206, "01", "bytes 0-1/10"}, // units in any case: RFC 9110, section 14.1
		"Bytes=-3":           {206, "789", "bytes 7-9/10"},
		"bytes=-99":          {206, content, "bytes 0-9/10"},
		"bytes=5-999":        {206, "56789", "bytes 5-9/10"},
		"bytes=-0":           {416, "invalid range: failed to overlap\n", "bytes */10"}, // section 14.1.2
		"BYTES=-0":           {416, "invalid range: failed to overlap\n", "bytes */10"},
		"bytes=-0,-00":       {416, "invalid range: failed to overlap\n", "bytes */10"},
		"bytes=10-":          {416, "invalid range: failed to overlap\n", "bytes */10"},
		"bytes=10-,-0,99-99": {416, "invalid range: failed to overlap\n", "bytes */10"},
		"bytes=-0,3-4":       {206, "34", "bytes 3-4/10"},
		"bytes=20-,3-4":      {206, "34", "bytes 3-4/10"},

		// Ignored (section 14.2): malformed, another unit, more than there is, too many.
		"bytes=5-4":                           {200, content, ""},
		"bytes=a-b":                           {200, content, ""},
		"bytes 0-1":                           {200, content, ""},
		"bytes = 0-1":                         {200, content, ""},
		"bytes=0-1-2":                         {200, content, ""},
		"frames=0-1":                          {200, content, ""},
		"bytes":                               {200, content, ""},
		"bytes=":                              {200, content, ""},
		"bytes=0-,0-":                         {200, content, ""},
		"bytes=0-8,1-9":                       {200, content, ""},
		"bytes=" + strings.Repeat("0-0,", 17): {200, content, ""},
		"bytes=" + strings.Repeat(",", 9999) + "0-1":    {206, "01", "bytes 0-1/10"},
		"bytes=0-" + strings.Repeat("9", 9999):          {206, content, "bytes 0-9/10"},
		"bytes=" + strings.Repeat("9", 9999) + "-":      {416, "invalid range: failed to overlap\n", "bytes */10"},
		"bytes=0-1," + strings.Repeat("99999-,", 99999): {200, content, ""},
	} {
		for name, around := range kindsOfCache {
			p := within(inMemory(t), around()(toBeStored(content)))
			ask(p, "/page")
			if a := ask(p, "/page", "Range: "+asked); a.status != want.status || a.body != want.body || a.header.Get("Content-Range") != want.extent {
				t.Errorf("%s: %.40s: %d %q, %q", name, asked, a.status, a.body, a.header)
			}
		}
	}
}

// A literal cache cuts every range from a complete entry, whatever codings the client accepts,
// unless the handler says Accept-Ranges: none.
// RFC 9111, 3.3; RFC 9110, 14.3
func TestALiteralCacheCutsEveryRange(t *testing.T) {
	for said, want := range map[string]int{"": 206, "bytes": 206, "none": 200} {
		h := answering("0123456789", "Cache-Control: max-age=60", "Accept-Ranges: "+said)
		if said == "" {
			h = answering("0123456789", "Cache-Control: max-age=60")
		}
		p := within(inMemory(t), middleware.Shared(middleware.Literal())(h))
		ask(p, "/page")
		if a := ask(p, "/page", "Range: bytes=0-1", "Accept-Encoding: gzip, br"); a.status != want {
			t.Errorf("Accept-Ranges %q: %d, want %d", said, a.status, want)
		}
	}
}

// Several ranges are as many parts of multipart/byteranges.
// RFC 9110, 14.6; RFC 9110, 15.3.7.2
func TestSeveralRangesAreAsManyParts(t *testing.T) {
	p := cached(t, toBeStored("0123456789"))
	ask(p, "/page")
	a := ask(p, "/page", "Range: Bytes=0-1, -0, 1-2,99-,-1")
	if a.status != 206 || !strings.HasPrefix(a.header.Get("Content-Type"), "multipart/byteranges") || strings.Count(a.body, "Content-Range") != 3 ||
		!strings.Contains(a.body, "bytes 9-9/10") || a.header.Get("Content-Length") != fmt.Sprint(len(a.body)) {
		t.Errorf("%d %q %q", a.status, a.header, a.body)
	}
}

// compressors are middleware as it is found outside of a cache.
var compressors = map[string]func(http.Handler) http.Handler{
	// chi, NYTimes/gziphandler, httpcompression, echo: they compress whatever is written.
	"when the status is written": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Encoding")
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				next.ServeHTTP(w, r)
				return
			}
			z := &partZipper{ResponseWriter: w}
			next.ServeHTTP(z, r)
			z.close()
		})
	},
	// gorilla/handlers: the coding is set before the handler runs, which does not see what
	// the client accepts.
	"before the handler runs": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Encoding")
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			r.Header.Del("Accept-Encoding")
			z := &partZipper{ResponseWriter: w}
			next.ServeHTTP(z, r)
			z.close()
		})
	},
}

type partZipper struct {
	http.ResponseWriter
	gzip *gzip.Writer
}

func (z *partZipper) WriteHeader(status int) {
	if status == http.StatusOK || status == http.StatusPartialContent {
		z.Header().Set("Content-Encoding", "gzip")
		z.Header().Del("Content-Length")
		z.gzip = gzip.NewWriter(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *partZipper) Write(p []byte) (int, error) {
	if z.gzip == nil {
		z.WriteHeader(http.StatusOK)
	}
	return z.gzip.Write(p)
}

func (z *partZipper) close() {
	if z.gzip != nil {
		_ = z.gzip.Close()
	}
}

// Compression outside of the cache never compresses a part, since Content-Range would be about
// other bytes.
// RFC 9110, 14.4; RFC 9110, 8.8.1
func TestCompressionOutsideNeverCompressesAPart(t *testing.T) {
	for how, compress := range compressors {
		for name, around := range kindsOfCache {
			for size, content := range map[string]string{"short": "0123456789", "long": film} {
				p := compress(within(inMemory(t), around()(toBeStored(content))))
				tags := make(map[string]bool)
				for _, fields := range [][]string{
					nil, {"Accept-Encoding: gzip"}, {"Range: bytes=2-5"}, {"Accept-Encoding: gzip", "Range: bytes=2-5"}, nil, {"Accept-Encoding: gzip"},
					{"Accept-Encoding: gzip", "Range: bytes=-5"}, {"Accept-Encoding: gzip", "Range: bytes=1-2,4-5"}, {"Accept-Encoding: gzip", "Range: bytes=9999-"},
				} {
					a := ask(p, "/page", fields...)
					if a.status != 200 && a.header.Get("Content-Encoding") != "" {
						t.Errorf("%s, %s, %s: %q: %d %q", how, name, size, fields, a.status, a.header)
					}
					if tag := a.header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
						t.Errorf("%s, %s, %s: %q: ETag %s", how, name, size, fields, tag)
					} else if tag != "" {
						tags[tag] = true
					}
				}
				for tag := range tags {
					if a := ask(p, "/page", "Accept-Encoding: gzip", "If-None-Match: "+tag); a.status != http.StatusNotModified {
						t.Errorf("%s, %s, %s: If-None-Match: %s: %d", how, name, size, tag, a.status)
					}
				}
				if len(tags) > 1 || len(tags) == 0 && name != "Shared" {
					t.Errorf("%s, %s, %s: the tags are %v", how, name, size, tags)
				}
			}
		}
	}
}

// The ETag that the cache generates is weak, so it selects no range and protects no change.
// RFC 9110, 8.8.1; RFC 9110, 13.1.1; RFC 9110, 13.1.5
func TestTheGeneratedTagIsNoStrongOne(t *testing.T) {
	p := cached(t, toBeStored("0123456789"))
	ask(p, "/page")
	tag := ask(p, "/page").header.Get("Etag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("the tag is %s", tag)
	}
	for _, test := range []struct {
		fields []string
		status int
	}{
		{[]string{"If-None-Match: " + tag}, 304},
		{[]string{"If-None-Match: " + tag[2:]}, 304},
		{[]string{"If-Match: " + tag}, 412},
		{[]string{"If-Match: " + tag[2:]}, 412},
		{[]string{"If-Match: *"}, 200},
		{[]string{"Range: bytes=0-1", "If-Range: " + tag}, 200},
		{[]string{"Range: bytes=0-1", "If-Range: " + tag[2:]}, 200},
		{[]string{"Range: bytes=0-1"}, 206},
	} {
		if a := ask(p, "/page", test.fields...); a.status != test.status {
			t.Errorf("%q: %d, want %d", test.fields, a.status, test.status)
		}
	}
}

// A range of a page that is being streamed is cut by the same rule as one of a stored page.
// RFC 9110, 14.2
func TestARangeOfAStreamIsCutByTheSameRule(t *testing.T) {
	for accepts, want := range map[string]int{"identity": 206, "gzip": 200} {
		synctest.Test(t, func(t *testing.T) {
			h, p, whole := inProgress(t, "Content-Length: 5000")
			c := start(t, p, request("GET", "/film", "Range: bytes=100-199", "Accept-Encoding: "+accepts))
			h.write(t, film[3000:])
			h.end()
			if a := c.wait(); a.status != want || a.status == 206 && a.body != film[100:200] || a.status == 200 && a.body != film {
				t.Errorf("%s: %d with %d bytes", accepts, a.status, len(a.body))
			}
			whole.wantWhole(t, film)
			h.wantRuns(t, 1)
		})
	}
}
