package middleware_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// TestWhatIsStored asks twice for a page with the same request, and says
// whether the second answer may be the first one's.
func TestWhatIsStored(t *testing.T) {
	const (
		session = "Cookie: session=1"
		auth    = "Authorization: Bearer 1"
		key     = "X-Api-Key: 1"
	)
	future := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	type fields = []string
	for _, test := range []struct {
		rule     string
		request  fields
		response fields
		opts     []middleware.PageOption
		reason   string // why not
	}{
		{rule: "nothing is said"},
		{rule: "public", response: fields{"Cache-Control: public"}},
		{rule: "an unknown directive", response: fields{"Cache-Control: private-ish, x=\"private\""}},

		{rule: "Set-Cookie", response: fields{"Set-Cookie: a=1"}, reason: "set-cookie"},
		{rule: "Set-Cookie, although public", response: fields{"Set-Cookie: a=1", "Cache-Control: public"}, reason: "set-cookie"},
		{rule: "Set-Cookie, although in no-cache", response: fields{"Set-Cookie: a=1", `Cache-Control: no-cache="Set-Cookie"`}, reason: "set-cookie"},
		{rule: "Set-Cookie that is stripped", response: fields{"Set-Cookie: a=1"}, opts: []middleware.PageOption{middleware.StripSetCookie()}},

		{rule: "private", response: fields{"Cache-Control: private"}, reason: "private"},
		{rule: "private, qualified", response: fields{`Cache-Control: private="X-A"`}, reason: "private"},
		{rule: "private, in capitals and with blanks", response: fields{"Cache-Control: max-age=60 ,\tPRIVATE "}, reason: "private"},
		{rule: "private, in a second line", response: fields{"Cache-Control: public", "Cache-Control: private"}, reason: "private"},
		{rule: "private behind a semicolon", response: fields{"Cache-Control: max-age=60; private"}, reason: "private"},
		{rule: "no-store", response: fields{"Cache-Control: public, No-Store"}, reason: "no-store"},
		{rule: "no-store, in a second line", response: fields{"Cache-Control: public", "Cache-Control: no-store"}, reason: "no-store"},
		{rule: "no-cache", response: fields{"Cache-Control: no-cache"}, reason: "no-cache"},
		{rule: "no-cache of a field", response: fields{`Cache-Control: no-cache="X-Other"`}},
		{rule: "no-cache of what says who may have the rest", response: fields{`Cache-Control: no-cache="vary"`, "Vary: Accept"}, reason: "no-cache"},

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

		{rule: "Vary: *", response: fields{"Vary: *"}, reason: "vary-any"},
		{rule: "Vary: *, padded and in a second line", response: fields{"Vary: Accept", "Vary: Accept-Language , * "}, reason: "vary-any"},
		{rule: "Vary with what is no name", response: fields{"Vary: Accept Cookie"}, reason: "vary-any"},
		{rule: "Vary with many names", response: fields{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"}, reason: "vary-any"},
		{rule: "Vary with fewer", response: fields{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"}},

		{rule: "Authorization", request: fields{auth}, reason: "credentials"},
		{rule: "Authorization and public", request: fields{auth}, response: fields{"Cache-Control: public"}},
		{rule: "Authorization and s-maxage", request: fields{auth}, response: fields{"Cache-Control: s-maxage=60"}},
		{rule: "Authorization and public with an argument", request: fields{auth}, response: fields{`Cache-Control: public="x"`}, reason: "credentials"},
		{rule: "Authorization and s-maxage that is quoted", request: fields{auth}, response: fields{`Cache-Control: s-maxage="60"`}, reason: "credentials"},
		{rule: "Authorization and must-revalidate", request: fields{auth}, response: fields{"Cache-Control: must-revalidate"}, reason: "credentials"},
		{rule: "Authorization and max-age", request: fields{auth}, response: fields{"Cache-Control: max-age=60"}, reason: "credentials"},
		{rule: "a cookie", request: fields{session}, reason: "credentials"},
		{rule: "a cookie and public", request: fields{session}, response: fields{"Cache-Control: public"}},
		{rule: "a cookie and s-maxage", request: fields{session}, response: fields{"Cache-Control: s-maxage=60"}},
		{rule: "a cookie and must-revalidate", request: fields{session}, response: fields{"Cache-Control: must-revalidate"}, reason: "credentials"},
		{rule: "a cookie and Vary: Cookie", request: fields{session}, response: fields{"Vary: cookie"}},
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
		{rule: "X-Api-Key", request: fields{key}, reason: "credentials"},
		{rule: "X-Api-Key and public", request: fields{key}, response: fields{"Cache-Control: public"}},
		{rule: "X-Api-Key and Vary", request: fields{key}, response: fields{"Vary: X-Api-Key"}},
		{rule: "X-Api-Key and a cookie, and Vary for one of them", request: fields{key, session}, response: fields{"Vary: X-Api-Key"}, reason: "credentials"},
		{rule: "a field that is declared", request: fields{"X-Token: 1"}, opts: []middleware.PageOption{middleware.CredentialHeaders("x-token")}, reason: "credentials"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			h := answering("page", test.response...)
			p := cached(t, h, test.opts...)
			first, second := ask(p, "/page", test.request...), ask(p, "/page", test.request...)
			first.wantBody(t, "page")
			if test.reason == "" {
				second.wantHit(t, "page")
				h.wantRuns(t, 1)
				return
			}
			first.wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail="+test.reason)
			second.wantStatus(t, "larder; fwd=uri-miss; detail=uncacheable; larder-cause="+test.reason)
			h.wantRuns(t, 2)
		})
	}
}

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

func TestAZeroTTLStoresNothing(t *testing.T) {
	p := within(inMemory(t), middleware.CachePage(0)(answering("page")))
	for range 2 {
		a := ask(p, "/page")
		a.wantBody(t, "page")
		a.wantStatus(t, "larder; fwd=bypass; detail=ttl")
	}
}

// TestOneUserNeverGetsThePageOfAnother has a handler greet users, in an order in
// which a careless cache would mix them up.
func TestOneUserNeverGetsThePageOfAnother(t *testing.T) {
	users := [][]string{
		{"Authorization: alice"}, {"Cookie: session=alice"}, {"X-Api-Key: alice"},
		nil,
		{"Authorization: bob"}, {"Cookie: session=bob"}, {"X-Api-Key: bob"},
		nil,
	}
	for _, control := range []string{"", "max-age=60", "must-revalidate, max-age=60"} {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			if control != "" {
				w.Header().Set("Cache-Control", control)
			}
			_, _ = io.WriteString(w, r.Header.Get("Cookie")+r.Header.Get("X-Api-Key"))
			if !strings.Contains(control, "must-revalidate") { // which allows for Authorization
				_, _ = io.WriteString(w, r.Header.Get("Authorization"))
			}
		}}
		p := cached(t, h)
		for range 2 {
			for _, user := range users {
				want := ""
				if user != nil {
					_, want, _ = strings.Cut(user[0], ": ")
				}
				if control == "must-revalidate, max-age=60" && user != nil && strings.HasPrefix(user[0], "Authorization") {
					want = ""
				}
				ask(p, "/page", user...).wantBody(t, want)
			}
		}
	}
}

func TestUsersWhoAskAtTheSameTimeAreNotCoalesced(t *testing.T) {
	for _, field := range []string{"Authorization: ", "Cookie: session=", "X-Api-Key: "} {
		synctest.Test(t, func(t *testing.T) {
			name, _, _ := strings.Cut(field, ":")
			p := cached(t, slow(true, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get(name)) }))
			clients := make(map[string]*client)
			for _, user := range []string{"alice", "bob", "carol"} {
				clients[user] = start(t, p, request("GET", "/page", field+user))
			}
			anonymous := start(t, p, request("GET", "/page"))
			for user, c := range clients {
				if a := c.wait(); !strings.HasSuffix(a.body, user) {
					t.Errorf("%s%s got %q", field, user, a.body)
				}
			}
			anonymous.wait().wantBody(t, "")
		})
	}
}

func TestPublicPagesAreSharedByAllUsers(t *testing.T) {
	h := answering("page", "Cache-Control: public")
	p := cached(t, h)
	ask(p, "/page", "Cookie: session=1")
	ask(p, "/page", "Cookie: session=2").wantHit(t, "page")
	ask(p, "/page", "Authorization: 3").wantHit(t, "page")
	h.wantRuns(t, 1)
}

func TestAClientCertificateIsACredential(t *testing.T) {
	h := answering("page")
	p := cached(t, h)
	withCertificate := func() *http.Request {
		r := request("GET", "https://example.com/page")
		r.TLS.PeerCertificates = []*x509.Certificate{{}}
		return r
	}
	send(p, request("GET", "https://example.com/page"))
	send(p, request("GET", "https://example.com/page")).wantHit(t, "page")
	if a := send(p, withCertificate()); a.isHit() {
		t.Error("it got the page of those without")
	}
	if a := send(p, withCertificate()); a.isHit() {
		t.Error("its page was stored")
	}
	h.wantRuns(t, 3)
}

func TestStripSetCookieGivesTheCookieToTheFirstClientOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cached(t, slow(true, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", `no-cache="X-Once"`)
			w.Header().Set("X-Once", "1")
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2")
		}), middleware.StripSetCookie())
		clients := startMany(t, p, 5)
		for i, c := range clients {
			a := c.wait()
			cookies, once := len(a.header["Set-Cookie"]), len(a.header["X-Once"])
			if first := i == 0; first && (cookies != 2 || once != 1) || !first && (cookies != 0 || once != 0) {
				t.Errorf("client %d: %q", i, a.header)
			}
		}
		if a := ask(p, "/page"); !a.isHit() || a.header["Set-Cookie"] != nil || a.header["X-Once"] != nil {
			t.Errorf("a hit: %q", a.header)
		}
	})
}

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

func TestAGzippedPageNeverReachesAClientThatDoesNotAcceptIt(t *testing.T) {
	// The handler ignores the request and says nothing of Vary.
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "zipped")
			return
		}
		_, _ = io.WriteString(w, "plain")
	}}
	p := cached(t, h)
	ask(p, "/page", "Accept-Encoding: gzip").wantBody(t, "zipped")
	ask(p, "/page", "Accept-Encoding: x-gzip;q=0.5").wantHit(t, "zipped")
	for _, accept := range []string{"", "br", "gzip;q=0", "identity", "*;q=0"} {
		a := ask(p, "/page", "Accept-Encoding: "+accept)
		a.wantBody(t, "plain")
		a.wantStatus(t, "larder; fwd=bypass; detail=encoding")
	}
	ask(p, "/page").wantBody(t, "plain")
	ask(p, "/page", "Accept-Encoding: br, gzip").wantHit(t, "zipped")
}

func TestAGzippedPageIsNotGivenToThoseWhoWaitAndDoNotAcceptIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cached(t, slow(true, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") == "" {
				_, _ = io.WriteString(w, "plain")
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "zipped")
		}))
		first := start(t, p, request("GET", "/page", "Accept-Encoding: gzip"))
		second := start(t, p, request("GET", "/page"))
		first.wait().wantBody(t, "zipped")
		second.wait().wantBody(t, "plain")
	})
}
