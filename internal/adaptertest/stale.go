package adaptertest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// stale are the cases of an old page that stands in for a failure of the handler
// while its client waits (RFC 5861, section 4). What is refreshed in the background
// is in refreshes.
var stale = []caseOf{
	{"an old page stands in for a failure, by stale-if-error", func(t *testing.T, build Build) {
		checkStandsIn(t, build, inForeground+", stale-if-error=3600")
	}},
	{"an old page stands in for a failure, by Grace", func(t *testing.T, build Build) {
		checkStandsIn(t, build, inForeground, middleware.Grace(hour))
	}},
	{"an old page that must be validated stands in for nothing", func(t *testing.T, build Build) {
		for name, w := range failing {
			f := newFailingSite(t, build, w, "Cache-Control: must-revalidate, stale-if-error=3600", middleware.Grace(hour))
			if a, err := f.fail(); err == nil && (a.Err == nil && a.Status < http.StatusInternalServerError || strings.Contains(a.Body, "page 1")) {
				t.Errorf("%s: %d %q (%s)", name, a.Status, a.Body, a.CacheStatus())
			}
		}
	}},
	{"an old page does not stand in for a page that is gone", func(t *testing.T, build Build) {
		gone := way{answers: func(w http.ResponseWriter) { http.Error(w, "gone", http.StatusNotFound) }}
		f := newFailingSite(t, build, gone, inForeground+", stale-if-error=3600")
		if a, err := f.fail(); err != nil || a.Status != http.StatusNotFound {
			t.Errorf("%d %q, %v", a.Status, a.Body, err)
		}
	}},
	{"an old page stands in for all who wait", func(t *testing.T, build Build) {
		hold := make(chan struct{})
		unavailable := way{answers: func(w http.ResponseWriter) { <-hold; w.WriteHeader(http.StatusServiceUnavailable) }}
		f := newFailingSite(t, build, unavailable, inForeground+", stale-if-error=3600")
		f.fails.Store(true)
		f.purgeSoftly(f.policy)
		answers := f.waiting("/page", 10)
		close(hold)
		for a := range answers {
			a.Want(t, http.StatusOK, "page 1")
		}
	}},
}

// inForeground is the field of a page that, when it is stale, is not served before
// its handler has been asked.
const inForeground = "Cache-Control: stale-while-revalidate=0"

// way is how a handler fails: by an error, or by what it does.
type way struct {
	err     error
	answers func(http.ResponseWriter)
}

var errFault = errors.New("a fault")

// failing are the failures instead of which an old page may be sent.
var failing = map[string]way{
	"an error": {err: errFault},
	"a panic":  {answers: func(http.ResponseWriter) { panic(errFault) }},
	"a panic in the middle of a page": {answers: func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, "half a ")
		panic(errFault)
	}},
	"a 500":                 answersStatus(http.StatusInternalServerError),
	"a 502":                 answersStatus(http.StatusBadGateway),
	"a 503":                 answersStatus(http.StatusServiceUnavailable),
	"a 504":                 answersStatus(http.StatusGatewayTimeout),
	"a 500 without a body":  {answers: func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }},
	"a 500 that is flushed": {answers: flushed},
	"a 500 that is long": {answers: func(w http.ResponseWriter) {
		http.Error(w, strings.Repeat("no", 10_000), http.StatusInternalServerError)
	}},
}

func answersStatus(status int) way {
	return way{answers: func(w http.ResponseWriter) { http.Error(w, "no", status) }}
}

func flushed(w http.ResponseWriter) {
	w.WriteHeader(http.StatusInternalServerError)
	_ = http.NewResponseController(w).Flush()
	_, _ = io.WriteString(w, "no")
}

// failingSite has a page that is stored, and then fails.
type failingSite struct {
	*site
	policy *middleware.Policy
	fails  atomic.Bool
	pages  atomic.Int32
}

func newFailingSite(t *testing.T, build Build, w way, field string, opts ...middleware.PageOption) *failingSite {
	t.Helper()
	f := &failingSite{policy: middleware.NewPolicy(hour, opts...)}
	name, value, _ := strings.Cut(field, ": ")
	f.site = serve(t, build, Site{
		Policy: f.policy,
		Fails: func(*http.Request) error {
			if f.fails.Load() {
				return w.err
			}
			return nil
		},
		Handler: func(rw http.ResponseWriter, _ *http.Request) {
			if f.fails.Load() {
				w.answers(rw)
				return
			}
			rw.Header().Set(name, value)
			_, _ = fmt.Fprintf(rw, "page %d", f.pages.Add(1))
		},
	})
	f.Get("/page").WantMiss(t, "page 1")
	return f
}

// fail asks for the page when it is stale and its handler fails.
func (f *failingSite) fail() (Answer, error) {
	f.t.Helper()
	f.fails.Store(true)
	f.purgeSoftly(f.policy)
	return f.Try(f.t.Context(), http.MethodGet, "/page")
}

// checkStandsIn has a page fail in every way.
func checkStandsIn(t *testing.T, build Build, field string, opts ...middleware.PageOption) {
	for name, w := range failing {
		t.Run(name, func(t *testing.T) {
			f := newFailingSite(t, build, w, field, opts...)
			exceptions, _, finished := f.listen()
			a, err := f.fail()
			if err != nil {
				t.Fatal(err)
			}
			a.Want(t, http.StatusOK, "page 1")
			if status := a.CacheStatus(); !strings.Contains(status, "fwd=stale") || !strings.HasSuffix(status, "; detail=stale-if-error") {
				t.Errorf("Cache-Status is %q", status)
			}
			if head := f.Ask(http.MethodHead, "/page"); head.Status != http.StatusOK || head.Header.Get("Content-Length") != "6" {
				t.Errorf("HEAD: %d, Content-Length %q (%s)", head.Status, head.Header.Get("Content-Length"), head.CacheStatus())
			}
			Await(t, "the requests are finished", func() bool { return finished.Load() == 2 })
			if n := exceptions.Load(); n != 0 {
				t.Errorf("%d exceptions of what became a page, want none", n)
			}
			f.fails.Store(false)
			f.Get("/page").WantMiss(t, "page 2")
			f.Get("/page").WantHit(t, "page 2")
		})
	}
}
