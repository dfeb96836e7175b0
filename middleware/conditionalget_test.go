package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// conditional returns h with an ETag for each response of up to 100 bytes.
func conditional(h http.Handler) http.Handler { return middleware.ConditionalGet(100)(h) }

// ConditionalGet gives a response a weak ETag of its content and answers conditions by it.
// RFC 9110, 8.8.3; RFC 9110, 13.1.2; Django, ConditionalGetMiddleware
func TestAResponseGetsAnETagOfItsContent(t *testing.T) {
	s := newServer(t, conditional(answering("page")))
	a := fetch(t, s, "GET", "/")
	tag := a.header.Get("Etag")
	if !strings.HasPrefix(tag, `W/"`) || len(tag) < 20 || a.header.Get("Content-Length") != "4" {
		t.Errorf("the header is %q", a.header)
	}
	for fields, want := range map[string]int{
		"If-None-Match: " + tag:                      304,
		"If-None-Match: " + tag[len("W/"):]:          304,
		`If-None-Match: "other", ` + tag:             304,
		"If-None-Match: *":                           304,
		`If-None-Match: "other"`:                     200,
		"If-None-Match: " + strings.Trim(tag, `W/"`): 200,
		"If-Match: *":                                200,
		"If-Match: " + tag:                           412, // which compares strongly (RFC 9110, section 13.1.1)
		`If-Match: "other"`:                          412,
		"If-Match: " + tag[len("W/"):]:               412,
	} {
		a := fetch(t, s, "GET", "/", fields)
		if a.status != want || (a.body != "") != (want == 200) {
			t.Errorf("%s: %d %q, want %d", fields, a.status, a.body, want)
		}
		if want != 412 && a.header.Get("Etag") != tag {
			t.Errorf("%s: the tag is %q", fields, a.header["Etag"])
		}
	}
	if other := fetch(t, newServer(t, conditional(answering("other"))), "GET", "/").header.Get("Etag"); other == tag {
		t.Error("another page has the same tag")
	}
}

// ConditionalGet gives no ETag to responses that are long, empty, flushed, partial, errors or
// no-store, nor to methods other than GET.
// Django, ConditionalGetMiddleware
func TestWhichResponsesGetNoETag(t *testing.T) {
	long := strings.Repeat("x", 101)
	for rule, test := range map[string]struct {
		method string
		serve  http.HandlerFunc
	}{
		"longer than the limit": {"GET", answering(long).serve},
		"longer, and says so":   {"GET", answering(long, "Content-Length: 101").serve},
		"empty":                 {"GET", answering("").serve},
		"HEAD":                  {"HEAD", answering("page").serve},
		"POST":                  {"POST", answering("page").serve},
		"no-store":              {"GET", answering("page", "Cache-Control: private, No-Store").serve},
		"a part":                {"GET", answering("page", "Content-Range: bytes 0-3/10").serve},
		"with a coding":         {"GET", answering("page", "Transfer-Encoding: chunked").serve},
		"an event stream":       {"GET", answering("data: 1\n\n", "Content-Type: text/event-stream; charset=utf-8").serve},
		"an error":              {"GET", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) }},
		"flushed": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "pa")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "ge")
		}},
	} {
		plain := fetch(t, newServer(t, test.serve), test.method, "/")
		a := fetch(t, newServer(t, conditional(test.serve)), test.method, "/", "If-Match: *")
		if a.header["Etag"] != nil {
			t.Errorf("%s: the tag is %q", rule, a.header["Etag"])
		}
		if a.status != plain.status || a.body != plain.body || a.err != nil {
			t.Errorf("%s: %d %q, %v", rule, a.status, a.body, a.err)
		}
	}
}

// A file that is copied to the response gets an ETag of its content.
func TestAFileGetsAnETagToo(t *testing.T) {
	h := middleware.ConditionalGet(1 << 20)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("x", 5000)), 5000))
	}))
	s := newServer(t, h)
	a := fetch(t, s, "GET", "/")
	if len(a.body) != 5000 || a.header["Etag"] == nil || a.header.Get("Content-Length") != "5000" {
		t.Errorf("%d bytes, %q", len(a.body), a.header)
	}
	if a := fetch(t, s, "GET", "/", "If-None-Match: "+a.header.Get("Etag")); a.status != 304 || a.body != "" || a.err != nil {
		t.Errorf("%d, %d bytes, %v", a.status, len(a.body), a.err)
	}
}

// The limit of ConditionalGet is one of whole responses, however they are written.
func TestTheLimitIsOfWholeResponses(t *testing.T) {
	for _, chunk := range []int{1, 33, 100} {
		for total, tagged := range map[int]bool{99: true, 100: true, 101: false, 1000: false} {
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for left := total; left > 0; left -= chunk {
					_, _ = io.WriteString(w, strings.Repeat("x", min(chunk, left)))
				}
			})
			a := ask(conditional(h), "/")
			if (a.header["Etag"] != nil) != tagged || len(a.body) != total {
				t.Errorf("%d bytes in %ds: %d bytes, tag %q", total, chunk, len(a.body), a.header["Etag"])
			}
		}
	}
}

// The handler's own validators take precedence over ConditionalGet's.
// RFC 9110, 13.2.2
func TestValidatorsOfTheHandlerCount(t *testing.T) {
	const modified = "Sun, 21 Oct 2007 23:21:47 GMT"
	for _, test := range []struct {
		rule   string
		fields []string
		status int
	}{
		{"the tag", []string{`If-None-Match: "own"`}, 304},
		{"weakly", []string{`If-None-Match: W/"own"`}, 304},
		{"another tag", []string{`If-None-Match: "other"`}, 200},
		{"the date", []string{"If-Modified-Since: " + modified}, 304},
		{"a later date", []string{"If-Modified-Since: Mon, 18 Oct 2010 16:56:23 GMT"}, 304},
		{"an earlier date", []string{"If-Modified-Since: Sat, 20 Oct 2007 23:21:47 GMT"}, 200},
		{"an invalid date", []string{"If-Modified-Since: Mon, 32 Oct 2010 16:56:23 GMT"}, 200},
		{"the tag over the date", []string{`If-None-Match: "other"`, "If-Modified-Since: " + modified}, 200},
		{"unmodified since", []string{"If-Unmodified-Since: " + modified}, 200},
		{"modified since", []string{"If-Unmodified-Since: Sat, 20 Oct 2007 23:21:47 GMT"}, 412},
		{"nothing", nil, 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			h := answering("page", `Etag: "own"`, "Last-Modified: "+modified, "Cache-Control: no-store", "Vary: Origin",
				"Content-Type: text/plain", "Content-Language: en", "Set-Cookie: a=b", "Expires: 0", "X-Frame-Options: DENY")
			a := fetch(t, newServer(t, conditional(h)), method, "/", test.fields...)
			if a.status != test.status || (a.body != "") != (test.status == 200 && method == "GET") {
				t.Errorf("%s %s: %d %q, want %d", method, test.rule, a.status, a.body, test.status)
			}
			checkFields(t, method+" "+test.rule, a)
		}
	}
}

// checkFields checks which fields a 304 or a 412 has.
func checkFields(t *testing.T, rule string, a answer) {
	t.Helper()
	var with, without []string
	switch a.status {
	case http.StatusNotModified:
		with = []string{"Etag", "Cache-Control", "Vary", "Expires", "Set-Cookie", "X-Frame-Options", "Date"}
		without = []string{"Content-Type", "Content-Length", "Content-Language"}
	case http.StatusPreconditionFailed:
		with = []string{"Vary", "X-Frame-Options"}
		without = []string{"Content-Type", "Content-Language", "Etag", "Last-Modified", "Cache-Control", "Expires"}
	}
	for _, name := range with {
		if a.header[name] == nil {
			t.Errorf("%s: %d lacks %s", rule, a.status, name)
		}
	}
	for _, name := range without {
		if a.header[name] != nil {
			t.Errorf("%s: %d has %s: %q", rule, a.status, name, a.header[name])
		}
	}
}

// A response over the limit of ConditionalGet is answered by its Last-Modified.
// RFC 9110, 13.1.3
func TestOfALongResponseTheDateCounts(t *testing.T) {
	h := answering(strings.Repeat("x", 1000), "Last-Modified: Sun, 21 Oct 2007 23:21:47 GMT")
	s := newServer(t, conditional(h))
	if a := fetch(t, s, "GET", "/", "If-Modified-Since: Sun, 21 Oct 2007 23:21:47 GMT"); a.status != 304 || a.body != "" {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a := fetch(t, s, "GET", "/", "If-Modified-Since: Sat, 20 Oct 2007 23:21:47 GMT"); a.status != 200 || len(a.body) != 1000 {
		t.Errorf("%d %q", a.status, a.body)
	}
}

// If-Modified-Since is ignored if the response has no Last-Modified.
// RFC 9110, 13.1.3
func TestWithoutADateIfModifiedSinceIsIgnored(t *testing.T) {
	for _, h := range []*handler{answering("page"), answering("page", `Etag: "own"`), answering(strings.Repeat("x", 1000))} {
		if a := ask(conditional(h), "/", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"); a.status != 200 || a.body == "" {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
}

// Conditions are evaluated for successful responses only.
// RFC 9110, 13.2.1
func TestConditionsOnlyCountForSuccess(t *testing.T) {
	for _, status := range []int{301, 304, 404, 500} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Etag", `"own"`)
			w.WriteHeader(status)
		})
		if a := ask(conditional(h), "/", `If-Match: "other"`); a.status != status {
			t.Errorf("%d becomes %d", status, a.status)
		}
	}
}

// ConditionalGet with a limit of 0 holds no body and still answers by the handler's validators.
func TestALimitOfZeroHoldsNothing(t *testing.T) {
	h := middleware.ConditionalGet(0)(answering("page"))
	if a := ask(h, "/"); a.header["Etag"] != nil || a.body != "page" {
		t.Errorf("%q, %q", a.header, a.body)
	}
	h = middleware.ConditionalGet(0)(answering("page", `Etag: "own"`))
	if a := ask(h, "/", `If-None-Match: "own"`); a.status != 304 {
		t.Errorf("%d", a.status)
	}
}

// A response that is shorter than its Content-Length gets no ETag.
// RFC 9111, 3.3
func TestATruncatedResponseGetsNoETag(t *testing.T) {
	s := newServer(t, conditional(answering("0123", "Content-Length: 10")))
	if a := fetch(t, s, "GET", "/"); a.err == nil || a.header["Etag"] != nil {
		t.Errorf("it ends as if it were whole: %q, %q", a.body, a.header)
	}
}

// A handler that writes more than its Content-Length gets http.ErrContentLength.
func TestAnOverlongResponseIsTheHandlersError(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "page")
		if _, err := io.WriteString(w, "more"); err != http.ErrContentLength {
			t.Errorf("Write: %v, want ErrContentLength", err)
		}
	})
	fetch(t, newServer(t, conditional(h)), "GET", "/").wantBody(t, "page")
}

// ConditionalGet sends nothing of a response whose handler panics.
func TestHalfAResponseIsNotSentWhenTheHandlerPanics(t *testing.T) {
	h := conditional(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half a pa")
		panic(http.ErrAbortHandler)
	}))
	w := httptest.NewRecorder()
	panicOf(func() { h.ServeHTTP(w, request("GET", "/")) })
	if w.Body.Len() > 0 {
		t.Errorf("%q", w.Body)
	}
}
