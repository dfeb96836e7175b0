package pagetest_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/middleware/pagetest"
)

// fragments is a page that depends on a field without saying so.
func fragments(w io.Writer, r *http.Request) {
	if r.Header.Get("HX-Request") != "" {
		_, _ = io.WriteString(w, "<li>fragment</li>")
		return
	}
	_, _ = io.WriteString(w, "<html><ul><li>fragment</li></ul></html>")
}

func fragmentPage(w http.ResponseWriter, r *http.Request) { fragments(w, r) }

func plainPage(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }

// limited is a handler that answers with a status after a number of requests, up to
// another number.
func limited(next http.HandlerFunc, status int, from, to int32) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if i := n.Add(1); i > from && i <= to {
			http.Error(w, "too many requests", status)
			return
		}
		next(w, r)
	}
}

// wantNotJudged checks the verdict, and that one of the reasons has each of the texts.
func wantNotJudged(t *testing.T, r pagetest.Report, says ...string) {
	t.Helper()
	if r.Verdict() != pagetest.NotJudged {
		t.Errorf("the verdict is %s:\n%s", r.Verdict(), r)
	}
	for _, text := range says {
		if !strings.Contains(r.String(), text) {
			t.Errorf("the report does not say %q:\n%s", text, r)
		}
	}
}

// A page that answers with an error from some request on is reported as not audited, wherever the
// error comes from and whether it ends or not.
func TestAPageThatFailsMidwayIsNotJudged(t *testing.T) {
	const forever = 1 << 30
	for _, status := range []int{403, 429, 500, 503} {
		for _, h := range []http.HandlerFunc{plainPage, fragmentPage} {
			for _, from := range []int32{2, 100, 400} {
				wantNotJudged(t, run(t, pagetest.Auditor{}, minute(limited(h, status, from, forever)), get("/news?a=1")), fmt.Sprint(status))
				wantNotJudged(t, run(t, pagetest.Auditor{}, limited(minute(h).ServeHTTP, status, from, forever), get("/news?a=1")), fmt.Sprint(status))
			}
		}
		wantNotJudged(t, run(t, pagetest.Auditor{}, limited(minute(plainPage).ServeHTTP, status, 20, 60), get("/")), fmt.Sprint(status))
		wantNotJudged(t, run(t, pagetest.Auditor{}, minute(limited(plainPage, status, 20, 60)), get("/")), fmt.Sprint(status))
	}
}

// Failures of one kind are one finding.
func TestTheFailuresOfOneKindAreOneFinding(t *testing.T) {
	r := run(t, pagetest.Auditor{}, minute(limited(plainPage, 429, 20, 1<<30)), get("/"))
	if n := len(r.Findings()); n > 3 {
		t.Errorf("%d findings:\n%s", n, r)
	}
	wantNotJudged(t, r, "more\n\twhy      the page has failed with status 429", "the first answer has status 200, and a later one does not count: the page has failed with status 429")
}

// A finding stays when some requests fail: an outage that ends takes nothing away from what the
// other answers show.
func TestAnUnsafePageStaysUnsafeWhenSomeRequestsFail(t *testing.T) {
	wantUnsafe(t, run(t, pagetest.Auditor{}, minute(limited(fragmentPage, 503, 200, 240)), get("/")), "Hx-Request", "fragment", "VaryByHeader")
}

// inCoding is a page that says it is in a coding, whatever the client accepts.
func inCoding(coding string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", coding)
		h(w, r)
	}
}

// Bodies in an unknown coding are compared as sent: those of the same bytes are the same, and of
// others nothing is known.
func TestBodiesInAnUnknownCodingAreNotSaidToBeTheSame(t *testing.T) {
	random := func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, rand.Uint64()) }
	for _, coding := range []string{"br", "compress", "gzip, br", "dcz"} {
		for _, accepts := range []string{"", coding} {
			wantSafe(t, run(t, pagetest.Auditor{}, minute(inCoding(coding, plainPage)), get("/", "Accept-Encoding: "+accepts)))
			wantNotJudged(t, run(t, pagetest.Auditor{}, minute(inCoding(coding, fragmentPage)), get("/", "Accept-Encoding: "+accepts)),
				"Hx-Request: true", fmt.Sprintf("the body, which cannot be read in the coding %q", coding))
			wantNotJudged(t, run(t, pagetest.Auditor{}, minute(inCoding(coding, random)), get("/", "Accept-Encoding: "+accepts)), "the same request again")
		}
	}
	private := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private")
		random(w, r)
	}
	wantSafe(t, run(t, pagetest.Auditor{}, minute(inCoding("br", private)), get("/")))
}
