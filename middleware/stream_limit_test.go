package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/middleware"
)

const mib = 1 << 20

// Nobody joins a stream over the limit.
func TestNobodyJoinsAStreamThatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h, middleware.MaxBody(1000))
		clients := startMany(t, p, 20)
		h.write(t, strings.Repeat("x", 900))
		h.write(t, strings.Repeat("y", 200))
		late := start(t, p, request("GET", "/page"))
		h.wantRuns(t, 2) // at once, for itself
		h.end()
		for _, c := range clients {
			c.wantWhole(t, strings.Repeat("x", 900)+strings.Repeat("y", 200))
		}
		late.wait().wantStatus(t, "larder; fwd=uri-miss; detail=too-large")
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; detail=uncacheable; larder-cause=too-large")
	})
}

// A Content-Length over the limit releases all who wait at the header.
func TestAKnownLengthOverTheLimitReleasesAllAtTheHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript("Content-Length: 3000")
		p := cached(t, h, middleware.MaxBody(1000))
		clients := startMany(t, p, 500)
		h.wantRuns(t, 1)
		h.write(t, "x")
		h.wantRuns(t, 500)
		for range 499 {
			h.write(t, "x")
		}
		for _, c := range clients {
			c.leave()
		}
		for _, c := range clients {
			c.wait()
		}
	})
}

// The client that started a run gets all of it, even if more than the limit is written before it
// can look.
func TestTheClientThatStartedARunIsNeverTooLate(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = w.Write(make([]byte, mib/4))
		}
	}}
	p := cached(t, h, middleware.MaxBody(mib/2))
	for i := range 100 {
		if a := ask(p, fmt.Sprint("/", i)); len(a.body) != 3*mib/4 {
			t.Fatalf("%d bytes, %s", len(a.body), a.cacheStatus())
		}
	}
	h.wantRuns(t, 100)
}

// The client that started a run gets all of it, even if it reads nothing while more is written than
// is kept.
func TestTheClientThatStartedARunIsNeverTooSlow(t *testing.T) {
	for name, length := range map[string]int{"in one piece": 8 * mib, "in pieces": mib / 4} {
		synctest.Test(t, func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				for range 8 * mib / length {
					if _, err := w.Write(make([]byte, length)); err != nil {
						t.Errorf("%s: Write: %v", name, err)
						return
					}
				}
			}}
			p := cached(t, h, middleware.MaxBody(kept))
			gate := make(chan struct{})
			leader := startSlow(t, p, request("GET", "/page"), gate)
			close(gate)
			if a := leader.wait(); leader.panics != nil || len(a.body) != 8*mib {
				t.Errorf("%s: %d bytes, %v", name, len(a.body), leader.panics)
			}
		})
	}
}

// Of the tests below, four mebibytes are kept at most, and the window is one.
const kept = 4 * mib

// A client that joined a stream and lags behind by more than the window is aborted.
func TestAFollowerThatLagsFurtherThanTheWindowIsAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h, middleware.MaxBody(kept))
		leader := start(t, p, request("GET", "/page"))
		gate := make(chan struct{})
		fast, lagging := start(t, p, request("GET", "/page")), startSlow(t, p, request("GET", "/page"), gate)
		part := strings.Repeat("x", mib/2)
		for range 16 {
			h.write(t, part)
		}
		close(gate)
		lagging.wantAborted(t)
		if n := lagging.w.Body.Len(); n == 0 || n > 8*mib {
			t.Errorf("it got %d bytes", n)
		}
		h.end()
		leader.wantWhole(t, strings.Repeat(part, 16))
		fast.wantWhole(t, strings.Repeat(part, 16))
	})
}

// When the client that started a long stream leaves, the others go on, and the writer waits for the
// fastest of them.
func TestFollowersOfALongStreamGoOnWithoutTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h, middleware.MaxBody(kept))
		leader := start(t, p, request("GET", "/page"))
		gate := make(chan struct{})
		fast, slow := start(t, p, request("GET", "/page")), startSlow(t, p, request("GET", "/page"), gate)
		part := strings.Repeat("x", mib/2)
		h.write(t, part)
		leader.leave()
		synctest.Wait()
		for range 15 {
			h.write(t, part)
		}
		fast.wantSoFar(t, strings.Repeat(part, 16))
		close(gate)
		slow.wantAborted(t)
		h.wantCancelled(t, false)
		h.end()
		leader.wantAborted(t)
		fast.wantWhole(t, strings.Repeat(part, 16))
		h.wantRuns(t, 1)
	})
}

// A slow client that is the last of a long stream is not aborted.
func TestASlowFollowerWhomALongStreamIsLeftToIsNotAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript()
		p := cached(t, h, middleware.MaxBody(kept))
		leader := start(t, p, request("GET", "/page"))
		gate := make(chan struct{})
		slow := startSlow(t, p, request("GET", "/page"), gate)
		part := strings.Repeat("x", mib/2)
		for range 7 {
			h.write(t, part)
		}
		leader.leave()
		synctest.Wait()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 9 {
				h.parts <- part
			}
		}()
		synctest.Wait()
		close(gate)
		<-done
		h.end()
		leader.wantAborted(t)
		slow.wantWhole(t, strings.Repeat(part, 16))
	})
}
