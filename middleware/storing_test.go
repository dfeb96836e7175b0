package middleware_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// fields are header fields, each as "Name: value".
type fields = []string

const (
	aSession        = "Cookie: session=1"
	anAuthorization = "Authorization: Bearer 1"
	anAPIKey        = "X-Api-Key: 1"
)

// storing is a response to a request, with the reason why it is not stored, if any.
type storing struct {
	rule     string
	request  fields
	response fields
	opts     []middleware.PageOption
	reason   string
}

// check asks twice for a page: the second answer is a hit if, and only if, the response to
// the first may be stored.
func (s storing) check(t *testing.T) {
	h := answering("page", s.response...)
	p := cached(t, h, s.opts...)
	first, second := ask(p, "/page", s.request...), ask(p, "/page", s.request...)
	first.wantBody(t, "page")
	if s.reason == "" {
		second.wantHit(t, "page")
		h.wantRuns(t, 1)
		return
	}
	first.wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail="+s.reason)
	second.wantStatus(t, "larder; fwd=uri-miss; detail=uncacheable; larder-cause="+s.reason)
	h.wantRuns(t, 2)
}

func checkStoring(t *testing.T, tests []storing) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.rule, test.check)
	}
}

// A response to GET is stored unless something forbids it, and unknown directives forbid nothing.
// RFC 9111, 3; RFC 9111, 5.2.3
func TestAResponseIsStoredUnlessSomethingForbidsIt(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "nothing is said"},
		{rule: "public", response: fields{"Cache-Control: public"}},
		{rule: "an unknown directive", response: fields{"Cache-Control: private-ish, x=\"private\""}},
	})
}

// A response with Set-Cookie is not stored, unless StripSetCookie removes it.
// RFC 9111, 7.3; RFC 6265, 3
func TestAResponseWithSetCookieIsNotStored(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "Set-Cookie", response: fields{"Set-Cookie: a=1"}, reason: "set-cookie"},
		{rule: "Set-Cookie, although public", response: fields{"Set-Cookie: a=1", "Cache-Control: public"}, reason: "set-cookie"},
		{rule: "Set-Cookie, although in no-cache", response: fields{"Set-Cookie: a=1", `Cache-Control: no-cache="Set-Cookie"`}, reason: "set-cookie"},
		{rule: "Set-Cookie that is stripped", response: fields{"Set-Cookie: a=1"}, opts: []middleware.PageOption{middleware.StripSetCookie()}},
	})
}

// A response with private is not stored, qualified or not, in any case and in any line.
// RFC 9111, 3; RFC 9111, 5.2.2.7
func TestAPrivateResponseIsNotStored(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "private", response: fields{"Cache-Control: private"}, reason: "private"},
		{rule: "private, qualified", response: fields{`Cache-Control: private="X-A"`}, reason: "private"},
		{rule: "private, in capitals and with blanks", response: fields{"Cache-Control: max-age=60 ,\tPRIVATE "}, reason: "private"},
		{rule: "private, in a second line", response: fields{"Cache-Control: public", "Cache-Control: private"}, reason: "private"},
		{rule: "private behind a semicolon", response: fields{"Cache-Control: max-age=60; private"}, reason: "private"},
	})
}

// A response with no-store is not stored.
// RFC 9111, 3; RFC 9111, 5.2.2.5
func TestAResponseWithNoStoreIsNotStored(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "no-store", response: fields{"Cache-Control: public, No-Store"}, reason: "no-store"},
		{rule: "no-store, in a second line", response: fields{"Cache-Control: public", "Cache-Control: no-store"}, reason: "no-store"},
	})
}

// A response with no-cache and no validator is not stored, and with no-cache for a field it is
// stored without that field.
// RFC 9111, 5.2.2.4
func TestAResponseWithNoCacheIsNotStored(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "no-cache", response: fields{"Cache-Control: no-cache"}, reason: "no-cache"},
		{rule: "no-cache of a field", response: fields{`Cache-Control: no-cache="X-Other"`}},
		{rule: "no-cache of what says who may have the rest", response: fields{`Cache-Control: no-cache="vary"`, "Vary: Accept"}, reason: "no-cache"},
	})
}

// A response that has expired and has no validator is not stored: s-maxage counts before max-age,
// and max-age before Expires.
// RFC 9111, 4.2.1; RFC 9111, 4.2.3; RFC 9111, 5.2.2.1; RFC 9111, 5.2.2.10; RFC 9111, 5.3
func TestAnExpiredResponseIsNotStored(t *testing.T) {
	future := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	checkStoring(t, []storing{
		{rule: "max-age=0", response: fields{"Cache-Control: max-age=0"}, reason: "expired"},
		{rule: "an invalid max-age", response: fields{"Cache-Control: max-age=-1"}, reason: "expired"},
		{rule: "s-maxage over max-age=0", response: fields{"Cache-Control: max-age=0, s-maxage=60"}},
		{rule: "s-maxage=0 over max-age", response: fields{"Cache-Control: max-age=60, s-maxage=0"}, reason: "expired"},
		{rule: "an age over max-age", response: fields{"Cache-Control: max-age=60", "Age: 60"}, reason: "expired"},
		{rule: "an age under max-age", response: fields{"Cache-Control: max-age=60", "Age: 59"}},
		{rule: "Expires in the past", response: fields{"Expires: Thu, 01 Jan 1970 00:00:00 GMT"}, reason: "expired"},
		{rule: "Expires: 0", response: fields{"Expires: 0"}, reason: "expired"},
		{rule: "Expires: -1", response: fields{"Expires: -1"}, reason: "expired"},
		{rule: "Expires in the future", response: fields{"Expires: " + future}},
		{rule: "max-age over Expires", response: fields{"Expires: 0", "Cache-Control: max-age=60"}},
	})
}

// A response with Vary: *, a malformed Vary or more than 16 names in it is not stored.
// RFC 9111, 4.1; RFC 9110, 12.5.5
func TestAResponseThatVariesOnAnythingIsNotStored(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "Vary: *", response: fields{"Vary: *"}, reason: "vary-any"},
		{rule: "Vary: *, padded and in a second line", response: fields{"Vary: Accept", "Vary: Accept-Language , * "}, reason: "vary-any"},
		{rule: "Vary with what is no name", response: fields{"Vary: Accept Cookie"}, reason: "vary-any"},
		{rule: "Vary with many names", response: fields{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"}, reason: "vary-any"},
		{rule: "Vary with fewer", response: fields{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"}},
	})
}

// A response to a request with Authorization is stored only if it says public or s-maxage, as
// separate and unquoted directives.
// RFC 9111, 3.5; RFC 9111, 5.2.2.9; RFC 9111, 5.2.2.10
func TestAResponseToAuthorizationIsStoredOnlyIfItSaysSo(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "Authorization", request: fields{anAuthorization}, reason: "credentials"},
		{rule: "Authorization and public", request: fields{anAuthorization}, response: fields{"Cache-Control: public"}},
		{rule: "Authorization and s-maxage", request: fields{anAuthorization}, response: fields{"Cache-Control: s-maxage=60"}},
		{rule: "Authorization and public with an argument", request: fields{anAuthorization}, response: fields{`Cache-Control: public="x"`}, reason: "credentials"},
		{rule: "Authorization and s-maxage that is quoted", request: fields{anAuthorization}, response: fields{`Cache-Control: s-maxage="60"`}, reason: "credentials"},
		{rule: "Authorization and must-revalidate", request: fields{anAuthorization}, response: fields{"Cache-Control: must-revalidate"}, reason: "credentials"},
		{rule: "Authorization and max-age", request: fields{anAuthorization}, response: fields{"Cache-Control: max-age=60"}, reason: "credentials"},
	})
}

// A response to a request with a cookie is stored only if it says public or s-maxage, varies on
// Cookie, or an option declares the cookie.
// RFC 9111, 7.3
func TestAResponseToACookieIsStoredOnlyIfSomethingDeclaresIt(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "a cookie", request: fields{aSession}, reason: "credentials"},
		{rule: "a cookie and public", request: fields{aSession}, response: fields{"Cache-Control: public"}},
		{rule: "a cookie and s-maxage", request: fields{aSession}, response: fields{"Cache-Control: s-maxage=60"}},
		{rule: "a cookie and must-revalidate", request: fields{aSession}, response: fields{"Cache-Control: must-revalidate"}, reason: "credentials"},
		{rule: "a cookie and Vary: Cookie", request: fields{aSession}, response: fields{"Vary: cookie"}},
		{rule: "a cookie that is ignored", request: fields{"Cookie: _ga=1; theme-a=2"}, opts: []middleware.PageOption{middleware.IgnoreCookies("_ga", "theme*")}},
		{rule: "a cookie beside one that is ignored", request: fields{"Cookie: _ga=1; session=2"},
			opts: []middleware.PageOption{middleware.IgnoreCookies("_ga")}, reason: "credentials"},
		{rule: "a cookie whose name begins like one that is ignored", request: fields{"Cookie: _gab=1"},
			opts: []middleware.PageOption{middleware.IgnoreCookies("_ga")}, reason: "credentials"},
		{rule: "a cookie in a second line", request: fields{"Cookie: _ga=1", "Cookie: session=2"},
			opts: []middleware.PageOption{middleware.IgnoreCookies("_ga")}, reason: "credentials"},
		{rule: "a cookie that is in the key", request: fields{"Cookie: locale=de"}, opts: []middleware.PageOption{middleware.VaryByCookie("locale")}},
		{rule: "a cookie beside one that is in the key", request: fields{"Cookie: locale=de; session=2"},
			opts: []middleware.PageOption{middleware.VaryByCookie("locale")}, reason: "credentials"},
	})
}

// A response to a request with a credential field is stored only if it says public or s-maxage, or
// varies on the field.
// RFC 9111, 7.3
func TestAResponseToACredentialFieldIsStoredOnlyIfItSaysSo(t *testing.T) {
	checkStoring(t, []storing{
		{rule: "X-Api-Key", request: fields{anAPIKey}, reason: "credentials"},
		{rule: "X-Api-Key and public", request: fields{anAPIKey}, response: fields{"Cache-Control: public"}},
		{rule: "X-Api-Key and Vary", request: fields{anAPIKey}, response: fields{"Vary: X-Api-Key"}},
		{rule: "X-Api-Key and a cookie, and Vary for one of them", request: fields{anAPIKey, aSession}, response: fields{"Vary: X-Api-Key"}, reason: "credentials"},
		{rule: "a field that is declared", request: fields{"X-Token: 1"}, opts: []middleware.PageOption{middleware.CredentialHeaders("x-token")}, reason: "credentials"},
	})
}

// Fields count in whatever case their names are set in the header map.
// RFC 9110, 5.1
func TestDirectivesInLowerCaseNamesAreHeard(t *testing.T) {
	for name, set := range map[string]func(http.Header){
		"set-cookie":    func(h http.Header) { h["set-cookie"] = []string{"a=1"} },
		"cache-control": func(h http.Header) { h["cache-control"] = []string{"private"} },
		"VARY":          func(h http.Header) { h["VARY"] = []string{"*"} },
	} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) { set(w.Header()) }}
		p := cached(t, h)
		ask(p, "/page")
		if ask(p, "/page").isHit() {
			t.Errorf("%s is not heard", name)
		}
	}
}

// Without an option or explicit freshness, only status 200 is stored by CachePage.
// RFC 9111, 3; RFC 9110, 15.1
func TestOnlyStatus200IsStored(t *testing.T) {
	for _, status := range []int{201, 203, 204, 206, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 410, 414, 429, 500, 501, 503, 504} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }}
		p := cached(t, h)
		for range 2 {
			if a := ask(p, "/page"); a.status != status || a.isHit() || a.body != "" {
				t.Errorf("%d: %+v", status, a)
			}
		}
	}
}

// A ttl of 0 stores nothing.
func TestAZeroTTLStoresNothing(t *testing.T) {
	p := within(inMemory(t), middleware.CachePage(0)(answering("page")))
	for range 2 {
		a := ask(p, "/page")
		a.wantBody(t, "page")
		a.wantStatus(t, "larder; fwd=bypass; detail=ttl")
	}
}

// Connection, the fields that it names, and the other fields of one connection are not stored.
// RFC 9111, 3.1; RFC 9110, 7.6.1
func TestHopByHopFieldsAreNotStored(t *testing.T) {
	p := cached(t, answering("page", "Connection: x-hop", "X-Hop: 1", "Keep-Alive: 1", "Te: x", "Proxy-Authenticate: x", "X-End: 1"))
	ask(p, "/page")
	a := ask(p, "/page")
	a.wantHit(t, "page")
	for _, name := range []string{"Connection", "X-Hop", "Keep-Alive", "Te", "Proxy-Authenticate"} {
		if a.header[name] != nil {
			t.Errorf("%s: %q", name, a.header[name])
		}
	}
	if a.header.Get("X-End") != "1" {
		t.Error("X-End is not there")
	}
}

// A response is stored and served with the bytes and the coding that it came with, whether
// its request or the response says no-transform or not.
// RFC 9111, 5.2.1.6; RFC 9111, 5.2.2.6; RFC 9110, 7.7
func TestTheContentIsNotTransformed(t *testing.T) {
	const page = "<p> p a g e </p>\r\n\r\n"
	for name, around := range kindsOfCache {
		for _, says := range []fields{nil, {"Content-Encoding: gzip"}, {"Content-Encoding: gzip", "Cache-Control: max-age=60, no-transform"}} {
			p := within(inMemory(t), around(middleware.MaxBody(100))(answering(page, append(fields{"Cache-Control: max-age=60", "Content-Type: text/html"}, says...)...)))
			for i, asks := range []string{"Cache-Control: no-transform", "X: 1", "Cache-Control: no-transform"} {
				a := ask(p, "/page", "Accept-Encoding: gzip", asks)
				coding := ""
				if says != nil {
					coding = "gzip"
				}
				if a.body != page || a.header.Get("Content-Encoding") != coding || a.header.Get("Content-Type") != "text/html" || a.isHit() != (i > 0) {
					t.Errorf("%s, %q, answer %d: %q %q", name, says, i, a.header, a.body)
				}
			}
		}
	}
}

// A literal cache stores what the RFC allows: a response with Set-Cookie as it is, and one with
// private for a field without that field.
// RFC 9111, 7.3; RFC 9111, 5.2.2.7
func TestALiteralCacheStoresWhatTheRFCAllows(t *testing.T) {
	p := within(inMemory(t), middleware.Shared(middleware.Literal())(answering("page",
		`Cache-Control: max-age=60, private="X-User"`, "X-User: 1", "X-All: 1", "Set-Cookie: a=1")))
	first, hit := ask(p, "/page"), ask(p, "/page")
	if first.header.Get("X-User") != "1" {
		t.Errorf("the first client got %q", first.header)
	}
	hit.wantHit(t, "page")
	if hit.header["X-User"] != nil || hit.header.Get("X-All") != "1" || hit.header.Get("Set-Cookie") != "a=1" {
		t.Errorf("the hit has %q", hit.header)
	}
}
