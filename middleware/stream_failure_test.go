package middleware_test

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A panic in the middle of a stream aborts all its clients.
// RFC 9112, 8
func TestAPanicInTheMiddleOfAStreamAbortsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h)
		clients := startMany(t, p, 500)
		h.write(t, "half")
		reason := errors.New("an error")
		h.panics <- reason
		synctest.Wait()
		if clients[0].wait(); clients[0].panics != any(reason) {
			t.Errorf("the leader's panic is %v", clients[0].panics)
		}
		for _, c := range clients[1:] {
			c.wantAborted(t)
		}
		again := start(t, p, request("GET", "/page"))
		h.write(t, "page")
		h.end()
		again.wantWhole(t, "page")
		h.wantRuns(t, 2)
	})
}

// Clients that have nothing of a stream that panics wait for one more run.
func TestAPanicBeforeTheFirstByteHasReachedAFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := strings.Repeat("page", 1000)
		h := new(handler)
		h.serve = slow(true, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(page))
			if h.runs.Load() == 1 {
				panic(http.ErrAbortHandler)
			}
		}).serve
		clients := startMany(t, cached(t, h), 100)
		clients[0].wantAborted(t)
		for _, c := range clients[1:] {
			<-c.done
			if c.panics != nil && c.w.Body.Len() == 0 {
				t.Error("a follower without a byte was aborted")
			}
			if c.panics == nil && c.w.Body.String() != page {
				t.Errorf("a follower got %.20q", c.w.Body)
			}
		}
		if n := h.runs.Load(); n > 2 {
			t.Errorf("the handler has run %d times", n)
		}
	})
}

// A handler that ends its goroutine in the middle of a stream aborts all its clients.
// RFC 9112, 8
func TestAGoexitInTheMiddleOfAStreamAbortsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 5000))
			time.Sleep(time.Second)
			runtime.Goexit()
		}}
		for _, c := range startMany(t, cached(t, h), 20) {
			c.wantAborted(t)
		}
		h.wantRuns(t, 1)
	})
}

// A stream that is shorter than its Content-Length aborts all its clients.
// RFC 9111, 3.3; RFC 9112, 8
func TestATruncatedStreamAbortsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript("Content-Length: 10")
		p := cached(t, h)
		clients := startMany(t, p, 500)
		h.write(t, "half")
		h.end()
		for _, c := range clients {
			c.wantAborted(t)
		}
		h.wantRuns(t, 1)
		h.parts = make(chan string)
		again := start(t, p, request("GET", "/page"))
		h.write(t, "0123456789")
		h.end()
		again.wantWhole(t, "0123456789")
		h.wantRuns(t, 2)
	})
}

// A stream ends at its Content-Length.
// RFC 9110, 8.6
func TestAStreamThatIsLongerThanItSaysIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript("Content-Length: 4")
		p := cached(t, h)
		clients := startMany(t, p, 5)
		h.write(t, "page and more")
		h.end()
		for _, c := range clients {
			c.wantWhole(t, "page")
		}
		if err := <-h.wrote; !errors.Is(err, http.ErrContentLength) {
			t.Errorf("Write: %v", err)
		}
		ask(p, "/page").wantHit(t, "page")
	})
}

// A client whose time is over before the first byte of a stream gets 503, never an empty 200.
func TestAFollowerWhoseTimeIsUpBeforeTheFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, body("page"))
		page := middleware.CachePage(ttl)(h)
		caches := inMemory(t)
		leader := start(t, within(caches, page), request("GET", "/page"))
		a := send(within(caches, timeLimited(time.Second/2, page)), request("GET", "/page"))
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("the status is %d", a.status)
		}
		a.wantStatus(t, "larder; fwd=uri-miss; detail=timeout")
		leader.wantWhole(t, "page")
		h.wantRuns(t, 1)
	})
}

// A stream that was purged is neither joined nor stored.
func TestAStreamWhoseRunWasInvalidatedIsNotJoinedNorStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		caches := inMemory(t)
		p := withinPage(caches, h)
		before := startMany(t, p, 3)
		h.write(t, "old")
		purge(t, caches, "http://example.com/page")
		after := start(t, p, request("GET", "/page"))
		h.wantRuns(t, 2)
		h.end() // of both
		for _, c := range before {
			c.wantWhole(t, "old")
		}
		after.wantWhole(t, "")
		if a := ask(p, "/page"); a.body == "old" {
			t.Error("it was stored")
		}
	})
}
