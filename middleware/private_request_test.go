package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What is private stays so in odd forms, in refreshes and under load.

// shy returns a handler whose pages show who asks, and how the request came.
func shy(fields ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		addFields(w.Header(), fields)
		_, _ = fmt.Fprintf(w, "for %q %q", r.Header["Cookie"], r.Header["Authorization"])
	}}
}

// A refresh has nothing of the user whose request triggered it.
func TestARefreshIsNotMadeForOneUser(t *testing.T) {
	// A page for all is refreshed because Alice asks: whatever her request says of
	// her must not be in it, unless the page is one for users.
	for _, credentials := range []string{"Authorization: Basic alice"} {
		for _, mode := range []string{"shared", "literal"} {
			synctest.Test(t, func(t *testing.T) {
				p := modes(t, shy("Cache-Control: max-age=10, stale-while-revalidate=600"))[mode]
				ask(p, "/page").wantBody(t, "for [] []")
				time.Sleep(15 * time.Second)
				ask(p, "/page", credentials)
				synctest.Wait()
				for range 3 {
					if a := ask(p, "/page"); a.body != "for [] []" {
						t.Errorf("%s: %s, %s", mode, a.body, a.cacheStatus())
					}
					synctest.Wait()
				}
			})
		}
	}
}

// Cookies and credentials in odd forms count as what they are.
func TestCredentialsInUnusualFormsAreCredentials(t *testing.T) {
	for _, fields := range [][]string{
		{"Cookie: session=alice"}, {"Cookie: session"}, {"Cookie: =alice"}, {"Cookie: ;;alice"}, {"Cookie: _ga=1; session=alice"},
		{"Cookie: _ga=1", "Cookie: session=alice"}, {"Cookie: \tsession=alice\t"}, {"Cookie: _ga=\"1; session=alice\""},
		{"Cookie: $Version=1; session=alice"}, {"Cookie: _GA=alice"}, {"Cookie: _ga2=alice"}, {"Cookie: x_ga=alice"},
		{"Authorization: "}, {"Authorization: Basic alice"}, {"Authorization: Basic alice", "Authorization: Basic bob"},
		{"X-Api-Key: alice"}, {"X-Api-Key: "},
	} {
		h := shy()
		p := cached(t, h, middleware.IgnoreCookies("_ga"))
		for range 2 {
			ask(p, "/page", fields...)
		}
		h.wantRuns(t, 2)
		if a := ask(p, "/page"); a.body != "for [] []" {
			t.Errorf("after %q: %s", fields, a.body)
		}
		if a := ask(p, "/page", "Cookie: session=bob"); a.body != `for ["session=bob"] []` {
			t.Errorf("after %q, Bob got %s", fields, a.body)
		}
	}
}

// The handler of a shared run sees the cookies that are in the key, and no ignored ones.
func TestIgnoredCookiesAreNotSeenAndOthersAre(t *testing.T) {
	h := shy("Cache-Control: public, max-age=60")
	for mode, p := range modes(t, h, middleware.IgnoreCookies("_ga", "theme*"), middleware.VaryByCookie("locale")) {
		for range 2 {
			for cookies, want := range map[string]string{
				"_ga=alice":                      `for [] []`,
				"theme_x=alice; _ga=1":           `for [] []`,
				"locale=de; _ga=alice":           `for ["locale=de"] []`,
				"locale=en; theme=alice":         `for ["locale=en"] []`,
				"locale=de; locale=en":           `for ["locale=de; locale=en"] []`,
				`locale="de;_ga=1"`:              `for ["locale=\"de"] []`,
				"locale=de,en":                   `for ["locale=de,en"] []`,
				"Locale=de; LOCALE=en; _ga=evil": "",
			} {
				a := ask(p, "/page", "Cookie: "+cookies)
				if want != "" && !strings.HasPrefix(a.body, want[:len(want)-4]) || strings.Contains(a.body, "alice") || strings.Contains(a.body, "evil") {
					t.Errorf("%s: %s: %s, want %s", mode, cookies, a.body, want)
				}
			}
		}
	}
}

// private and no-store count in any case, with blanks, arguments and quotes, in any line.
// RFC 9111, 5.2; RFC 9111, 5.2.2.5; RFC 9111, 5.2.2.7
func TestPrivateInEveryDisguise(t *testing.T) {
	for _, lines := range [][]string{
		{"private"}, {"PRIVATE"}, {"max-age=60,private"}, {"max-age=60", "private"}, {",,private,,"}, {" \tprivate\t "},
		{"private=\"\""}, {"private="}, {"private=x y"}, {`private="Set-Cookie`}, {`max-age=60, x="private`}, {"private; max-age=60"},
		{"max-age=60; private"}, {"max-age=60 private"}, {"s-maxage=60, private, public"}, {"public, private"},
		{"no-store"}, {"No-Store"}, {`no-store="x"`}, {"no-store=1"}, {"max-age=60, public, no-store"}, {"must-understand, no-store, private"},
	} {
		for _, name := range []string{"Cache-Control", "cache-control", "CACHE-CONTROL"} {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header()[name] = lines
				_, _ = io.WriteString(w, "for "+r.Header.Get("X-Me"))
			}}
			for mode, p := range modes(t, h) {
				for _, me := range []string{"alice", "bob", "alice"} {
					if a := ask(p, "/page", "X-Me: "+me); a.body != "for "+me {
						t.Errorf("%s: %s: %q: %s got %s; %s", mode, name, lines, me, a.body, a.cacheStatus())
					}
				}
			}
		}
	}
	for _, lines := range [][]string{{"*"}, {" * "}, {"Accept, *"}, {"Accept", "*"}, {"*,Accept"}, {"a b"}, {"\x00"}, {"Accept;*"}, {`"*"`}, {strings.Repeat("X-A,", 3) + strings.Join(manyNames(40), ",")}} {
		for _, name := range []string{"Vary", "vary"} {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header()[name] = lines
				w.Header().Set("Cache-Control", "public, max-age=60")
				_, _ = io.WriteString(w, "for "+r.Header.Get("X-Me"))
			}}
			for mode, p := range modes(t, h) {
				for _, me := range []string{"alice", "bob"} {
					if a := ask(p, "/page", "X-Me: "+me); a.body != "for "+me {
						t.Errorf("%s: %s: %.40q: %s got %s", mode, name, lines, me, a.body)
					}
				}
			}
		}
	}
}

func manyNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("X-", i))
	}
	return names
}

// When a shared run turns out to be one user's, the others do not wait for long and do not get the
// user's page.
func TestUsersAndOthersAskAtOnce(t *testing.T) {
	for _, says := range [][]string{{"Cache-Control: max-age=60"}, {"Cache-Control: max-age=60", "Vary: Authorization"}, {"Cache-Control: public, max-age=60", "Vary: Cookie, Authorization"}} {
		for _, mode := range []string{"view", "site", "shared", "literal"} {
			synctest.Test(t, func(t *testing.T) {
				h := shy(says...)
				p := modes(t, slow(true, h.serve))[mode]
				requests := [][]string{{"Authorization: alice"}, nil, {"Authorization: bob"}, nil, {"Authorization: alice"}}
				var clients []*client
				for _, fields := range requests {
					clients = append(clients, start(t, p, request("GET", "/page", fields...)))
				}
				for i, c := range clients {
					want := fmt.Sprintf("for [] %q", request("GET", "/", requests[i]...).Header["Authorization"])
					if a := c.wait(); a.body != want {
						t.Errorf("%s, %q: %q got %s; %s", mode, says, requests[i], a.body, a.cacheStatus())
					}
				}
			})
		}
	}
}
