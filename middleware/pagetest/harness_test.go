package pagetest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/middleware/pagetest"
)

// tester is a test that an audit may fail.
type tester struct{ errors []string }

func (t *tester) Helper() {}

func (t *tester) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

// get is a request as servers have it.
func get(target string, fields ...string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// minute is CachePage for a minute.
func minute(h http.HandlerFunc, opts ...middleware.PageOption) http.Handler {
	return middleware.CachePage(time.Minute, opts...)(h)
}

// run audits a handler in a bubble, in which waiting takes no time.
func run(t *testing.T, a pagetest.Auditor, h http.Handler, requests ...*http.Request) (report pagetest.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { report = a.Run(h, requests...) })
	return report
}

// wantUnsafe checks that an audit finds just one thing, and what it says of it: a part of
// what was changed, of the change, and of the line to write.
func wantUnsafe(t *testing.T, r pagetest.Report, input, change, line string) {
	t.Helper()
	var unsafe []pagetest.Finding
	for _, f := range r.Findings() {
		if f.Verdict == pagetest.Unsafe {
			unsafe = append(unsafe, f)
		}
	}
	if len(unsafe) == 1 && strings.Contains(unsafe[0].Input, input) && strings.Contains(unsafe[0].Change, change) && strings.Contains(unsafe[0].Line, line) {
		return
	}
	t.Errorf("want one finding with input %q, change %q, line %q; the report is\n%s", input, change, line, r)
}

func wantSafe(t *testing.T, r pagetest.Report) {
	t.Helper()
	if !r.IsSafe() {
		t.Errorf("a safe page is reported:\n%s", r)
	}
}

// wantFindings checks the inputs of all that is unsafe, in order.
func wantFindings(t *testing.T, r pagetest.Report, inputs ...string) {
	t.Helper()
	var unsafe []string
	for _, f := range r.Findings() {
		if f.Verdict == pagetest.Unsafe {
			unsafe = append(unsafe, f.Page+": "+f.Input)
		}
	}
	if strings.Join(unsafe, "\n") != strings.Join(inputs, "\n") {
		t.Errorf("found %q, want %q:\n%s", unsafe, inputs, r)
	}
}

// answer is the response of a handler.
func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}
