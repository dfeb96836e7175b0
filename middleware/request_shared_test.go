package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What a request says that is not in the key of the page has no effect on it.

// viewTTL is for how long the view of faces has a page.
const viewTTL = 12 * time.Second

// modes returns each kind of cache around h, by name, each over a store of its
// own.
func modes(t testing.TB, h http.Handler, opts ...middleware.PageOption) map[string]http.Handler {
	t.Helper()
	return map[string]http.Handler{
		"view":    within(inMemory(t), middleware.CachePage(viewTTL, opts...)(h)),
		"site":    within(inMemory(t), middleware.Site(opts...)(h)),
		"shared":  within(inMemory(t), middleware.Shared(suiting("Shared", opts...)...)(h)),
		"literal": within(inMemory(t), middleware.Shared(suiting("Shared", append([]middleware.PageOption{middleware.Literal()}, opts...)...)...)(h)),
	}
}

// telling returns a handler that shows all of the request that it gets, in a
// response that all may have.
func telling(fields ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		addFields(w.Header(), fields)
		names := make([]string, 0, len(r.Header))
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		_, _ = fmt.Fprintf(w, "%s %s %s %q", r.Method, r.Host, r.RequestURI, names)
	}}
}

// No request field that is not in the key reaches the handler of a shared run.
// RFC 9111, 7.1
func TestNoRequestFieldOfOneClientReachesThePageOfAll(t *testing.T) {
	for _, field := range []string{
		"X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil", "Forwarded: host=evil",
		"X-Original-Url: /evil", "X-Rewrite-Url: /evil", "X-Http-Method-Override: DELETE", "X-Host: evil",
		// WSGI, CGI and PHP do not tell an underscore from a hyphen.
		"X_Forwarded_Host: evil", "X_original-url: /evil", "X_Forwarded_Proto: https",
		// An inner proxy removes what Connection names.
		"Connection: Accept-Language, X-Forwarded-For", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=1",
		"Te: trailers", "Trailer: X", "Expect: 100-continue", "Host: evil",
		"Range: bytes=0-0", "If-Range: \"x\"", "If-Match: \"x\"", "If-None-Match: *",
		"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
	} {
		for mode, p := range modes(t, telling()) {
			send(p, request("GET", "/page", field))
			ask(p, "/page").wantBody(t, `GET example.com /page []`)
			if t.Failed() {
				t.Fatalf("%s: %q", mode, field)
			}
		}
	}
}

// Fields that Connection names are taken out before the key is made, as the proxy takes them out
// before the origin.
// RFC 9110, 7.6.1
func TestWhatConnectionNamesIsNotForTheProxyAloneToTakeOut(t *testing.T) {
	upstream := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Vary", "Accept-Language")
		_, _ = io.WriteString(w, "in "+r.Header.Get("Accept-Language"))
	}))
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, within(inMemory(t), middleware.Shared()(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	})))
	raw(t, s, "GET /page HTTP/1.1\r\nHost: a.test\r\nAccept-Language: de\r\nConnection: close, Accept-Language\r\n\r\n")
	answer := raw(t, s, "GET /page HTTP/1.1\r\nHost: a.test\r\nAccept-Language: de\r\nConnection: close\r\n\r\n")
	if !strings.HasSuffix(answer, "in de") {
		t.Errorf("the page that asks for German: %s", answer)
	}
}

// The handler gets the host in the form that is in the key.
// RFC 9110, 4.2.3; RFC 9110, 7.2
func TestTheHostThatTheHandlerGetsIsThatOfTheKey(t *testing.T) {
	for mode, p := range modes(t, telling()) {
		for _, host := range []string{"A.test:80", "a.test", "a.test:80", "a.test:", "a.test:080"} {
			r := request("GET", "/page")
			r.Host = host
			if a := send(p, r); a.body != `GET a.test /page []` {
				t.Errorf("%s: for %s: %s", mode, host, a.body)
			}
		}
	}
}

// Different hosts have different pages, however odd they are.
// RFC 9110, 7.2
func TestMalformedHostsAreNotEachOther(t *testing.T) {
	hosts := []string{"", "a.test", "a.test:443", "a.test.", "a.test:8080", "[::1]", "[::1]:8080", "xn--a", "a_test", "a.test@b", "a.test/", "a.test:08x", "%61.test"}
	for mode, p := range modes(t, telling()) {
		for range 2 {
			for _, host := range hosts {
				r := request("GET", "/page")
				r.Host = host
				if a := send(p, r); a.body != "GET "+host+" /page []" {
					t.Errorf("%s: for %q: %s", mode, host, a.body)
				}
			}
		}
	}
}

// Fragment and user of a request target do not reach the handler.
// RFC 9110, 7.1; RFC 3986, 3.5
func TestTheFragmentAndTheUserOfATargetReachNobody(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, r.URL.String())
	}}
	for mode, p := range modes(t, h) {
		ask(p, "http://alice:secret@example.com/page?x#evil")
		if a := ask(p, "/page?x"); a.body != "/page?x" {
			t.Errorf("%s: %s", mode, a.body)
		}
	}
}

// A Host field of an HTTP/2 request has no effect beside :authority.
// RFC 9113, 8.3.1
func TestAnHTTP2RequestCannotHideAHost(t *testing.T) {
	s := httptest.NewUnstartedServer(within(inMemory(t), middleware.CachePage(ttl)(telling())))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	for _, fields := range [][]string{{"host: evil"}, nil} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			r.Header[name] = []string{value} // the client sends names as they are
		}
		r.Host = "a.test"
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.ProtoMajor != 2 || strings.Contains(string(body), "evil") || strings.Contains(string(body), `"Host"`) {
			t.Errorf("%s: %s", response.Proto, body)
		}
	}
}

// Odd fields of one client's request do not keep the page from being cached for others.
func TestOneClientCannotKeepAPageOutOfTheCache(t *testing.T) {
	for _, malformed := range []string{
		"Cache-Control: no-store", "Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache",
		"Authorization: Basic x", "Cookie: session=x", "X-Api-Key: x", "Range: bytes=0-0", "If-None-Match: *",
		"Accept-Encoding: identity;q=0", "Upgrade: h2c", "Expect: 100-continue",
	} {
		h := answering("page", "Cache-Control: max-age=60")
		for mode, p := range modes(t, h) {
			for range 3 {
				ask(p, "/page", malformed)
			}
			h.runs.Store(0)
			ask(p, "/page").wantBody(t, "page")
			ask(p, "/page").wantHit(t, "page")
			if h.runs.Load() > 1 || t.Failed() {
				t.Fatalf("%s: after %q the handler runs for everybody", mode, malformed)
			}
		}
	}
}

// CachePage and Site ignore request directives, so that a client cannot force the work.
// RFC 9111, 5.2.1.4
func TestOneClientCannotHaveTheHandlerRunAgainAndAgain(t *testing.T) {
	for _, malformed := range []string{
		"Cache-Control: no-store", "Cache-Control: no-cache", "Cache-Control: max-age=0, min-fresh=99", "Pragma: no-cache", "Cache-Control: only-if-cached",
	} {
		h := answering("page", "Cache-Control: max-age=60")
		for mode, p := range modes(t, h) {
			if mode == "shared" || mode == "literal" {
				continue // which the RFC has obey
			}
			h.runs.Store(0)
			for range 3 {
				ask(p, "/page", malformed).wantBody(t, "page")
			}
			h.wantRuns(t, 1)
		}
	}
}
