package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// Odd targets and hosts on the wire are the page that they name, or an error.
// RFC 9112, 3.2.2; RFC 9110, 7.1
func TestMalformedTargetsOnTheWire(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = fmt.Fprintf(w, "[%s %s %s]", r.Method, r.Host, r.RequestURI)
	}}
	for mode, p := range modes(t, h) {
		s := newServer(t, p)
		for range 2 {
			for request, want := range map[string]string{
				"GET http://b.test/page HTTP/1.1\r\nHost: a.test":         "[GET b.test /page]",
				"GET http://b.test/page?x HTTP/1.1\r\nHost: b.test":       "[GET b.test /page?x]",
				"GET HTTP://B.test:80/page HTTP/1.1\r\nHost: a.test":      "[GET b.test /page]",
				"GET http://b.test HTTP/1.1\r\nHost: a.test":              "[GET b.test http://b.test]",
				"GET /page HTTP/1.1\r\nHost: a.test":                      "[GET a.test /page]",
				"GET //b.test/page HTTP/1.1\r\nHost: a.test":              "[GET a.test //b.test/page]",
				"GET /a/../page HTTP/1.1\r\nHost: a.test":                 "[GET a.test /a/../page]",
				"GET /%2e%2e/page HTTP/1.1\r\nHost: a.test":               "[GET a.test /%2e%2e/page]",
				"GET /page HTTP/1.1\r\nHost: ":                            "[GET  /page]",
				"GET /page HTTP/1.1\r\nHost: [::1]:99":                    "[GET [::1]:99 /page]",
				"GET /page HTTP/1.0":                                      "[GET  /page]",
				"OPTIONS * HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1": "200 OK",
				"GET * HTTP/1.1\r\nHost: a.test":                          "[GET a.test *]",
				"GET page HTTP/1.1\r\nHost: a.test":                       "400 Bad Request",
				"GET /page HTTP/1.1\r\nHost: a.test\r\nHost: b.test":      "400 Bad Request",
				"GET /pa ge HTTP/1.1\r\nHost: a.test":                     "400 Bad Request",
				"GET /page HTTP/1.1\r\nHost: a.test\r\n X: folded":        "400 Bad Request",
				"GET /page HTTP/1.1\r\nHost: a.test\r\nX Y: 1":            "400 Bad Request",
			} {
				body := ""
				if strings.Contains(request, "Content-Length: 1") {
					body = "x"
				}
				answer := raw(t, s, request+"\r\nConnection: close\r\n\r\n"+body)
				if !strings.Contains(answer, want) {
					t.Errorf("%s: %q: got\n%s\nwant %s", mode, request, answer, want)
				}
			}
		}
	}
}

// A GET with a body bypasses the cache.
// RFC 9110, 9.3.1
func TestAGetWithABodyGoesPastTheCache(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "[%s]", body)
	}}
	for mode, p := range modes(t, h) {
		s := newServer(t, p)
		for _, test := range []struct{ fields, want string }{
			{"Content-Length: 4\r\n\r\nevil", "[evil]"},
			{"Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", "[evil]"},
			{"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "[]"},
			{"Content-Length: 4\r\nExpect: 100-continue\r\n\r\nevil", "[evil]"},
			{"\r\n", "[]"},
			{"\r\n", "[]"},
		} {
			answer := raw(t, s, "GET /page HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n"+test.fields)
			if !strings.HasSuffix(answer, test.want) && !strings.Contains(answer, test.want+"\r\n") {
				t.Errorf("%s: %q: %s", mode, test.fields, answer)
			}
		}
	}
}

// curl runs the real client, if there is one.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "curl", append([]string{"-s", "-i", "--max-time", "20"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl %q: %v: %s", args, err, out)
	}
	return string(out)
}

// curl gets the ranges that it asks for.
// RFC 9110, 14.2
func TestRangesForARealClient(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("there is no curl; TestConditionsAndRangesAreAppliedToEachAnswer does much the same in this process")
		return
	}
	page := strings.Repeat("0123456789", 1000)
	h := answering(page, `ETag: "1"`, "Cache-Control: max-age=60", "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT")
	for mode, p := range modes(t, h) {
		s := newServer(t, p)
		for range 2 {
			for _, test := range []struct {
				args []string
				want []string
			}{
				{[]string{"-r", "0-9"}, []string{"206 Partial", "Content-Range: bytes 0-9/10000", "\r\n\r\n0123456789"}},
				{[]string{"-r", "9995-"}, []string{"206 Partial", "bytes 9995-9999/10000", "\r\n\r\n56789"}},
				{[]string{"-r", "-5"}, []string{"206 Partial", "\r\n\r\n56789"}},
				{[]string{"-r", "0-1,10-12"}, []string{"206 Partial", "multipart/byteranges", "bytes 10-12/10000", "\r\n\r\n012\r\n"}},
				{[]string{"-r", "20000-"}, []string{"416 ", "Content-Range: bytes */10000"}},
				{[]string{"-r", "0-9", "-H", `If-Range: "1"`}, []string{"206 Partial"}},
				{[]string{"-r", "0-9", "-H", `If-Range: "2"`}, []string{"200 OK", "Content-Length: 10000"}},
				{[]string{"-r", "0-9", "-H", "If-Range: Thu, 01 Jan 2015 00:00:00 GMT"}, []string{"206 Partial"}},
				{[]string{"-r", "0-9", "-H", "If-Range: Thu, 01 Jan 2016 00:00:00 GMT"}, []string{"200 OK"}},
				{[]string{"-H", "Range: chapters=1"}, []string{"200 OK", "Content-Length: 10000"}},
				{[]string{"-H", "Range: bytes=" + strings.Repeat("0-,", 500) + "0-"}, []string{"200 OK", "Content-Length: 10000"}},
				{[]string{"-H", `If-None-Match: W/"1"`, "-r", "0-9"}, []string{"304 Not Modified"}},
				{[]string{"-I", "-r", "0-9"}, []string{"200 OK", "Content-Length: 10000"}},
				{[]string{"--compressed"}, []string{"200 OK", page}},
			} {
				if len(fetch(t, s, "GET", "/page").body) != len(page) { // so that it is in the cache
					t.Fatal("no page")
				}
				answer := curl(t, append(test.args, s.URL+"/page")...)
				for _, want := range test.want {
					if !strings.Contains(answer, want) {
						t.Errorf("%s: curl %q: no %.50q in\n%.500s", mode, test.args, want, answer)
					}
				}
			}
		}
	}
}

// A client may get the whole where it asked for a part, and never a part where it asked for the
// whole.
// RFC 9111, 3.3; RFC 9110, 14.2
func TestAPartIsNeverThePage(t *testing.T) {
	page := strings.Repeat("0123456789", 1000)
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		http.ServeContent(w, r, "page.txt", testTime, strings.NewReader(page))
	}}
	for mode, p := range modes(t, h) {
		for _, limit := range []http.Handler{p, modes(t, h, middleware.MaxBody(100))[mode]} {
			s := newServer(t, limit)
			fetch(t, s, "GET", "/page", "Range: bytes=0-9")
			for range 2 {
				fetch(t, s, "GET", "/page").wantBody(t, page)
			}
			if a := fetch(t, s, "GET", "/page", "Range: bytes=0-9"); a.body != "0123456789" && a.body != page {
				t.Errorf("%s: %d %.50q", mode, a.status, a.body)
			}
		}
	}
}
