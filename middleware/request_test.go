package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
	"github.com/larder-go/larder/middleware"
)

// recordingHandler remembers the last request that it got.
type recordingHandler struct{ last *http.Request }

func (h *recordingHandler) ServeHTTP(_ http.ResponseWriter, r *http.Request) { h.last = r }

// The handler of a shared run does not see request fields that are not in the key.
// RFC 9111, 7.1
func TestTheHandlerDoesNotSeeWhatIsNotInTheKey(t *testing.T) {
	h := new(recordingHandler)
	p := cached(t, h)
	r := request("HEAD", "/page?a=1?",
		"Range: bytes=0-1", "If-Range: x", "If-None-Match: x", "If-Modified-Since: x",
		"Forwarded: host=evil", "X-Forwarded-Host: evil", "X-Forwarded-Proto: evil", "X-Forwarded-For: evil", "X-Forwarded-Prefix: evil",
		"X-Original-Url: /evil", "X-Rewrite-Url: /evil", "X-Http-Method-Override: DELETE", "X-Host: evil",
		"Accept-Encoding: gzip;q=0.5, sdch, br", "User-Agent: kept")
	r.Host = "Example.COM"
	send(p, r)
	if diff := cmp.Diff(http.Header{"User-Agent": {"kept"}, "Accept-Encoding": {"br, gzip;q=0.9"}}, h.last.Header); diff != "" {
		t.Errorf("the header (-want +got)\n%s", diff)
	}
	if h.last.Method != "GET" || h.last.Host != "example.com" || h.last.RequestURI != "/page?a=1?" {
		t.Errorf("%s %s %s", h.last.Method, h.last.Host, h.last.RequestURI)
	}
	if r.Method != "HEAD" || r.Header.Get("Range") == "" || r.Host != "Example.COM" {
		t.Error("the client's request has changed")
	}
}

// The handler sees the query and the cookies as they are in the key.
func TestTheHandlerSeesQueryAndCookiesAsTheyAreInTheKey(t *testing.T) {
	for _, test := range []struct {
		rule   string
		opts   []middleware.PageOption
		target string
		cookie string

		wantQuery, wantCookie string
	}{
		{rule: "as it came", target: "/?b=%31&a=2&&;", cookie: "b=1;a=2", wantQuery: "b=%31&a=2&&;", wantCookie: "b=1; a=2"},
		{rule: "IgnoreQuery", opts: []middleware.PageOption{middleware.IgnoreQuery("utm_*", "fbclid")},
			target: "/?a=1&utm_source=x&%75tm_medium=y&fbclid=z&fbclid2=w&utm_=v", wantQuery: "a=1&fbclid2=w"},
		{rule: "IgnoreQuery, and a parameter that a semicolon hides", opts: []middleware.PageOption{middleware.IgnoreQuery("utm_*")},
			target: "/?utm_x=1;admin=1&a=1", wantQuery: "a=1"},
		{rule: "OnlyQuery", opts: []middleware.PageOption{middleware.OnlyQuery("id", "p_*")},
			target: "/?x=1&id=2&ID=3&p_a=4", wantQuery: "id=2&p_a=4"},
		{rule: "OnlyQuery of nothing", opts: []middleware.PageOption{middleware.OnlyQuery()}, target: "/?x=1&id=2", wantQuery: ""},
		{rule: "SortQuery keeps the order of equal names", opts: []middleware.PageOption{middleware.SortQuery()},
			target: "/?b=2&a=9&%61=1&b=1", wantQuery: "a=9&%61=1&b=2&b=1"},
		{rule: "all three", opts: []middleware.PageOption{middleware.SortQuery(), middleware.OnlyQuery("a", "b", "u*"), middleware.IgnoreQuery("u")},
			target: "/?b=2&u=3&c=4&a=1", wantQuery: "a=1&b=2"},
		{rule: "IgnoreCookies", opts: []middleware.PageOption{middleware.IgnoreCookies("_ga*", "t")},
			target: "/", cookie: "_ga=1; session=2; t=3; _gat=4", wantCookie: "session=2"},
		{rule: "VaryByCookie comes first", opts: []middleware.PageOption{middleware.VaryByCookie("locale")},
			target: "/", cookie: "session=2; locale=de", wantCookie: "locale=de; session=2"},
	} {
		h := new(recordingHandler)
		r := request("GET", test.target)
		if test.cookie != "" {
			r.Header.Set("Cookie", test.cookie)
		}
		_ = r.ParseForm()
		send(cached(t, h, test.opts...), r)
		uri := "/"
		if test.wantQuery != "" {
			uri += "?" + test.wantQuery
		}
		if h.last.URL.RawQuery != test.wantQuery || h.last.RequestURI != uri || h.last.Header.Get("Cookie") != test.wantCookie {
			t.Errorf("%s: query %q, target %q, cookies %q", test.rule, h.last.URL.RawQuery, h.last.RequestURI, h.last.Header.Get("Cookie"))
		}
		if h.last.Form != nil && test.wantQuery != r.URL.RawQuery {
			t.Errorf("%s: the form is %v", test.rule, h.last.Form)
		}
	}
}

// A request target in absolute form is the page of its path.
// RFC 9112, 3.2.2
func TestATargetInAbsoluteFormIsOnePageWithItsPath(t *testing.T) {
	var seen []string
	h := &handler{serve: func(_ http.ResponseWriter, r *http.Request) {
		seen = append(seen, fmt.Sprintf("%s %s %s", r.URL, r.RequestURI, r.Host))
	}}
	s := newServer(t, cached(t, h))
	host := strings.TrimPrefix(s.URL, "http://")
	for _, target := range []string{
		"http://" + host + "/page?q", "evil://" + host + "/page?q", "http://user:secret@" + host + "/page?q", "/page?q",
	} {
		raw(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
	}
	if diff := cmp.Diff([]string{"/page?q /page?q " + host}, seen); diff != "" {
		t.Errorf("the handler has seen (-want +got)\n%s", diff)
	}
}

// Targets that only look alike are different pages. They are such that a careless parser takes
// their path for another.
// RFC 9111, 4; RFC 3986, 6.2.2
func TestTargetsThatOnlyLookAlikeAreDifferentPages(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.String()+" "+r.RequestURI)
	}}
	s := newServer(t, cached(t, h))
	host := strings.TrimPrefix(s.URL, "http://")
	bodies := make(map[string]string)
	for _, target := range []string{
		"/c", "/c/", "//c", "/C", "/%63", "/x/../c", "/c?", "/c?c", "/c?c=", "/c?c&", "/c%3Fc", "/c#", "/c%23",
		"http:/a://b/c", "http://" + host, "http://" + host + "?/c", "a:b://x/c", "http:/c",
	} {
		answer := raw(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		_, body, _ := strings.Cut(answer, "\r\n\r\n")
		if strings.HasPrefix(answer, "HTTP/1.1 400") {
			continue
		}
		if strings.Contains(answer, "larder; hit") && target != "/c?" {
			t.Errorf("%s got the page of %s", target, body)
		}
		bodies[target] = body
	}
	if bodies["/c"] != "/c /c" || bodies["/c?"] != "/c /c" {
		t.Errorf("/c is %q, and /c? is %q", bodies["/c"], bodies["/c?"])
	}
}

// The key has the scheme, the host, the target with its query, and what options put there; nothing
// else makes a difference.
// RFC 9111, 2; RFC 9111, 4
func TestWhatIsInTheKey(t *testing.T) {
	proxies := middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")) // of httptest.NewRequest
	plain := func() *http.Request { return request("GET", "http://example.com/page?a=1") }
	with := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := plain()
			change(r)
			return r
		}
	}
	field := func(name string, lines ...string) func() *http.Request {
		return with(func(r *http.Request) { r.Header[name] = lines })
	}
	target := func(s string) func() *http.Request { return func() *http.Request { return request("GET", s) } }
	cookies := middleware.VaryByCookie("locale")
	for _, test := range []struct {
		rule          string
		first, second func() *http.Request
		opts          []middleware.PageOption
		same          bool
	}{
		{rule: "the same", first: plain, second: plain, same: true},
		{rule: "HEAD", first: plain, second: with(func(r *http.Request) { r.Method = "HEAD" }), same: true},
		{rule: "the case of the host", first: plain, second: target("http://EXAMPLE.com/page?a=1"), same: true},
		{rule: "another host", first: plain, second: target("http://example.org/page?a=1")},
		{rule: "another port", first: plain, second: target("http://example.com:81/page?a=1")},
		{rule: "https", first: plain, second: target("https://example.com/page?a=1")},
		{rule: "the case of the path", first: plain, second: target("http://example.com/Page?a=1")},
		{rule: "an escape in the path", first: target("http://example.com/a/b"), second: target("http://example.com/a%2Fb")},
		{rule: "an escape in the query", first: target("/?x=1%26y=2"), second: target("/?x=1&y=2")},
		{rule: "the order of parameters", first: target("/?x=1&y=2"), second: target("/?y=2&x=1")},
		{rule: "the order of parameters, if sorted", first: target("/?x=1&y=2"), second: target("/?y=2&x=1"), opts: []middleware.PageOption{middleware.SortQuery()}, same: true},
		{rule: "the order of equal parameters, if sorted", first: target("/?x=1&x=2"), second: target("/?x=2&x=1"), opts: []middleware.PageOption{middleware.SortQuery()}},
		{rule: "an ignored parameter", first: plain, second: target("http://example.com/page?utm_x=1&a=1"), opts: []middleware.PageOption{middleware.IgnoreQuery("utm_*")}, same: true},
		{rule: "a parameter that is not allowed", first: plain, second: target("http://example.com/page?a=1&b=2"), opts: []middleware.PageOption{middleware.OnlyQuery("a")}, same: true},
		{rule: "an allowed parameter", first: plain, second: target("http://example.com/page?a=2"), opts: []middleware.PageOption{middleware.OnlyQuery("a")}},

		{rule: "a rewritten path", first: plain, second: with(func(r *http.Request) { r.URL.Path = "/tenant/page" })},
		{rule: "a rewritten raw path", first: plain, second: with(func(r *http.Request) { r.URL.RawPath = "/p%61ge" })},
		{rule: "a rewritten query", first: plain, second: with(func(r *http.Request) { r.URL.RawQuery = "a=2" })},
		{rule: "a rewritten scheme", first: plain, second: func() *http.Request {
			r := request("GET", "/page?a=1")
			r.URL.Scheme = "https"
			return r
		}},

		{rule: "a forwarded host of no trusted proxy", first: plain, second: field("X-Forwarded-Host", "evil.com"), same: true},
		{rule: "a forwarded host", first: plain, second: field("X-Forwarded-Host", "shop.com"), opts: []middleware.PageOption{proxies}},
		{rule: "an empty forwarded host", first: plain, second: field("X-Forwarded-Host", ""), opts: []middleware.PageOption{proxies}},
		{rule: "two forwarded hosts", first: field("X-Forwarded-Host", "a, b"), second: field("X-Forwarded-Host", "a", "b"), opts: []middleware.PageOption{proxies}},
		{rule: "a forwarded protocol", first: plain, second: field("X-Forwarded-Proto", "https"), opts: []middleware.PageOption{proxies}},
		{rule: "a forwarded host for a protocol", first: field("X-Forwarded-Proto", "a"), second: field("X-Forwarded-Host", "a"), opts: []middleware.PageOption{proxies}},
		{rule: "a forwarded address, of a trusted proxy too", first: plain, second: field("X-Forwarded-For", "1.2.3.4"), opts: []middleware.PageOption{proxies}, same: true},

		{rule: "a cookie of the key", first: field("Cookie", "locale=de"), second: field("Cookie", "locale=en"), opts: []middleware.PageOption{cookies}},
		{rule: "no cookie of the key", first: field("Cookie", "locale="), second: plain, opts: []middleware.PageOption{cookies}},
		{rule: "a cookie of the key without a value", first: field("Cookie", "locale="), second: field("Cookie", "locale"), opts: []middleware.PageOption{cookies}},
		{rule: "a cookie of the key twice", first: field("Cookie", "locale=a; locale=b"), second: field("Cookie", "locale=b; locale=a"), opts: []middleware.PageOption{cookies}},
		{rule: "a cookie of the key beside an ignored one", first: field("Cookie", "_ga=1; locale=de"), second: field("Cookie", "locale=de", "_ga=2"),
			opts: []middleware.PageOption{cookies, middleware.IgnoreCookies("_ga")}, same: true},
	} {
		p := cached(t, answering("page"), test.opts...)
		send(p, test.first())
		if a := send(p, test.second()); a.isHit() != test.same {
			t.Errorf("%s: Cache-Status is %q", test.rule, a.cacheStatus())
		}
	}
}

// Pages of one cache with different KeyPrefix are different.
func TestPagesOfOneCacheAreKeptApartByPrefix(t *testing.T) {
	caches := inMemory(t)
	for _, prefix := range []string{"", "a", "b"} {
		p := within(caches, middleware.CachePage(ttl, middleware.KeyPrefix(prefix))(answering("page of "+prefix)))
		ask(p, "/page").wantBody(t, "page of "+prefix)
	}
}

// A prefix that http.StripPrefix removes is a part of the key.
func TestAStrippedPrefixIsAPartOfTheKey(t *testing.T) {
	caches := inMemory(t)
	show := &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI+" as "+r.URL.Path) }}
	p := middleware.CachePage(ttl)(show)
	mux := http.NewServeMux()
	mux.Handle("/a/", http.StripPrefix("/a", p))
	mux.Handle("/b/", http.StripPrefix("/b", p))
	h := within(caches, mux)
	for range 2 {
		ask(h, "/a/page").wantBody(t, "/a/page as /page")
		ask(h, "/b/page").wantBody(t, "/b/page as /page")
	}
	show.wantRuns(t, 2)
}

// A trusted proxy is recognized by the address of its connection.
func TestTrustedProxiesAreKnownByTheirAddress(t *testing.T) {
	for address, trusted := range map[string]bool{
		"10.1.2.3:80":             true,
		"[::ffff:10.1.2.3]:80":    true,
		"[fd00::1]:80":            true,
		"11.1.2.3:80":             false,
		"[::1]:80":                false,
		"10.1.2.3":                false,
		"":                        false,
		"@":                       false,
		"evil, 10.1.2.3:80":       false,
		"[fe80::1%10.1.2.3/8]:80": false,
	} {
		h := new(recordingHandler)
		p := cached(t, h, middleware.TrustProxies(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")))
		r := request("GET", "/", "X-Forwarded-Host: shop.com", "X-Forwarded-Proto: https", "X-Forwarded-For: 1.1.1.1", "Forwarded: x")
		r.RemoteAddr = address
		send(p, r)
		want := http.Header{}
		if trusted {
			want = http.Header{"X-Forwarded-Host": {"shop.com"}, "X-Forwarded-Proto": {"https"}}
		}
		if diff := cmp.Diff(want, h.last.Header); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", address, diff)
		}
	}
}

// Methods other than GET and HEAD, upgrades, bodies and targets without a path bypass the cache,
// and Cache-Status says why.
// RFC 9110, 9.2.3; RFC 9110, 7.8; RFC 9211, 2.2
func TestRequestsThatGoPastTheCache(t *testing.T) {
	h := answering("page")
	for _, test := range []struct {
		request *http.Request
		status  string
	}{
		{request("POST", "/page"), "larder; fwd=method; detail=method"},
		{request("PUT", "/page"), "larder; fwd=method; detail=method"},
		{request("OPTIONS", "/page"), "larder; fwd=method; detail=method"},
		{request("get", "/page"), "larder; fwd=method; detail=method"}, // as unknown as any other
		{httptest.NewRequest("GET", "/page", strings.NewReader("body")), "larder; fwd=bypass; detail=request-body"},
		{httptest.NewRequest("GET", "/page", io.MultiReader(strings.NewReader("chunks"))), "larder; fwd=bypass; detail=request-body"},
		{request("GET", "/page", "Upgrade: websocket"), "larder; fwd=bypass; detail=upgrade"},
		{request("GET", "http://example.com"), "larder; fwd=bypass; detail=target"},
	} {
		p := cached(t, h)
		ask(p, "/page")
		for range 2 {
			send(p, test.request).wantStatus(t, test.status)
		}
		if rfc9111.IsSafe(test.request.Method) {
			ask(p, "/page").wantHit(t, "page")
		}
	}
}
