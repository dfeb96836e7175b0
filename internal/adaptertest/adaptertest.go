// Package adaptertest is the table of cases that a page cache has to pass in every
// framework alike, so that adapters prove that they add nothing to the cache and
// take nothing away from it. Among them are the faults of published caches for gin
// and echo. It is for the tests of adapters, and runs with net/http itself.
package adaptertest

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// Site is a web site of one handler for all methods and paths, as the frameworks
// are to build it: the Lifecycle, then what is Outside of the cache, the cache,
// what is Inside of it, and the handler.
type Site struct {
	Caches  *cache.Handler
	Bus     *signals.Bus
	Outside []func(http.Handler) http.Handler
	Policy  *middleware.Policy
	Inside  []func(http.Handler) http.Handler
	Handler http.HandlerFunc

	// Fails is asked before Handler, and may be nil. With an error from it the
	// handler fails without a response, as handlers of the framework do that make
	// a 500 of an error. Where they have no way, http.Error is it.
	Fails func(*http.Request) error
}

// Run runs the handler, unless that fails: then it returns the error.
func (s Site) Run(w http.ResponseWriter, r *http.Request) error {
	if s.Fails != nil {
		if err := s.Fails(r); err != nil {
			return err
		}
	}
	s.Handler(w, r)
	return nil
}

// Build makes a site with a framework and its adapter.
type Build func(Site) http.Handler

// caseOf is one rule that holds in every framework.
type caseOf struct {
	rule  string
	check func(*testing.T, Build)
}

// Run runs the table. The program has to link a backend named memory.
func Run(t *testing.T, build Build) {
	for _, cases := range tables {
		for _, c := range cases {
			t.Run(c.rule, func(t *testing.T) { c.check(t, build) })
		}
	}
}

// hour is longer than any test.
const hour = time.Hour
