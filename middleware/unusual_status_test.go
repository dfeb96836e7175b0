package middleware_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A 400 for one odd request is not stored for all unless an option or the literal mode says so.
// RFC 9111, 7.1
func TestAnErrorOfOneMalformedRequestIsNotForAll(t *testing.T) {
	for name, test := range map[string]struct {
		mode   func(http.Handler) http.Handler
		stored bool
	}{
		"a view":                  {mode: middleware.CachePage(ttl)},
		"a site":                  {mode: middleware.Site()},
		"a shared cache":          {mode: middleware.Shared()},
		"one that is literal":     {mode: middleware.Shared(middleware.Literal()), stored: true},
		"a view that wants it so": {mode: middleware.CachePage(ttl, middleware.StatusTTL(http.StatusBadRequest, ttl)), stored: true},
	} {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			if r.Header.Get("X-Odd") != "" {
				w.WriteHeader(http.StatusBadRequest)
			}
		}}
		p := within(inMemory(t), test.mode(h))
		if a := ask(p, "/page", "X-Odd: 1"); a.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, a.status)
		}
		if a := ask(p, "/page"); (a.status == http.StatusBadRequest) != test.stored {
			t.Errorf("%s: then status %d", name, a.status)
		}
	}
}

// A background refresh has none of the credentials of the request that triggered it.
func TestARefreshHasNoCredentialsOfTheRequestThatCausedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("X-Api-Key"))
			w.Header().Set("Cache-Control", "public")
			_, _ = io.WriteString(w, "page")
		}}
		p := within(inMemory(t), middleware.CachePage(time.Minute, middleware.Grace(time.Hour), middleware.VaryByCookie("locale"))(h))
		fields := []string{"Authorization: alice", "Cookie: session=alice; locale=de", "X-Api-Key: key"}
		ask(p, "/page", fields...)
		time.Sleep(2 * time.Minute)
		ask(p, "/page", fields...).wantHit(t, "page")
		synctest.Wait()
		if len(seen) != 2 || seen[1] != "locale=de" {
			t.Errorf("the runs have seen %q", seen)
		}
	})
}

// A shared cache stores what a larder cache of another program has stored.
func TestASharedCacheKeepsWhatAnotherProgramsCacheHas(t *testing.T) {
	inner := newServer(t, cached(t, answering("page", "Cache-Control: max-age=60")))
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		a := fetch(t, inner, r.Method, r.URL.Path)
		for name, lines := range a.header {
			w.Header()[name] = lines
		}
		_, _ = io.WriteString(w, a.body)
	}}
	p := within(inMemory(t), middleware.Shared()(h))
	ask(p, "/page").wantBody(t, "page")
	ask(p, "/page").wantHit(t, "page")
}

// StatusTTL wins over what a response says of itself and over what its status means otherwise, for
// each kind of cache.
func TestStatusTTLCountsForEachKindOfCache(t *testing.T) {
	for _, test := range []struct {
		status int
		ttl    time.Duration
		stored bool
	}{
		{http.StatusNotFound, 0, false},
		{http.StatusNotFound, time.Minute, true},
		{http.StatusUnprocessableEntity, time.Minute, true}, // otherwise an answer to one malformed request
	} {
		for kind, p := range modes(t, answeringStatus(test.status, "Cache-Control: max-age=60", `Etag: "a"`), middleware.StatusTTL(test.status, test.ttl)) {
			ask(p, "/page")
			if got := ask(p, "/page"); got.isHit() != test.stored {
				t.Errorf("%s, %d for %s: %s", kind, test.status, test.ttl, got.cacheStatus())
			}
		}
	}
}
