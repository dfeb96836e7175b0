package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// turnStaleIn waits until a page with max-age=10 is stale in a kind of cache: in a CachePage
// the ttl counts.
func turnStaleIn(name string) {
	if name == "CachePage" {
		time.Sleep(ttl)
		return
	}
	time.Sleep(15 * time.Second)
}

// A HEAD of a stale page validates it, and the 304 freshens the stored response for GET, too.
// RFC 9111, 4.3.5; RFC 9111, 4.3.4
func TestAHeadFreshensTheStoredResponse(t *testing.T) {
	for name, around := range kindsOfCache {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOrigin("Cache-Control: max-age=10", "X-Version: old")
				p := within(inMemory(t), around()(o))
				ask(p, "/page").wantBody(t, "page")
				turnStaleIn(name)
				o.fields = []string{"Cache-Control: max-age=10", "X-Version: new"}
				head := send(p, request("HEAD", "/page"))
				head.wantStatus(t, "larder; fwd=stale; fwd-status=304; stored")
				get := ask(p, "/page")
				get.wantHit(t, "page")
				for method, a := range map[string]answer{"HEAD": head, "GET": get} {
					if a.status != http.StatusOK || a.header.Get("X-Version") != "new" || a.header.Get("Content-Length") != "4" {
						t.Errorf("%s: %d %q", method, a.status, a.header)
					}
				}
				o.wantAsked(t, " ", `"1" `+modified)
			})
		})
	}
}

// A HEAD of a stale page that has changed replaces the stored response by the new one.
// RFC 9111, 4.3.5; RFC 9110, 9.3.2
func TestAHeadOfAChangedPageReplacesTheStoredResponse(t *testing.T) {
	for name, around := range kindsOfCache {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOrigin("Cache-Control: max-age=10")
				p := within(inMemory(t), around()(o))
				ask(p, "/page").wantBody(t, "page")
				turnStaleIn(name)
				o.etag, o.body = `"2"`, "another page"
				if a := send(p, request("HEAD", "/page")); a.header.Get("Content-Length") != "12" || a.body != "" || a.header.Get("Etag") != `"2"` {
					t.Errorf("the answer to HEAD is %q %q", a.header, a.body)
				}
				ask(p, "/page").wantHit(t, "another page")
			})
		})
	}
}
