package adaptertest

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// privacy are the cases in which one user could get what is another's.
var privacy = []caseOf{
	{"bob never gets alice's page", func(t *testing.T, build Build) {
		for _, field := range []string{"Cookie: user=", "Authorization: Bearer ", "X-Api-Key: "} {
			s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, r.Header.Get("Cookie")+r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
			}})
			alice := s.Get("/", field+"alice")
			bob := s.Get("/", field+"bob")
			if alice.Body == bob.Body {
				t.Errorf("%s: alice and bob have got %q", field, bob.Body)
			}
			s.Get("/").WantMiss(t, "")
		}
	}},
	{"alice and bob ask at the same time, and each gets a page of their own", func(t *testing.T, build Build) {
		for _, field := range []string{"Cookie: user=", "Authorization: Bearer ", "X-Api-Key: "} {
			hold := make(chan struct{})
			s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
				<-hold
				_, _ = io.WriteString(w, r.Header.Get("Cookie")+r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
			}})
			_, value, _ := strings.Cut(field, ": ")
			var sent, answered sync.WaitGroup
			for _, user := range []string{"alice", "bob"} {
				sent.Add(1)
				answered.Go(func() {
					a, err := s.Try(onWrote(t.Context(), sent.Done), http.MethodGet, "/", field+user)
					if err != nil || a.Body != value+user {
						t.Errorf("%s has got %q, %v", field+user, a.Body, err)
					}
				})
			}
			sent.Wait()
			close(hold)
			answered.Wait()
			s.wantRuns(2)
		}
	}},
	{"two Set-Cookie lines stay two, and are for one client", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: text("page", "Set-Cookie: a=1", "Set-Cookie: b=2")})
		for range 2 {
			a := s.Get("/")
			a.WantMiss(t, "page")
			if lines := a.Header["Set-Cookie"]; len(lines) != 2 || lines[0] != "a=1" || lines[1] != "b=2" {
				t.Errorf("Set-Cookie is %q", lines)
			}
		}
	}},
	{"what forbids to store is heeded", func(t *testing.T, build Build) {
		for _, field := range []string{"Cache-Control: private", "Cache-Control: no-store", "cache-control: No-Cache", "Vary: *", "Cache-Control: max-age=0"} {
			s := serve(t, build, Site{Handler: text("page", field)})
			s.Get("/")
			s.Get("/").WantMiss(t, "page")
		}
	}},
	{"what is outside of the cache adds to each client's answer, and not to the page", func(t *testing.T, build Build) {
		outside := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Visitor", r.Header.Get("X-Visitor"))
				next.ServeHTTP(w, r)
			})
		}
		s := serve(t, build, Site{Outside: []func(http.Handler) http.Handler{outside}, Handler: text("page")})
		for _, visitor := range []string{"alice", "bob"} {
			if got := s.Get("/", "X-Visitor: "+visitor).Header["X-Visitor"]; len(got) != 1 || got[0] != visitor {
				t.Errorf("%s has got X-Visitor %q", visitor, got)
			}
		}
		s.wantRuns(1)
	}},
	{"a cookie that is set outside keeps its client from the cache", func(t *testing.T, build Build) {
		outside := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "visitor", Value: r.Header.Get("X-Visitor")})
				next.ServeHTTP(w, r)
			})
		}
		s := serve(t, build, Site{Outside: []func(http.Handler) http.Handler{outside}, Handler: text("page")})
		s.Get("/", "X-Visitor: alice").WantMiss(t, "page")
		s.Get("/", "X-Visitor: bob").WantMiss(t, "page")
	}},
	{"NeverCache outside and inside keeps the page out of the cache", func(t *testing.T, build Build) {
		never := []func(http.Handler) http.Handler{middleware.NeverCache}
		for _, s := range []Site{{Outside: never}, {Inside: never}} {
			s.Handler = text("page")
			served := serve(t, build, s)
			served.Get("/")
			a := served.Get("/")
			a.WantMiss(t, "page")
			if control := a.Header.Get("Cache-Control"); control != "max-age=0, no-cache, no-store, must-revalidate, private" {
				t.Errorf("Cache-Control is %q", control)
			}
		}
	}},
	{"a page is of the variant that its request asks for", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept-Language")
			_, _ = io.WriteString(w, r.Header.Get("Accept-Language"))
		}})
		s.Get("/", "Accept-Language: de")
		s.Get("/", "Accept-Language: fr")
		for _, language := range []string{"de", "fr"} {
			s.Get("/", "Accept-Language: "+language).WantHit(t, language)
		}
	}},
}
