package adaptertest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/signals"
)

// failures are the cases of handlers that fail.
var failures = []caseOf{
	{"a panic aborts its request, is told once, and the next request gets the page", func(t *testing.T, build Build) {
		var fails atomic.Bool
		fails.Store(true)
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			if fails.Load() {
				panic("a fault")
			}
			_, _ = io.WriteString(w, "page")
		}})
		told, started, finished := s.listen()
		if _, err := s.Try(t.Context(), http.MethodGet, "/"); err == nil {
			t.Error("there is an answer")
		}
		Await(t, "the request is finished", func() bool { return finished.Load() == 1 })
		if told.Load() != 1 || started.Load() != 1 {
			t.Errorf("%d exceptions of %d requests, want one of one", told.Load(), started.Load())
		}
		fails.Store(false)
		s.Get("/").WantMiss(t, "page")
		s.Get("/").WantHit(t, "page")
		if told.Load() != 1 {
			t.Errorf("%d exceptions, want one", told.Load())
		}
	}},
	{"a panic in the middle of a response breaks it off, and nothing is stored", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}})
		for range 2 {
			if a, err := s.Try(t.Context(), http.MethodGet, "/"); err == nil && a.Err == nil {
				t.Errorf("%d %.20q, %s", a.Status, a.Body, a.CacheStatus())
			}
		}
		s.wantRuns(2)
	}},
	{"errors are not stored, and keep their status", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }})
		for range 2 {
			s.Get("/").Want(t, http.StatusBadGateway, "no\n")
		}
		s.wantRuns(2)
	}},
	{"an error of the handler is never stored as an empty page", func(t *testing.T, build Build) {
		var fails atomic.Bool
		fails.Store(true)
		s := serve(t, build, Site{Handler: text("page"), Fails: func(*http.Request) error {
			if fails.Load() {
				return errFault
			}
			return nil
		}})
		for range 2 {
			if a := s.Get("/"); a.Status != http.StatusInternalServerError || a.IsHit() || strings.Contains(a.CacheStatus(), "stored") {
				t.Errorf("%d %q (%s)", a.Status, a.Body, a.CacheStatus())
			}
		}
		fails.Store(false)
		s.Get("/").WantMiss(t, "page")
		s.Get("/").WantHit(t, "page")
	}},
	{"each request is started and finished once, hit or not", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: text("page")})
		exceptions, started, finished := s.listen()
		for range 3 {
			s.Get("/").Want(t, http.StatusOK, "page")
		}
		Await(t, "the requests are finished", func() bool { return finished.Load() == 3 })
		if started.Load() != 3 || exceptions.Load() != 0 {
			t.Errorf("%d started, %d exceptions", started.Load(), exceptions.Load())
		}
	}},
}

// listen counts the signals of a site.
func (s *site) listen() (exceptions, started, finished *atomic.Int32) {
	exceptions, started, finished = new(atomic.Int32), new(atomic.Int32), new(atomic.Int32)
	s.bus.GotRequestException.Connect(func(context.Context, any, signals.ExceptionEvent) error {
		exceptions.Add(1)
		return nil
	})
	s.bus.RequestStarted.Connect(func(context.Context, any, signals.StartedEvent) error {
		started.Add(1)
		return nil
	})
	s.bus.RequestFinished.Connect(func(context.Context, any, signals.FinishedEvent) error {
		finished.Add(1)
		return nil
	})
	return exceptions, started, finished
}
