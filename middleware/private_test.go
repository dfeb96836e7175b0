package middleware_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/middleware"
)

// One user never gets the page of another, in whatever order users and others come.
// RFC 9111, 3.5; RFC 9111, 7.3
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

// Requests with credentials that arrive at the same time are not coalesced.
// RFC 9111, 3.5
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

// A page that says public is shared by all users.
// RFC 9111, 3.5; RFC 9111, 5.2.2.9
func TestPublicPagesAreSharedByAllUsers(t *testing.T) {
	h := answering("page", "Cache-Control: public")
	p := cached(t, h)
	ask(p, "/page", "Cookie: session=1")
	ask(p, "/page", "Cookie: session=2").wantHit(t, "page")
	ask(p, "/page", "Authorization: 3").wantHit(t, "page")
	h.wantRuns(t, 1)
}

// A client certificate is a credential.
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

// With StripSetCookie the page is stored without its cookies, and only the client that started the
// run gets them.
// RFC 9111, 7.3; RFC 9111, 5.2.2.4
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

// A coded page never reaches a client that does not accept the coding, even if the handler says
// nothing of Vary.
// RFC 9110, 12.5.3; RFC 9110, 8.4
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

// A coded page is not given to a waiting request that does not accept the coding.
// RFC 9110, 12.5.3
func TestAGzippedPageIsNotGivenToWaitingClientsThatDoNotAcceptIt(t *testing.T) {
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
