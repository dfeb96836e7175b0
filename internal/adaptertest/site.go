package adaptertest

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// site is a Site that is served.
type site struct {
	*Visitor
	caches *cache.Handler
	bus    *signals.Bus
	runs   *atomic.Int32 // of the handler
}

// serve builds and serves a site with a CachePage for an hour, unless it has
// another policy.
func serve(t *testing.T, build Build, s Site) *site {
	t.Helper()
	runs, handler := new(atomic.Int32), s.Handler
	s.Caches, s.Bus = NewCaches(t), new(signals.Bus)
	s.Handler = func(w http.ResponseWriter, r *http.Request) {
		runs.Add(1)
		handler(w, r)
	}
	if s.Policy == nil {
		s.Policy = middleware.NewPolicy(hour)
	}
	return &site{NewVisitor(t, build(s)), s.Caches, s.Bus, runs}
}

func (s *site) wantRuns(want int32) {
	s.t.Helper()
	if got := s.runs.Load(); got != want {
		s.t.Errorf("the handler has run %d times, want %d", got, want)
	}
}

// text returns a handler that answers with a body and these fields.
func text(body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			w.Header().Add(name, value)
		}
		_, _ = io.WriteString(w, body)
	}
}
