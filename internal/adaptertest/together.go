package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// together are the cases of clients that ask for one page at the same time.
var together = []caseOf{
	{"concurrent misses run the handler once, and each gets one whole page", func(t *testing.T, build Build) {
		hold := make(chan struct{})
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			<-hold
			_, _ = io.WriteString(w, "one page")
		}})
		answers := s.crowd(20, hold)
		for a := range answers {
			a.Want(t, http.StatusOK, "one page")
		}
		s.wantRuns(1)
	}},
	{"a 503 that others waited for is nobody's empty 200", func(t *testing.T, build Build) {
		hold := make(chan struct{})
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			<-hold
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "no")
		}})
		for a := range s.crowd(10, hold) {
			a.Want(t, http.StatusServiceUnavailable, "no")
		}
	}},
	{"a private page is nobody's who waited for it", func(t *testing.T, build Build) {
		hold := make(chan struct{})
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			<-hold
			w.Header().Set("Cache-Control", "private")
			http.SetCookie(w, &http.Cookie{Name: "id", Value: fmt.Sprintf("%p", w.Header())})
			_, _ = io.WriteString(w, "page")
		}})
		seen := make(map[string]bool)
		for a := range s.crowd(10, hold) {
			a.Want(t, http.StatusOK, "page")
			if cookie := a.Header.Get("Set-Cookie"); seen[cookie] {
				t.Errorf("two clients have the cookie %q", cookie)
			} else {
				seen[cookie] = true
			}
		}
		s.wantRuns(10)
	}},
	{"the first client leaves, and the others get the page", func(t *testing.T, build Build) {
		hold, began := make(chan struct{}), make(chan struct{}, 9)
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			began <- struct{}{}
			<-hold
			if r.Context().Err() != nil {
				t.Error("the context has ended, though others wait")
			}
			_, _ = io.WriteString(w, "page")
		}})
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := s.Try(ctx, http.MethodGet, "/")
			left <- err
		}()
		Receive(t, "the handler runs", began)
		waiting := s.waiting("/", 5)
		Await(t, "the others wait for the run", func() bool { return waiters() == 5 })
		leave()
		if err := Receive(t, "the first client has left", left); err == nil {
			t.Error("the first client has an answer")
		}
		close(hold)
		for a := range waiting {
			a.Want(t, http.StatusOK, "page")
		}
		s.wantRuns(1)
		s.Get("/").WantHit(t, "page")
	}},
	{"all clients leave, and nothing is stored of what the handler did then", func(t *testing.T, build Build) {
		began := make(chan struct{}, 9)
		ended := make(chan struct{}, 9)
		first := true
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if first {
				first = false
				began <- struct{}{}
				<-r.Context().Done()
				_, _ = io.WriteString(w, "")
				ended <- struct{}{}
				return
			}
			_, _ = io.WriteString(w, "page")
		}})
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			Receive(t, "the handler runs", began)
			leave()
		}()
		if _, err := s.Try(ctx, http.MethodGet, "/"); err == nil {
			t.Error("the client has an answer")
		}
		Receive(t, "the handler has returned", ended)
		s.Get("/").WantMiss(t, "page")
	}},
	{"a handler may ask for its own page", func(t *testing.T, build Build) {
		var self http.Handler
		s := Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Depth") == "" {
				inner := r.Clone(r.Context())
				inner.Header.Set("X-Depth", "1")
				self.ServeHTTP(w, inner)
				return
			}
			_, _ = io.WriteString(w, "page")
		}}
		s.Policy = middleware.NewPolicy(hour)
		served := serve(t, func(s Site) http.Handler { self = build(s); return self }, s)
		served.Get("/").Want(t, http.StatusOK, "page")
	}},
}

// crowd has clients ask for one page at the same time, and closes hold when all
// of them wait.
func (s *site) crowd(n int, hold chan struct{}) <-chan Answer {
	s.t.Helper()
	answers := s.waiting("/", n)
	close(hold)
	return answers
}

// waiters is how many requests of this process wait for a run of a handler: the goroutines
// in the methods receive and receiveInTurn of a flight. Nothing else shows it.
func waiters() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("internal/flight.(*Flight[...]).receive"))
}

// waiting has clients ask for one page, and returns when they all have sent their
// requests and have been accepted.
func (s *site) waiting(path string, n int) <-chan Answer {
	s.t.Helper()
	answers := make(chan Answer, n)
	var sent, done sync.WaitGroup
	sent.Add(n)
	for range n {
		done.Go(func() {
			ctx := onWrote(s.t.Context(), sent.Done)
			a, err := s.Try(ctx, http.MethodGet, path)
			if err != nil {
				a.Err = err
			}
			answers <- a
		})
	}
	sent.Wait()
	go func() {
		done.Wait()
		close(answers)
	}()
	return answers
}
