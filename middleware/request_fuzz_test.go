package middleware_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// Whatever one client sends and a handler answers, nothing panics, and nobody gets a page that was
// not for all. One client sends any request that net/http reads; then others ask as usual.
func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ target, request, response string }{
		{"/page", "", "Cache-Control: max-age=60"},
		{"/page?a=1&a=2;b=%zz#x", "Cookie: a=b; =; c\r\nCookie: d", "Vary: Cookie\r\nCache-Control: public"},
		{"http://other.test/page", "Range: bytes=0-1,2-3,-1", "ETag: \"1\"\r\nCache-Control: max-age=99999999999999999999"},
		{"/page", "Authorization: Basic x\r\nX-Api-Key: y", "Cache-Control: must-revalidate, max-age=60"},
		{"/page", "Cache-Control: max-stale=99999999999, min-fresh=-1, only-if-cached", "Age: 99999999999999\r\nExpires: 0"},
		{"/page", "Accept-Encoding: gzip;q=0, *;q=0.0001, br;q=\"1\"", "Content-Encoding: gzip, , identity\r\nVary: accept-encoding, ,"},
		{"/page", "If-None-Match: W/\"1\", \"2\", *\r\nIf-Modified-Since: Thursday, 01-Jan-70 00:00:00 GMT", "ETag: W/\"1\"\r\nLast-Modified: Thu, 32 Jan 1970 25:61:61 GMT"},
		{"/page", "Connection: close, Cookie, Vary\r\nTe: trailers", "Connection: Vary, Cache-Control, Etag\r\nVary: X\r\nTrailer: X-End"},
		{"/page", "X: 1", "Set-Cookie: a=b\r\nCache-Control: public, max-age=60"},
		{"/page", "X: 1", "Cache-Control: x=\"a, private, no-store"},
		{"/page", "X: 1", "Cache-Control: \tPRIVATE\t;\tx, max-age=60\r\nPragma: x"},
		{"/page", "X: 1", "Cache-Control: private=\"Set-Cookie\", no-cache=\"X\"\r\nSet-Cookie: x"},
		{"/page", "X: 1", "CDN-Cache-Control: max-age=60, private;x=\"\r\nCache-Control: no-store"},
		{"/page", "X: 1", "Vary: *, X\r\nVary: \"*\""},
		{"/page", "X: 1", "Cache-Status: larder; hit, \"larder\"; stored\r\nVia: 1.1 larder"},
		{"/page", "X: 1", "Content-Length: 3\r\nContent-Range: bytes 0-2/3"},
		{"/page", "X: 1", "Content-Length: -1\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream"},
		{"//evil.test/%2e%2e/page", "Host: evil.test", "Location: //evil.test/\r\nContent-Location: \x7f"},
		{"*", "X-Forwarded-Host: evil\r\nX_Forwarded_Host: evil", "Date: yesterday\r\nDate: tomorrow"},
	} {
		for _, status := range []uint16{200, 204, 206, 301, 304, 404, 416, 503} {
			f.Add(seed.target, seed.request, status, seed.response)
		}
	}
	f.Fuzz(func(t *testing.T, target, fields string, status uint16, response string) {
		malformed, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\nX-Mark: attacker\r\n\r\n")))
		if err != nil || malformed.ContentLength > 0 || status < 200 || status > 599 {
			return // no server hands on what it cannot read
		}
		header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(response + "\r\n\r\n"))).ReadMIMEHeader()
		if err != nil {
			return
		}
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if marks := r.Header["X-Mark"]; slices.Equal(marks, []string{"attacker"}) {
				for name, lines := range header {
					w.Header()[name] = slices.Clone(lines)
				}
				w.WriteHeader(int(status))
			} else {
				w.Header().Set("Cache-Control", "max-age=60")
			}
			_, _ = io.WriteString(w, "for "+strings.Join(r.Header["X-Mark"], "+"))
		})
		for mode, p := range fuzzModes(t, h) {
			check := func(a answer) {
				if a.status >= 500 && a.status != int(status) && (a.status != http.StatusGatewayTimeout || !strings.Contains(a.cacheStatus(), "only-if-cached")) {
					t.Errorf("%s: status %d, %s", mode, a.status, a.cacheStatus())
				}
			}
			check(fuzzed(t, p, malformed.Clone(t.Context())))
			for _, method := range []string{"GET", "HEAD", "GET"} {
				victim := request(method, "http://a.test/page", "X-Mark: victim")
				victim.RequestURI = "/page"
				a := fuzzed(t, p, victim)
				check(a)
				shared := strings.Contains(a.body, "attacker") || method == "HEAD" && a.status != 200
				if reason := secret(mode, malformed, header); shared && reason != "" {
					t.Errorf("%s: the victim got the attacker's %q, though %s; %q", mode, a.body, reason, a.header)
				}
				if cookie := a.header["Set-Cookie"]; cookie != nil && mode != "literal" {
					t.Errorf("%s: the victim got the cookie %q", mode, cookie)
				}
				if method == "GET" && a.status == 200 && a.body != "for victim" && a.body != "for attacker" && header["Content-Length"] == nil {
					t.Errorf("%s: the victim got %q", mode, a.body)
				}
			}
		}
	})
}

// fuzzModes are the faces over one store, with key prefixes of their own: a store
// for each would be most of the work.
func fuzzModes(t *testing.T, h http.Handler) map[string]http.Handler {
	caches := inMemory(t)
	return map[string]http.Handler{
		"view":    within(caches, middleware.CachePage(ttl, middleware.KeyPrefix("view"))(h)),
		"site":    within(caches, middleware.Site(middleware.KeyPrefix("site"), middleware.IgnoreCookies("_*"), middleware.Normalize())(h)),
		"shared":  within(caches, middleware.Shared(middleware.KeyPrefix("shared"))(h)),
		"literal": within(caches, middleware.Shared(middleware.KeyPrefix("literal"), middleware.Literal())(h)),
	}
}

// fuzzed sends a request and lets handlers abort, as they may if the header that
// they were told to send makes no sense.
func fuzzed(t *testing.T, p http.Handler, r *http.Request) (a answer) {
	t.Helper()
	w := httptest.NewRecorder()
	if v := panicOf(func() { p.ServeHTTP(w, r) }); v != nil && v != http.ErrAbortHandler {
		t.Errorf("panic: %v", v)
	}
	return answer{status: w.Code, header: w.Result().Header, body: w.Body.String()}
}

// secret says why a response was for the one who asked alone, by looking for
// words where the engine parses. It is empty if this simple look does not tell.
func secret(mode string, r *http.Request, header textproto.MIMEHeader) string {
	control := strings.ToLower(strings.Join(header["Cache-Control"], ","))
	targeted := (mode == "shared" || mode == "literal") && header["Cdn-Cache-Control"] != nil
	allows := strings.Contains(control, "public") || strings.Contains(control, "s-maxage") || strings.Contains(control, "must-revalidate")
	has := func(word string) bool {
		return strings.Contains(control, word) && !strings.Contains(control, `"`) && !targeted && !strings.Contains(control, "must-understand")
	}
	word := func(want string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(control, func(c rune) bool { return strings.ContainsRune(", \t;=", c) }), func(w string) bool { return w == want })
	}
	switch {
	case header["Set-Cookie"] != nil && mode != "literal":
		return "it sets a cookie"
	case has("private") && word("private"):
		return "it is private"
	case has("no-store") && word("no-store"):
		return "it must not be stored"
	case slices.Contains(strings.FieldsFunc(strings.Join(header["Vary"], ","), func(c rune) bool { return strings.ContainsRune(", \t", c) }), "*"):
		return "it varies on anything"
	case r.Header["Authorization"] != nil && !allows && !targeted:
		return "the request had Authorization"
	case r.Header["X-Api-Key"] != nil && !allows && mode != "shared" && mode != "literal" && header["Vary"] == nil:
		return "the request had an API key"
	}
	return ""
}

// Odd header fields of requests and responses harm nobody.
// RFC 9110, 5.5
func TestMalformedFieldsDoNoHarm(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	many := slices.Repeat([]string{"a"}, 10_000)
	for name, lines := range map[string][]string{
		"Cookie": {long}, "Authorization": {long}, "Accept-Language": {long}, "Accept-Encoding": {long}, "Cache-Control": {long},
		"Range": {"bytes=" + strings.Repeat("0-0,", 100_000)}, "If-None-Match": {strings.Repeat(`"x",`, 100_000)},
		"Accept": many, "X-Api-Key": many, "Pragma": many, "If-Match": many, "If-Range": many, "X-Forwarded-Host": many,
		"X\x00": {"\x00\r\n"}, "": {""}, "X-Y": {"\x00"}, " Cookie": {"a=b"}, "If-Modified-Since": {strings.Repeat("9", 10_000)},
	} {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Vary", "Cookie, Accept-Language, Accept, X-Api-Key, X-Y")
			_, _ = io.WriteString(w, "page")
		}}
		for mode, p := range modes(t, h) {
			r := request("GET", "/page")
			r.Header[name] = lines
			a := send(p, r)
			if a.status >= 500 {
				t.Errorf("%s: %.20q: %d", mode, name, a.status)
			}
			ask(p, "/page").wantBody(t, "page")
			ask(p, "/page").wantHit(t, "page")
		}
		// And the same in the response.
		answers := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header()[name] = slices.Clone(lines)
			_, _ = io.WriteString(w, "page")
		}}
		for mode, p := range modes(t, answers) {
			for range 2 {
				if a := ask(p, "/page"); a.status != 200 || a.body != "page" {
					t.Errorf("%s: %.20q in the response: %d %q", mode, name, a.status, a.body)
				}
			}
		}
	}
}

// Numbers and dates that overflow or make no sense give no lifetime that they were not meant to
// give, and no failure.
// RFC 9111, 4.2.1; RFC 9111, 1.2.2; RFC 9111, 5.3
func TestMalformedNumbersAndDatesInResponses(t *testing.T) {
	for _, field := range []string{
		"Cache-Control: max-age=-1", "Cache-Control: max-age=1.5", `Cache-Control: max-age="`, "Cache-Control: max-age=", "Cache-Control: max-age=0x10",
		"Cache-Control: max-age=60, max-age=0", "Cache-Control: s-maxage=0, max-age=60", "Cache-Control: max-age=+60", "Cache-Control: max-age= 60x",
		"Expires: 0", "Expires: -1", "Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Expires: Thu, 01 Jan 2099 00:00:00 +0100", "Expires: 2099-01-01",
		"Expires: Thu, 01 Jan 99999 00:00:00 GMT",
	} {
		for _, mode := range []string{"view", "site", "shared", "literal"} {
			h := answering("page", field)
			p := modes(t, h)[mode]
			for range 3 {
				ask(p, "/page").wantBody(t, "page")
			}
			if h.runs.Load() != 3 {
				t.Errorf("%s: %q was reused: the handler ran %d times", mode, field, h.runs.Load())
			}
		}
	}
	for _, field := range []string{"Age: -1", "Age: 1e9", "Age: x", "Age: " + strings.Repeat("9", 100), "Date: x", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Last-Modified: x", `ETag: "`} {
		for mode, p := range modes(t, answering("page", "Cache-Control: max-age=60", field)) {
			for range 3 {
				a := ask(p, "/page")
				a.wantBody(t, "page")
				if age := a.header.Get("Age"); age != "" && strings.Trim(age, "0123456789") != "" && strings.Contains(a.cacheStatus(), "hit") {
					t.Errorf("%s: %q: Age is %q", mode, field, age)
				}
			}
		}
	}
}

// URLs and variants without end stay within the bounds of the store and of this process's memory.
func TestEndlessURLsAndVariants(t *testing.T) {
	const requests = 5_000 // twice
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		w.Header().Set("Cache-Control", "max-age=60")
		if strings.HasPrefix(r.URL.Path, "/odd") {
			w.Header().Set("Cache-Control", "no-store") // remembered, too
		}
		_, _ = w.Write(make([]byte, 200))
	}}
	for name, target := range map[string]func(i int) (url, language string){
		"URLs":     func(i int) (string, string) { return fmt.Sprint([]string{"/page?", "/odd?"}[i%2], i), "de" },
		"variants": func(i int) (string, string) { return "/page", fmt.Sprint(i) },
	} {
		t.Run(name, func(t *testing.T) {
			caches := newCaches(t, limited)
			p := within(caches, middleware.Shared()(h))
			round := func(from int) uint64 {
				for i := range requests {
					url, language := target(from + i)
					r := request("GET", url, "Accept-Language: "+language)
					p.ServeHTTP(&nowhere{make(http.Header)}, r)
				}
				return heap()
			}
			before := round(0)
			if after := round(requests); after > before+(4<<20) {
				t.Errorf("another %d requests have taken %d bytes of memory", requests, after-before)
			}
			for tries := 0; !ask(p, "/still", "Accept-Language: de").isHit(); tries++ {
				if tries > 100 { // a store may want to see that it is asked for
					t.Fatal("nothing is cached any more")
				}
			}
		})
	}
}
