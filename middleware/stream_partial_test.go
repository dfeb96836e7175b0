package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
)

// Clients of a stream who want only a part of it.

// HEAD and conditions are answered from the header of a stream.
// RFC 9110, 9.3.2; RFC 9110, 13.1.2
func TestAClientThatWantsOnlyTheHeaderOfAStream(t *testing.T) {
	const fresh = `If-None-Match: "1"`
	for name, test := range map[string]struct {
		method string
		field  string
		status int
	}{
		"HEAD":            {"HEAD", "X: 1", 200},
		"a condition":     {"GET", fresh, 304},
		"HEAD with it":    {"HEAD", fresh, 304},
		"since that date": {"GET", "If-Modified-Since: " + modified, 304},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newScript(`Etag: "1"`, "Last-Modified: "+modified)
				p := cached(t, h)
				leader := start(t, p, request(test.method, "/page", test.field))
				follower := start(t, p, request(test.method, "/page", test.field))
				whole := start(t, p, request("GET", "/page"))
				h.write(t, "first")
				// The follower has all that it wanted, and so has the leader, though
				// it stays to the end.
				a := follower.wantWhole(t, "")
				if a.status != test.status || a.header.Get("Etag") != `"1"` {
					t.Errorf("the follower: %d %q", a.status, a.header)
				}
				if leader.w.Code != test.status || leader.w.Body.Len() != 0 || leader.isDone() {
					t.Errorf("the leader: %d %q, done: %v", leader.w.Code, leader.w.Body, leader.isDone())
				}
				whole.wantSoFar(t, "first")
				h.write(t, " second")
				h.end()
				leader.wantWhole(t, "")
				whole.wantWhole(t, "first second")
				ask(p, "/page").wantHit(t, "first second")
				h.wantRuns(t, 1)
			})
		})
	}
}

// A stream that may be stored is completed for the cache, even if its only client sent HEAD.
func TestAStreamIsCompletedForTheCacheThoughNobodyWantsItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		head := start(t, p, request("HEAD", "/page"))
		h.write(t, "first")
		h.write(t, " second")
		h.end()
		head.wantWhole(t, "")
		ask(p, "/page").wantHit(t, "first second")
	})
}

// Trailers reach all clients of a stream, and are not stored.
// RFC 9110, 6.5; RFC 9111, 3.1
func TestLateTrailersReachEveryoneAndAreNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 5000))
			<-goOn
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		}}
		p := cached(t, h)
		clients := startMany(t, p, 3)
		close(goOn)
		for i, c := range clients {
			c.wait()
			if got := c.w.Result().Trailer.Get("X-Sum"); got != "1" {
				t.Errorf("client %d: the trailer is %q", i, got)
			}
		}
		if a := ask(p, "/page"); a.isHit() {
			t.Errorf("Cache-Status is %q", a.cacheStatus())
		}
	})
}

// hinted counts the informational responses that a client got.
type hinted struct {
	http.ResponseWriter
	hints int
}

func (h *hinted) WriteHeader(status int) {
	if status < 200 {
		h.hints++
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

// 103 reaches the client that started the run only.
// RFC 8297, 2
func TestEarlyHintsAreForTheLeaderOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
			_, _ = w.Write(make([]byte, 5000))
		})
		p := cached(t, h)
		var hints [3]int
		counting := func(i int) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				counter := &hinted{ResponseWriter: w}
				p.ServeHTTP(counter, r)
				hints[i] = counter.hints
			})
		}
		first, second := start(t, counting(0), request("GET", "/page")), start(t, counting(1), request("GET", "/page"))
		for _, c := range []*client{first, second} {
			if link := c.wait().header.Get("Link"); link != "" {
				t.Errorf("Link is %q", link)
			}
		}
		synctest.Wait()
		start(t, counting(2), request("GET", "/page")).wait()
		if hints != [3]int{1, 0, 0} {
			t.Errorf("the hints are %d", hints)
		}
	})
}
