package middleware_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// The opaque part of a URL that middleware has set is a part of the key, since it is then the
// target for a reverse proxy.
func TestAPageIsOfTheOpaqueURLThatMiddlewareHasSet(t *testing.T) {
	page := middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.URL.RequestURI())
	}))
	h := within(inMemory(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Opaque = r.Header.Get("X-To")
		page.ServeHTTP(w, r)
	}))
	for range 4 {
		for _, to := range []string{"/alice", "/bob"} {
			ask(h, "/page", "X-To: "+to).wantBody(t, to)
		}
		ask(h, "/page").wantBody(t, "/page")
	}
	for range 4 { // the plain one is hot now
		ask(h, "/page").wantBody(t, "/page")
	}
	ask(h, "/page", "X-To: /alice").wantBody(t, "/alice")
}
