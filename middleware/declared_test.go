package middleware_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// varyingOn puts lines of Vary into the header of a response before the page's handler
// runs, as middleware for sessions does.
func varyingOn(vary string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", vary)
			next.ServeHTTP(w, r)
		})
	}
}

// An outer Vary on Cookie, or on a credential, means one user's page unless options declare how the
// page depends on it.
// RFC 9111, 4.1; RFC 9111, 7.3
func TestAnOuterVaryOnWhoAsksMeansOneUsersPage(t *testing.T) {
	byUser := middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-Name") })
	type options = []middleware.PageOption
	for _, test := range []struct {
		vary   string
		opts   options
		shared bool
	}{
		{"Cookie", nil, false},
		{"Accept-Encoding, cookie", nil, false},
		{"Cookie", options{byUser}, false},
		{"Cookie", options{middleware.IgnoreCookies("*")}, false},
		{"Cookie", options{middleware.IgnoreCookies("*"), byUser}, true},
		{"Cookie", options{middleware.IgnoreCookies("_ga", "theme*")}, true},
		{"Cookie", options{middleware.VaryByCookie("session")}, true},
		{"Cookie", options{middleware.VaryByHeader("Cookie")}, true},
		{"Authorization", nil, false},
		{"Authorization", options{middleware.VaryByHeader("Authorization")}, true},
		{"X-Forwarded-User", options{middleware.IgnoreCookies("_ga")}, false},
		{"X-Forwarded-User", options{byUser}, true},
		{"Accept-Encoding", nil, true},
		{"Origin", nil, true},
	} {
		for mode, with := range map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
			"CachePage": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
				return middleware.CachePage(ttl, o...)
			},
			"Site": middleware.Site,
			"Shared": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
				return middleware.Shared(append(o, middleware.DefaultTTL(ttl), middleware.CredentialHeaders("X-Forwarded-User"))...)
			},
		} {
			if mode == "Shared" && strings.Contains(strings.ToLower(test.vary), "cookie") {
				continue // RFC 9111, section 4.1: the cookie selects the page
			}
			h := answering("page")
			p := within(inMemory(t), varyingOn(test.vary)(with(test.opts...)(h)))
			for range 2 {
				ask(p, "/page")
			}
			a := ask(p, "/page")
			if a.isHit() != test.shared || !test.shared && !strings.Contains(a.cacheStatus(), "detail=vary-c") {
				t.Errorf("%s, Vary: %s: %s", mode, test.vary, a.cacheStatus())
			}
		}
	}
}

type contextUser struct{}

// Behind session middleware, a page with IgnoreCookies and a value for its user is stored once for
// each user.
func TestAPageBehindASessionIsKeptApartByItsUser(t *testing.T) {
	userOf := func(r *http.Request) string { user, _ := r.Context().Value(contextUser{}).(string); return user }
	session := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Cookie")
			c, _ := r.Cookie("session")
			if c != nil {
				r = r.WithContext(context.WithValue(r.Context(), contextUser{}, c.Value))
			}
			next.ServeHTTP(w, r)
		})
	}
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "for "+userOf(r)) }}
	careless := within(inMemory(t), session(middleware.CachePage(ttl, middleware.IgnoreCookies("*"))(h)))
	careful := within(inMemory(t), session(middleware.CachePage(ttl, middleware.IgnoreCookies("*"), middleware.VaryBy(userOf))(h)))
	for range 2 {
		for _, user := range []string{"ada", "bob"} {
			ask(careless, "/home", "Cookie: session="+user).wantBody(t, "for "+user)
			ask(careful, "/home", "Cookie: session="+user).wantBody(t, "for "+user)
		}
	}
	ask(careful, "/home", "Cookie: session=ada").wantHit(t, "for ada")
}

func byField(name string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(name) }
}

// The name and the kind of a value belong to the key: of two programs on one store, or two releases
// of one, neither gets what the other has made for another value.
func TestAValueIsAValueOfSomething(t *testing.T) {
	team := func(r *http.Request) string { return r.Header.Get("X-Number") }
	user := func(r *http.Request) string { return r.Header.Get("X-Number") }
	for rule, opts := range map[string][2]middleware.PageOption{
		"two names":                           {middleware.VaryByNamed("user", user), middleware.VaryByNamed("team", user)},
		"two functions":                       {middleware.VaryBy(user), middleware.VaryBy(team)},
		"two functions of one code":           {middleware.VaryBy(byField("X-Number")), middleware.VaryBy(byField("x-number"))},
		"a name and a function":               {middleware.VaryByNamed("user", user), middleware.VaryBy(user)},
		"a name that looks like a function's": {middleware.VaryByNamed("function user", user), middleware.VaryBy(user)},
		"a value and a field":                 {middleware.VaryByNamed("X-Number", user), middleware.VaryByHeader("X-Number")},
		"a value and none":                    {middleware.VaryByNamed("user", user), middleware.KeyPrefix("")},
	} {
		t.Run(rule, func(t *testing.T) {
			caches := inMemory(t)
			before := within(caches, middleware.CachePage(ttl, opts[0])(answering("secrets of user 7")))
			after := within(caches, middleware.CachePage(ttl, opts[1])(answering("news of team 7")))
			for range 3 {
				ask(before, "/page", "X-Number: 7").wantBody(t, "secrets of user 7")
				ask(after, "/page", "X-Number: 7").wantBody(t, "news of team 7")
			}
			ask(before, "/page", "X-Number: 7").wantHit(t, "secrets of user 7")
			ask(after, "/page", "X-Number: 7").wantHit(t, "news of team 7")
		})
	}
}

// A second process with the same program and store has the same pages for a named value, and a
// purge by URL reaches them all.
func TestANamedValueIsSharedAndPurged(t *testing.T) {
	caches := inMemory(t)
	h := answering("page")
	for rule, value := range map[string]middleware.PageOption{"named": middleware.VaryByNamed("user", byField("X-Name")), "a function": middleware.VaryBy(byField("X-Name"))} {
		h.runs.Store(0)
		first := within(caches, middleware.CachePage(ttl, value)(h))
		second := within(caches, middleware.CachePage(ttl, value)(h))
		for range 2 {
			for _, name := range []string{"ada", "bob"} {
				ask(first, "/page", "X-Name: "+name)
				ask(second, "/page", "X-Name: "+name).wantHit(t, "page")
			}
		}
		purge := func() {
			if err := middleware.NewPolicy(ttl, value).Purge(caches.Scope(t.Context()), "http://example.com/page"); err != nil {
				t.Error(err)
			}
		}
		purge()
		for _, name := range []string{"ada", "bob"} {
			if a := ask(second, "/page", "X-Name: "+name); a.isHit() {
				t.Errorf("%s: after a purge: %s", rule, a.cacheStatus())
			}
		}
		h.wantRuns(t, 4)
		purge()
	}
}
