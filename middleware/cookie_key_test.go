package middleware_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// own answers a session with its page, and sends others away.
func own() *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("session")
		if err != nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		_, _ = io.WriteString(w, c.Value)
	}}
}

// With VaryByCookie, an uncacheable response of one session does not keep the pages of other
// sessions from being stored.
func TestAResponseThatIsNotStoredKeepsNoOtherSessionsPageOut(t *testing.T) {
	p := cached(t, own(), middleware.VaryByCookie("session"))
	ask(p, "/me")
	for _, who := range []string{"alice", "bob"} {
		ask(p, "/me", "Cookie: session="+who).wantBody(t, who)
		ask(p, "/me", "Cookie: session="+who).wantHit(t, who)
	}
}

// VaryByCookie takes precedence over an IgnoreCookies pattern that matches the same cookie.
func TestACookieForTheKeyIsNotIgnoredWithAllOthers(t *testing.T) {
	p := cached(t, own(), middleware.IgnoreCookies("*"), middleware.VaryByCookie("session"))
	for _, who := range []string{"alice", "bob"} {
		ask(p, "/me", "Cookie: theme=dark; session="+who).wantBody(t, who)
		ask(p, "/me", "Cookie: session="+who+"; theme=light").wantHit(t, who)
	}
}
