package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// reads are the hits and misses of which the events of a cache tell.
type reads struct {
	mu     sync.Mutex
	events []cache.Event
}

func countReads(caches *cache.Handler) *reads {
	r := new(reads)
	caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventHit || e.Kind == cache.EventMiss {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		}
		return nil
	})
	return r
}

// take returns what was counted since it was called last: "hit", "miss", or both
// in their order.
func (r *reads) take(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []string
	for _, e := range r.events {
		kinds = append(kinds, e.Kind.String())
		if strings.HasPrefix(e.Key, "page:purges") {
			t.Errorf("%s of the internal key %q", e.Kind, e.Key)
		}
	}
	r.events = nil
	return strings.Join(kinds, " ")
}

// siteToCount has a page of each kind that is looked up in its own way.
func siteToCount(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/varies":
		w.Header().Set("Vary", "Accept-Language")
	case "/private":
		w.Header().Set("Cache-Control", "private")
	case "/validated":
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	case "/missing":
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, strings.Repeat("page ", 100))
}

// A request for a page is counted as one hit, one miss, or nothing if it was not looked up. The
// index of variants, the list of purges and a page that was found and refused are not counted. A
// hit is what Cache-Status calls one.
// RFC 9211, 2.1
func TestARequestForAPageIsOneHitOrOneMiss(t *testing.T) {
	steps := []struct {
		request string // method, path and fields
		want    string
	}{
		{"GET /", "miss"},
		{"GET /", "hit"},
		{"GET /", "hit"},
		{"HEAD /", "hit"},
		{"GET /|Range: bytes=0-3", "hit"},
		{"GET /|If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT", "hit"},
		{"POST /", ""},
		{"GET /|Authorization: Basic YTpi", "miss"}, // it has a key of its own
		{"GET /varies|Accept-Language: fr", "miss"},
		{"GET /varies|Accept-Language: fr", "hit"},
		{"GET /varies|Accept-Language: fr", "hit"},
		{"GET /varies|Accept-Language: de", "miss"},
		{"GET /varies|Accept-Language: de", "hit"},
		{"GET /varies|Accept-Language: fr", "hit"},
		{"GET /private", "miss"},
		{"GET /private", "miss"},
		{"GET /private", ""}, // known to have nothing stored, and not looked up
		{"GET /validated", "miss"},
		{"GET /validated", "miss"}, // found, and validated first
		{"GET /missing", "miss"},
		{"GET /other|Cache-Control: only-if-cached", "miss"},
		{"purge /", ""},
		{"GET /", "miss"},
		{"GET /", "hit"},
		{"purge prefix /varies", ""},
		{"GET /varies|Accept-Language: fr", "miss"},
	}
	for name, cfg := range map[string]cache.Config{
		"memory": {Backend: "memory"},
		"file":   {Backend: "file", Location: filepath.Join(t.TempDir(), "cache")},
	} {
		t.Run(name, func(t *testing.T) {
			caches := newCaches(t, cfg)
			counted := countReads(caches)
			site := within(caches, middleware.CachePage(time.Hour, middleware.HeedRequests())(http.HandlerFunc(siteToCount)))
			for _, step := range steps {
				hit := takeStep(t, caches, site, step.request)
				if got := counted.take(t); got != step.want || hit != (got == "hit") {
					t.Errorf("%s counts as %q, want %q; Cache-Status says it is a hit: %v", step.request, got, step.want, hit)
				}
			}
		})
	}
}

// takeStep makes a request, or a purge, and reports whether the answer says that
// it is a hit.
func takeStep(t *testing.T, caches *cache.Handler, site http.Handler, step string) (hit bool) {
	t.Helper()
	if path, ok := strings.CutPrefix(step, "purge prefix "); ok {
		inScope(t, caches, func(ctx context.Context) error { return plainPages.PurgePrefix(ctx, "http://example.com"+path) })
		return false
	}
	if path, ok := strings.CutPrefix(step, "purge "); ok {
		inScope(t, caches, func(ctx context.Context) error { return plainPages.Purge(ctx, "http://example.com"+path) })
		return false
	}
	words := strings.Split(step, "|")
	method, path, _ := strings.Cut(words[0], " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for _, field := range words[1:] {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	site.ServeHTTP(rec, r)
	return strings.Contains(rec.Header().Get("Cache-Status"), "larder; hit")
}

func inScope(t *testing.T, caches *cache.Handler, do func(context.Context) error) {
	t.Helper()
	scope := caches.Scope(t.Context())
	defer scope.Close(context.WithoutCancel(t.Context()))
	if err := do(scope); err != nil {
		t.Fatal(err)
	}
}

// Each request that waits for a run is counted as a miss, and the run as one load.
func TestEachWaitingRequestIsAMiss(t *testing.T) {
	const clients = 8
	caches := inMemory(t)
	counted := countReads(caches)
	goOn := make(chan struct{})
	page := within(caches, middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-goOn
		_, _ = io.WriteString(w, strings.Repeat("page ", 2000))
	})))
	var waiting sync.WaitGroup
	for range clients {
		waiting.Go(func() { ask(page, "/") })
	}
	close(goOn)
	waiting.Wait()
	got := counted.take(t)
	if all := strings.Count(got, "miss") + strings.Count(got, "hit"); all != clients || !strings.Contains(got, "miss") {
		t.Errorf("%d clients count as %q, want one event for each", clients, got)
	}
}
