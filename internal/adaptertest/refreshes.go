package adaptertest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// refreshes are the cases of pages that are refreshed in the background. Pages are
// purged softly to be stale, since no test waits for an hour.
var refreshes = []caseOf{
	{"a stale page is served, and refreshed in the background, once", func(t *testing.T, build Build) {
		s, policy := numbered(t, build, nil, nil)
		s.Get("/page").WantMiss(t, "page 1")
		s.purgeSoftly(policy)
		s.Get("/page").WantHit(t, "page 1")
		s.awaitPage("page 2")
		s.wantRuns(2)
	}},
	{"the request of a refresh is a clean one, and no visitor's", func(t *testing.T, build Build) {
		requests := make(chan *http.Request, 9)
		s, policy := numbered(t, build, requests, nil)
		s.Get("/page", "X-Visitor: alice")
		Receive(t, "the first run", requests)
		exceptions, started, _ := s.listen()
		s.purgeSoftly(policy)
		s.Get("/page", `If-None-Match: W/"x"`, "Range: bytes=0-1", "Cookie: _ga=1")
		r := Receive(t, "the refresh", requests)
		for _, name := range []string{"Range", "Cookie", "Cache-Control"} {
			if lines := r.Header[name]; lines != nil {
				t.Errorf("%s is %q", name, lines)
			}
		}
		if tag := r.Header.Get("If-None-Match"); tag == `W/"x"` {
			t.Error("the condition is the visitor's")
		}
		s.awaitPage("page 2")
		if got := started.Load(); got < 2 || exceptions.Load() != 0 {
			t.Errorf("%d requests and %d exceptions", got, exceptions.Load())
		}
	}},
	{"a refresh goes on when the request that it began with is over", func(t *testing.T, build Build) {
		policy := middleware.NewPolicy(hour, middleware.Grace(hour))
		began, goOn := make(chan struct{}, 9), make(chan struct{})
		var n atomic.Int32
		s := serve(t, build, Site{Policy: policy, Handler: func(w http.ResponseWriter, r *http.Request) {
			number := n.Add(1)
			if number > 1 {
				began <- struct{}{}
				<-goOn
			}
			if err := r.Context().Err(); err != nil {
				t.Errorf("page %d: the context has ended: %v", number, err)
			}
			fmt.Fprintf(w, "page %d", number)
		}})
		_, _, finished := s.listen()
		s.Get("/page").WantMiss(t, "page 1")
		s.purgeSoftly(policy)
		s.Get("/page").WantHit(t, "page 1")
		Receive(t, "the refresh", began)
		Await(t, "both requests are over", func() bool { return finished.Load() == 2 })
		close(goOn)
		s.awaitPage("page 2")
	}},
	{"a panic in the background harms nobody, and the page stays", func(t *testing.T, build Build) {
		var fails atomic.Bool
		requests := make(chan *http.Request, 9)
		s, policy := numbered(t, build, requests, &fails)
		s.Get("/page")
		Receive(t, "the first run", requests)
		s.purgeSoftly(policy)
		fails.Store(true)
		s.Get("/page").WantHit(t, "page 1")
		Receive(t, "the refresh", requests)
		s.Get("/page").Want(t, http.StatusOK, "page 1")
	}},
}

// numbered serves pages that say how many there have been.
func numbered(t *testing.T, build Build, requests chan<- *http.Request, fails *atomic.Bool) (*site, *middleware.Policy) {
	t.Helper()
	policy := middleware.NewPolicy(hour, middleware.Grace(hour), middleware.IgnoreCookies("_ga"))
	var n atomic.Int32
	return serve(t, build, Site{Policy: policy, Handler: func(w http.ResponseWriter, r *http.Request) {
		if requests != nil {
			requests <- r
		}
		if fails != nil && fails.Load() {
			panic("a fault")
		}
		fmt.Fprintf(w, "page %d", n.Add(1))
	}}), policy
}

// purgeSoftly makes the page stale.
func (s *site) purgeSoftly(policy *middleware.Policy) {
	s.t.Helper()
	scope := s.caches.Scope(s.t.Context())
	if err := policy.PurgeSoft(scope, s.URL("/page")); err != nil {
		s.t.Fatal(err)
	}
	if err := scope.Close(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// awaitPage waits until the page is stored.
func (s *site) awaitPage(body string) {
	s.t.Helper()
	Await(s.t, body+" is stored", func() bool { return s.Get("/page").Body == body })
	s.Get("/page").WantHit(s.t, body)
}
