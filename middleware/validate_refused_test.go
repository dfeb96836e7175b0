package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// A 304 that does not mean that everybody may have the page.

// A 304 for another representation than the stored one is followed by a request for the whole.
// RFC 9111, 4.3.3; RFC 9111, 4.3.4
func TestA304OfAnotherPageIsNotBelieved(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(caches, middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		o.etag, o.body = `"2"`, "another page"
		o.serve = func(w http.ResponseWriter, r *http.Request) {
			if len(o.asked) == 1 {
				o.note("lies")
				w.Header().Set("Etag", `"3"`)
				w.Header().Set("X-Of", "the 304")
				w.WriteHeader(http.StatusNotModified)
				return
			}
			o.answer(w, r)
		}
		for i, c := range startMany(t, p, 20) {
			a := c.wantWhole(t, "another page")
			if i == 0 {
				a.wantStatus(t, "larder; fwd=stale; fwd-status=200; stored")
			}
			if a.header.Get("X-Of") != "" || a.header.Get("Etag") != `"2"` {
				t.Errorf("%q", a.header)
			}
		}
		o.wantAsked(t, " ", "lies", " ")
		ask(p, "/page").wantHit(t, "another page")
	})
}

// A client may leave while the handler is asked a second time. The race detector sees it.
func TestAClientLeavesWhileAHandlerIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(inMemory(t), middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		o.serve = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" {
				w.Header().Set("Etag", `"3"`)
				w.WriteHeader(http.StatusNotModified)
				return
			}
			o.answer(w, r)
		}
		clients := startMany(t, p, 3)
		clients[0].leave()
		clients[0].wait().wantStatus(t, "larder; fwd=stale; detail=left")
		clients[1].wantWhole(t, "page")
		clients[2].wantWhole(t, "page")
	})
}

// A failure of the second request after an unsuitable 304 is replaced by the stale page where
// stale-if-error allows it.
// RFC 5861, 4; RFC 9111, 4.3.3
func TestAFailureAfterA304OfAnotherPageMeetsTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin("Cache-Control: max-age=10, stale-if-error=60")
		p := within(inMemory(t), middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		o.serve = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"3"`)
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.WriteHeader(http.StatusBadGateway)
		}
		for _, c := range startMany(t, p, 3) {
			c.wantWhole(t, "page")
		}
	})
}

// A 304 with private or no-store makes the response one client's and removes the stored page.
// RFC 9111, 3.2; RFC 9111, 5.2.2.7; RFC 9111, 5.2.2.5
func TestA304ThatSaysThePageIsNotToBeShared(t *testing.T) {
	for _, control := range []string{"private", "no-store"} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			o := newOrigin("Cache-Control: max-age=10")
			p := within(caches, middleware.Shared()(o))
			ask(p, "/page")
			time.Sleep(15 * time.Second)
			o.fields = []string{"Cache-Control: " + control}
			began := time.Now()
			clients := startMany(t, p, 20)
			for i, c := range clients {
				a := c.wantWhole(t, "page")
				if want := "detail=" + control; i == 0 && a.cacheStatus() != "larder; fwd=stale; fwd-status=304; "+want {
					t.Errorf("%s: Cache-Status is %q", control, a.cacheStatus())
				}
				if a.header.Get("Cache-Control") != control {
					t.Errorf("%s: client %d: %q", control, i, a.header)
				}
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s: they waited in a row: %v", control, took)
			}
			o.wantRuns(t, 21)
			if a := ask(p, "/page"); a.isHit() {
				t.Errorf("%s: Cache-Status is %q", control, a.cacheStatus())
			}
		})
	}
}

// A 304 with Set-Cookie goes to one client only.
// RFC 9111, 7.3
func TestA304WithAFieldThatForbidsToShareItGoesToOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrigin("Cache-Control: max-age=10")
		p := within(inMemory(t), middleware.Shared()(o))
		ask(p, "/page")
		time.Sleep(15 * time.Second)
		o.only304 = []string{"Set-Cookie: s=1"}
		clients := startMany(t, p, 5)
		cookies := 0
		for _, c := range clients {
			if c.wantWhole(t, "page").header.Get("Set-Cookie") != "" {
				cookies++
			}
		}
		if cookies > 1 {
			t.Errorf("%d got the cookie", cookies)
		}
		o.only304 = nil
		if a := ask(p, "/page"); a.header.Get("Set-Cookie") != "" {
			t.Errorf("it was stored: %q", a.header)
		}
	})
}
