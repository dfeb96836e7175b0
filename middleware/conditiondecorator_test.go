package middleware_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// The resource of Django's conditional_processing tests.
const (
	djangoTag      = `"b4246ffc4f62314ca13147c9d4f76974"`
	djangoOtherTag = `"7fae4cd4b0f81e7d2914700043aa8ed6"`
	djangoModified = "Sun, 21 Oct 2007 23:21:47 GMT"
	djangoNewer    = "Mon, 18 Oct 2010 16:56:23 GMT"
	djangoInvalid  = "Mon, 32 Oct 2010 16:56:23 GMT"
	djangoOlder    = "Sat, 20 Oct 2007 23:21:47 GMT"
)

// Condition answers 304 or 412 by its functions, before the handler runs.
// RFC 9110, 13.2.2; RFC 9110, 15.4.5; RFC 9110, 15.5.13; Django, condition
func TestConditionAnswersBeforeTheHandlerRuns(t *testing.T) {
	var (
		both     = middleware.Condition(tagged(djangoTag), modifiedAt(someTime))
		tagOnly  = middleware.ETag(tagged(djangoTag))
		unquoted = middleware.ETag(tagged(strings.Trim(djangoTag, `"`)))
		weak     = middleware.ETag(tagged("W/" + djangoTag))
		dateOnly = middleware.LastModified(modifiedAt(someTime))
		neither  = middleware.Condition(tagged(""), modifiedAt(time.Time{}))
	)
	type fields = []string
	for _, test := range []struct {
		rule        string
		decorate    func(http.Handler) http.Handler
		fields      fields
		get, change int // the status of GET and of PUT
	}{
		// Django's cases, in their order.
		{"no condition", both, nil, 200, 200},
		{"If-Modified-Since", both, fields{"If-Modified-Since: " + djangoModified}, 304, 200},
		{"If-Modified-Since later", both, fields{"If-Modified-Since: " + djangoNewer}, 304, 200},
		{"If-Modified-Since, invalid", both, fields{"If-Modified-Since: " + djangoInvalid}, 200, 200},
		{"If-Modified-Since earlier", both, fields{"If-Modified-Since: " + djangoOlder}, 200, 200},
		{"If-Unmodified-Since", both, fields{"If-Unmodified-Since: " + djangoModified}, 200, 200},
		{"If-Unmodified-Since later", both, fields{"If-Unmodified-Since: " + djangoNewer}, 200, 200},
		{"If-Unmodified-Since, invalid", both, fields{"If-Unmodified-Since: " + djangoInvalid}, 200, 200},
		{"If-Unmodified-Since earlier", both, fields{"If-Unmodified-Since: " + djangoOlder}, 412, 412},
		{"If-None-Match", both, fields{"If-None-Match: " + djangoTag}, 304, 412},
		{"If-None-Match of another", both, fields{"If-None-Match: " + djangoOtherTag}, 200, 200},
		{"If-None-Match, a list", both, fields{"If-None-Match: " + djangoTag + ", " + djangoOtherTag}, 304, 412},
		{"If-None-Match of a weak tag", weak, fields{"If-None-Match: " + djangoTag}, 304, 412},
		{"If-None-Match, both weak", weak, fields{"If-None-Match: W/" + djangoTag}, 304, 412},
		{"If-None-Match, weak", both, fields{"If-None-Match: W/" + djangoTag}, 304, 412},
		{"If-None-Match: *", both, fields{"If-None-Match: *"}, 304, 412},
		{"If-None-Match: * of nothing", neither, fields{"If-None-Match: *"}, 200, 200},
		{"If-Match", both, fields{"If-Match: " + djangoTag}, 200, 200},
		{"If-Match of another", both, fields{"If-Match: " + djangoOtherTag}, 412, 412},
		{"If-Match of a weak tag", weak, fields{"If-Match: " + djangoTag}, 412, 412},
		{"If-Match, both weak", weak, fields{"If-Match: W/" + djangoTag}, 412, 412},
		{"If-Match, weak", both, fields{"If-Match: W/" + djangoTag}, 412, 412},
		{"If-Match: *", both, fields{"If-Match: *"}, 200, 200},
		{"If-Match: * of nothing", neither, fields{"If-Match: *"}, 412, 412},
		{"both for reading", both, fields{"If-Modified-Since: " + djangoModified, "If-None-Match: " + djangoTag}, 304, 412},
		{"the tag is older", both, fields{"If-Modified-Since: " + djangoOlder, "If-None-Match: " + djangoTag}, 304, 412},
		{"the tag is another", both, fields{"If-Modified-Since: " + djangoModified, "If-None-Match: " + djangoOtherTag}, 200, 200},
		{"both are others", both, fields{"If-Modified-Since: " + djangoOlder, "If-None-Match: " + djangoOtherTag}, 200, 200},
		{"both for changing", both, fields{"If-Unmodified-Since: " + djangoModified, "If-Match: " + djangoTag}, 200, 200},
		{"If-Match over the date", both, fields{"If-Unmodified-Since: " + djangoOlder, "If-Match: " + djangoTag}, 200, 200},
		{"If-Match and the date fail", both, fields{"If-Unmodified-Since: " + djangoOlder, "If-Match: " + djangoOtherTag}, 412, 412},
		{"If-Match fails", both, fields{"If-Unmodified-Since: " + djangoModified, "If-Match: " + djangoOtherTag}, 412, 412},
		{"a date only", dateOnly, fields{"If-Modified-Since: " + djangoModified}, 304, 200},
		{"no date", tagOnly, fields{"If-Modified-Since: " + djangoModified}, 200, 200},
		{"a tag only", tagOnly, fields{"If-None-Match: " + djangoTag}, 304, 412},
		{"no tag", dateOnly, fields{"If-None-Match: " + djangoTag}, 200, 200},
		{"a date only, earlier", dateOnly, fields{"If-Modified-Since: " + djangoOlder}, 200, 200},
		{"a tag only, another", tagOnly, fields{"If-None-Match: " + djangoOtherTag}, 200, 200},
		{"a date only, unmodified", dateOnly, fields{"If-Unmodified-Since: " + djangoModified}, 200, 200},
		{"a date only, modified", dateOnly, fields{"If-Unmodified-Since: " + djangoOlder}, 412, 412},
		{"no date, unmodified", tagOnly, fields{"If-Unmodified-Since: " + djangoOlder}, 200, 200}, // Django: 412; RFC 9110, section 13.1.4
		{"an unquoted tag", unquoted, fields{"If-None-Match: " + djangoTag}, 304, 412},
		{"an unquoted tag, another", unquoted, fields{"If-None-Match: " + djangoOtherTag}, 200, 200},
		{"an invalid tag", tagOnly, fields{`If-None-Match: """`}, 200, 200},

		{"several lines", both, fields{"If-None-Match: " + djangoOtherTag, "If-None-Match: " + djangoTag}, 304, 412},
		{"If-Match before If-None-Match", both, fields{"If-Match: " + djangoOtherTag, "If-None-Match: " + djangoTag}, 412, 412},
		{"If-Match: * of a date", dateOnly, fields{"If-Match: *"}, 200, 200}, // Django: 412
		{"If-None-Match: * of a date", dateOnly, fields{"If-None-Match: *"}, 304, 412},
		{"If-Match of nothing", neither, fields{"If-Match: " + djangoTag}, 412, 412},
		{"dates of nothing", neither, fields{"If-Modified-Since: " + djangoNewer, "If-Unmodified-Since: " + djangoOlder}, 200, 200},
	} {
		for method, want := range map[string]int{"GET": test.get, "HEAD": test.get, "PUT": test.change, "DELETE": test.change, "OPTIONS": 200} {
			h := answering("page")
			s := newServer(t, test.decorate(h))
			a := fetch(t, s, method, "/", test.fields...)
			if a.status != want {
				t.Errorf("%s %s: %d, want %d", method, test.rule, a.status, want)
			}
			if (want == 200) != (h.runs.Load() == 1) || want != 200 && a.body != "" {
				t.Errorf("%s %s: %d runs, body %q", method, test.rule, h.runs.Load(), a.body)
			}
			s.Close()
		}
	}
}

// Condition adds its validators to the responses to GET and HEAD only.
// RFC 9110, 8.8
func TestValidatorsAreSentToReaders(t *testing.T) {
	decorate := middleware.Condition(tagged("tag"), modifiedAt(someTime.Add(999*time.Millisecond)))
	for method, told := range map[string]bool{"GET": true, "HEAD": true, "POST": false, "PUT": false, "OPTIONS": false} {
		a := send(decorate(answering("page")), request(method, "/", "If-Match: *"))
		if told && (a.header.Get("Etag") != `"tag"` || a.header.Get("Last-Modified") != djangoModified) ||
			!told && (a.header["Etag"] != nil || a.header["Last-Modified"] != nil) {
			t.Errorf("%s: the header is %q", method, a.header)
		}
	}
	a := ask(decorate(answering("page")), "/", `If-None-Match: "tag"`)
	if a.status != 304 || a.header.Get("Etag") != `"tag"` || a.header["Content-Type"] != nil {
		t.Errorf("%d, %q", a.status, a.header)
	}
}

// Validators that the handler sets are not replaced by those of Condition.
func TestValidatorsOfTheHandlerStay(t *testing.T) {
	decorate := middleware.Condition(tagged("tag"), modifiedAt(someTime))
	a := ask(decorate(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"own"`)
		w.Header().Set("Last-Modified", djangoNewer)
	})), "/")
	if a.header.Get("Etag") != `"own"` || a.header.Get("Last-Modified") != djangoNewer {
		t.Errorf("%q", a.header)
	}
}

// An error gets no validators of the page.
func TestAnErrorHasNoValidatorsOfThePage(t *testing.T) {
	decorate := middleware.Condition(tagged("tag"), modifiedAt(someTime))
	for status, told := range map[int]bool{200: true, 206: true, 301: false, 304: true, 404: false, 500: false} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		a := ask(decorate(h), "/")
		if (a.header["Etag"] != nil) != told || (a.header["Last-Modified"] != nil) != told {
			t.Errorf("%d: %q", status, a.header)
		}
	}
}

// The functions of Condition run only if the method or a condition needs them.
func TestTheFunctionsRunOnlyIfTheyAreNeeded(t *testing.T) {
	runs := 0
	h := middleware.ETag(func(*http.Request) (string, error) { runs++; return "tag", nil })(answering("page"))
	for _, test := range []struct {
		method string
		fields []string
		runs   int
	}{
		{"GET", nil, 1}, {"HEAD", nil, 1}, {"POST", nil, 0}, {"POST", []string{`If-Match: "tag"`}, 1},
		{"OPTIONS", []string{`If-Match: "tag"`}, 0}, {"TRACE", []string{`If-Match: "tag"`}, 0},
	} {
		runs = 0
		if a := send(h, request(test.method, "/", test.fields...)); a.status != 200 || runs != test.runs {
			t.Errorf("%s %q: %d, %d runs, want %d", test.method, test.fields, a.status, runs, test.runs)
		}
	}
}

// When a function of Condition fails, a request that would change something is refused and not run
// unconditionally.
// RFC 9110, 13.1.1
func TestAFailingFunctionLosesNoChange(t *testing.T) {
	for rule, decorate := range map[string]func(http.Handler) http.Handler{
		"the tag fails":      middleware.ETag(func(*http.Request) (string, error) { return "", errors.New("no database") }),
		"the date fails":     middleware.LastModified(func(*http.Request) (time.Time, error) { return time.Time{}, errors.New("no database") }),
		"a tag with a quote": middleware.ETag(tagged(`a"b`)),
		"a tag with a blank": middleware.ETag(tagged("a b")),
		"a tag with a line":  middleware.ETag(tagged("a\r\nSet-Cookie: b")),
	} {
		for _, test := range []struct {
			method string
			fields []string
			status int
		}{
			{"GET", nil, 200}, {"GET", []string{`If-None-Match: "tag"`}, 200}, {"PUT", nil, 200}, {"PUT", []string{`If-Match: "tag"`}, 500},
		} {
			a := send(decorate(answering("page")), request(test.method, "/", test.fields...))
			if a.status != test.status || a.header["Etag"] != nil || a.header["Set-Cookie"] != nil {
				t.Errorf("%s: %s %q: %d, %q", rule, test.method, test.fields, a.status, a.header)
			}
		}
	}
}

// A failing function of Condition is logged unless the client has left. Not parallel: it looks at
// what the program logs.
func TestAFailingFunctionIsLoggedUnlessTheClientHasLeft(t *testing.T) {
	var logged strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)
	h := middleware.ETag(func(*http.Request) (string, error) { return "", errors.New("no database") })(answering("page"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	send(h, request("GET", "/").WithContext(ctx))
	if logged.Len() > 0 {
		t.Errorf("logged: %s", &logged)
	}
	send(h, request("GET", "/"))
	if !strings.Contains(logged.String(), "no database") {
		t.Errorf("logged: %q", &logged)
	}
}

// Last-Modified is compared in whole seconds.
// RFC 9110, 8.8.2
func TestTheDateIsOfWholeSeconds(t *testing.T) {
	h := middleware.LastModified(modifiedAt(someTime.Add(999 * time.Millisecond)))(answering("page"))
	if a := ask(h, "/", "If-Modified-Since: "+djangoModified); a.status != 304 {
		t.Errorf("%d", a.status)
	}
}

// A Last-Modified in the future is sent as now.
// RFC 9110, 8.8.2
func TestADateInTheFutureIsNow(t *testing.T) {
	h := middleware.LastModified(modifiedAt(time.Now().Add(time.Hour)))(answering("page"))
	modified, err := http.ParseTime(ask(h, "/").header.Get("Last-Modified"))
	if err != nil || modified.After(time.Now()) {
		t.Errorf("%v, %v", modified, err)
	}
}

// If-Range is compared with the tag of Condition.
// RFC 9110, 13.1.5
func TestARangeOfAFileIsHeldAgainstTheTag(t *testing.T) {
	h := middleware.ETag(tagged("tag"))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "page.txt", time.Time{}, strings.NewReader("0123456789"))
	}))
	for tag, want := range map[string]string{`"tag"`: "234", `"old"`: "0123456789"} {
		if a := ask(h, "/", "Range: bytes=2-4", "If-Range: "+tag); a.body != want {
			t.Errorf("If-Range: %s: %d %q, want %q", tag, a.status, a.body, want)
		}
	}
	if a := ask(h, "/", "Range: bytes=20-"); a.status != http.StatusRequestedRangeNotSatisfiable || a.header["Etag"] != nil {
		t.Errorf("%d, %q", a.status, a.header)
	}
}

// Condition, ETag and LastModified panic at construction without a function.
func TestAConditionNeedsAFunction(t *testing.T) {
	for name, build := range map[string]func(){
		"Condition":    func() { middleware.Condition(nil, nil) },
		"ETag":         func() { middleware.ETag(nil) },
		"LastModified": func() { middleware.LastModified(nil) },
	} {
		if said, _ := panicOf(build).(string); !strings.Contains(said, "Condition") {
			t.Errorf("%s: %q", name, said)
		}
	}
}

// Of two clients that change what both have read, one gets 412.
// RFC 9110, 13.1.1
func TestOfTwoChangesOneIsRefused(t *testing.T) {
	version := "1"
	h := middleware.ETag(func(*http.Request) (string, error) { return version, nil })(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Method == "PUT" {
				body, _ := io.ReadAll(r.Body)
				version = string(body)
			}
		}))
	read := ask(h, "/").header.Get("Etag")
	var statuses []int
	for _, content := range []string{"2", "3"} {
		r := httptest.NewRequest("PUT", "/", strings.NewReader(content))
		r.Header.Set("If-Match", read)
		statuses = append(statuses, send(h, r).status)
	}
	if statuses[0] != 200 || statuses[1] != 412 || version != "2" {
		t.Errorf("%v, version %s", statuses, version)
	}
}
