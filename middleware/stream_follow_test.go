package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// All clients of a stream get each byte as it is written.
func TestEveryoneGetsEachByteAsItIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		clients := startMany(t, p, 20)
		got := ""
		for _, part := range []string{"first", " second", " third"} {
			h.write(t, part)
			got += part
			for _, c := range clients {
				c.wantSoFar(t, got)
				if !c.w.Flushed {
					t.Error("it was not flushed")
				}
			}
			// Who comes now gets what there was, too.
			clients = append(clients, start(t, p, request("GET", "/page")))
		}
		h.end()
		for i, c := range clients {
			a := c.wantWhole(t, got)
			want := "larder; fwd=uri-miss; fwd-status=200; collapsed"
			if i == 0 {
				want = "larder; fwd=uri-miss; fwd-status=200; stored"
			}
			a.wantStatus(t, want)
		}
		ask(p, "/page").wantHit(t, got)
		h.wantRuns(t, 1)
	})
}

// A flush of the header alone reaches all clients.
func TestAFlushOfTheHeaderAloneReachesEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript("X-A: 1")
		clients := startMany(t, cached(t, h), 3)
		h.write(t, "")
		for _, c := range clients {
			c.wantSoFar(t, "")
			if !c.w.Flushed || c.w.Result().Header.Get("X-A") != "1" {
				t.Errorf("flushed: %v; %q", c.w.Flushed, c.w.Header())
			}
		}
		h.end()
		for _, c := range clients {
			c.wantWhole(t, "")
		}
	})
}

// A slow client that started a stream does not delay the others.
func TestASlowLeaderDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		gate := make(chan struct{})
		leader := startSlow(t, p, request("GET", "/page"), gate)
		followers := startMany(t, p, 5)
		part := strings.Repeat("x", 100<<10)
		for range 10 {
			h.write(t, part)
		}
		h.end()
		for _, c := range followers {
			c.wantWhole(t, strings.Repeat(part, 10))
		}
		ask(p, "/page").wantHit(t, strings.Repeat(part, 10)) // it is stored, too
		close(gate)
		leader.wantWhole(t, strings.Repeat(part, 10))
		h.wantRuns(t, 1)
	})
}

// A slow client that joined a stream does not delay the others.
func TestASlowFollowerDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		leader := start(t, p, request("GET", "/page"))
		gate := make(chan struct{})
		slow := startSlow(t, p, request("GET", "/page"), gate)
		h.write(t, strings.Repeat("x", 5<<20))
		h.end()
		leader.wantWhole(t, strings.Repeat("x", 5<<20))
		close(gate)
		slow.wantWhole(t, strings.Repeat("x", 5<<20))
		h.wantRuns(t, 1)
	})
}

// The client that started a stream may leave in its middle, and the others get the whole.
func TestTheLeaderLeavesInTheMiddleOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		clients := startMany(t, p, 200)
		h.write(t, "half")
		clients[0].leave() // its request stays open while the handler runs
		late := start(t, p, request("GET", "/page"))
		h.wantCancelled(t, false)
		h.write(t, " and half")
		h.end()
		for _, c := range append(clients[1:], late) {
			c.wantWhole(t, "half and half")
		}
		clients[0].wantAborted(t)
		ask(p, "/page").wantHit(t, "half and half")
		h.wantRuns(t, 1)
	})
}

// A stream is cancelled when its last client has left.
func TestAStreamIsCancelledWhenTheLastOfAllHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		clients := startMany(t, p, 5)
		h.write(t, "half")
		clients = append(clients, start(t, p, request("GET", "/page")))
		for _, c := range clients {
			h.wantCancelled(t, false)
			if c.leave(); c != clients[0] {
				c.wantAborted(t)
			}
		}
		h.wantCancelled(t, true)
		clients[0].wantAborted(t)
		again := start(t, p, request("GET", "/page"))
		h.write(t, "another")
		h.end()
		again.wantWhole(t, "another")
		h.wantRuns(t, 2)
	})
}

// A stream that is private, or has to be validated each time, ends with its client.
func TestAStreamThatIsForOneEndsWithHim(t *testing.T) {
	for _, control := range []string{"private", "max-age=0"} {
		synctest.Test(t, func(t *testing.T) {
			h := newScript("Cache-Control: "+control, `Etag: "1"`)
			p := within(inMemory(t), middleware.Shared()(h))
			c := start(t, p, request("GET", "/page"))
			h.write(t, "half")
			c.leave()
			c.wait()
			h.wantCancelled(t, true)
		})
	}
}

// A run whose client has left ends when its response turns out not to be shared, since nobody is
// left who wants it.
func TestALeaderThatLeavesBeforeAResponseThatIsNotForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := false
		h := new(handler)
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			if h.runs.Load() > 1 {
				return
			}
			time.Sleep(time.Second)
			w.Header().Set("Cache-Control", "private")
			w.WriteHeader(http.StatusOK)
			select {
			case <-r.Context().Done():
				cancelled = true
			case <-time.After(time.Hour):
			}
		}
		p := cached(t, h)
		clients := startMany(t, p, 2)
		clients[0].leave()
		clients[0].wait()
		clients[1].wait()
		synctest.Wait()
		if !cancelled {
			t.Error("the run goes on for nobody")
		}
	})
}

// The connection of a client that has left a stream is not used any more.
func TestALeaderThatHasLeftAStreamIsNotUsedAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		var err error
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			<-goOn
			err = http.NewResponseController(w).SetWriteDeadline(time.Now())
		}}
		clients := startMany(t, cached(t, h), 2)
		clients[0].leave()
		synctest.Wait()
		close(goOn)
		clients[1].wantWhole(t, "")
		clients[0].wantAborted(t)
		if err == nil || !strings.Contains(err.Error(), "left") {
			t.Errorf("SetWriteDeadline: %v", err)
		}
	})
}

// Clients that wait for a stream that turns out to vary regroup by variant.
// RFC 9111, 4.1
func TestRequestsThatFollowAStreamThatTurnsOutToVaryRegroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Vary", "Accept-Language")
			for range 3 {
				_, _ = fmt.Fprint(w, strings.Repeat(r.Header.Get("Accept-Language"), 1000))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		}}
		p := cached(t, h)
		var clients []*client
		languages := []string{"de", "en", "fr", "it", ""}
		for i := range 500 {
			clients = append(clients, start(t, p, request("GET", "/page", "Accept-Language: "+languages[i%5])))
		}
		for i, c := range clients {
			c.wantWhole(t, strings.Repeat(languages[i%5], 3000))
		}
		h.wantRuns(t, int32(len(languages)))
		for _, l := range languages {
			ask(p, "/page", "Accept-Language: "+l).wantHit(t, strings.Repeat(l, 3000))
		}
		h.wantRuns(t, int32(len(languages)))
	})
}

// All clients of a run get the Age of its response.
// RFC 9111, 5.1; RFC 9111, 4.2.3
func TestAFollowerGetsTheAgeOfTheResponse(t *testing.T) {
	for name, flush := range map[string]bool{"a stream": true, "whole": false} {
		synctest.Test(t, func(t *testing.T) {
			h := newScript("Age: 100", "Cache-Control: max-age=1000")
			h.flush = flush
			clients := startMany(t, cached(t, h), 3)
			h.write(t, "page")
			h.end()
			for i, c := range clients {
				if age := c.wantWhole(t, "page").header.Get("Age"); age != "100" {
					t.Errorf("%s: client %d is told Age %q", name, i, age)
				}
			}
		})
	}
}
