package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// twoProcesses returns a page in two processes that share a directory.
func twoProcesses(t *testing.T, h *handler, opts ...middleware.PageOption) (first, second http.Handler) {
	dir := t.TempDir()
	process := func() http.Handler {
		return within(newCaches(t, cache.Config{Backend: "file", Location: dir}), middleware.Site(append(opts, middleware.DefaultTTL(time.Hour))...)(h))
	}
	return process(), process()
}

// With LeaseWait, a request waits for a run that another process has started. Without it,
// each process runs the handler, and the response of the first is stored.
func TestARequestWaitsForTheRunOfAnotherProcessIfAnOptionSaysSo(t *testing.T) {
	for _, test := range []struct {
		name   string
		opts   []middleware.PageOption
		runs   int32
		status string // of the second
		took   time.Duration
	}{
		{"by default", nil, 2, "larder; fwd=uri-miss; fwd-status=200", time.Second},
		{"LeaseWait", []middleware.PageOption{middleware.LeaseWait(time.Minute)}, 1, "larder; hit", time.Second - 10*time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := slow(true, writes("page"))
				first, second := twoProcesses(t, h, test.opts...)
				c := start(t, first, request("GET", "/page"))
				time.Sleep(10 * time.Millisecond)
				began := time.Now()
				a := ask(second, "/page")
				took := time.Since(began)
				if c.wait().body != "page" || a.body != "page" || h.runs.Load() != test.runs {
					t.Errorf("%d runs, want %d; the second got %+v", h.runs.Load(), test.runs, a)
				}
				if got := a.header.Get("Cache-Status"); !strings.HasPrefix(got, test.status) || strings.Contains(got, "stored") {
					t.Errorf("Cache-Status is %q, want %q", got, test.status)
				}
				if took < test.took || took > test.took+100*time.Millisecond {
					t.Errorf("the second took %v, want %v", took, test.took)
				}
				if a := ask(second, "/page"); !strings.HasPrefix(a.header.Get("Cache-Status"), "larder; hit") {
					t.Errorf("then Cache-Status is %q", a.header.Get("Cache-Status"))
				}
			})
		})
	}
}

// Nobody waits for a response of another process that is streamed, since it may take long, nor
// for one that is not shared. The streamed one is stored when it is complete.
func TestNobodyWaitsForAStreamedOrUnsharedResponseOfAnotherProcess(t *testing.T) {
	for name, begin := range map[string]http.HandlerFunc{
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "page")
			_ = http.NewResponseController(w).Flush()
		},
		"private": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "private")
			_, _ = io.WriteString(w, "page")
		},
		"with a cookie": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			_, _ = io.WriteString(w, "page")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(handler)
				h.serve = func(w http.ResponseWriter, r *http.Request) {
					first := h.runs.Load() == 1
					begin(w, r)
					if first {
						time.Sleep(20 * time.Second)
					}
				}
				first, second := twoProcesses(t, h, middleware.LeaseWait(time.Minute))
				c := start(t, first, request("GET", "/page"))
				time.Sleep(10 * time.Millisecond)
				began := time.Now()
				a := ask(second, "/page")
				if took := time.Since(began); took > 100*time.Millisecond || a.body != "page" || h.runs.Load() != 2 {
					t.Errorf("%d runs; the second took %v, and got %+v", h.runs.Load(), took, a)
				}
				c.wait()
				a = ask(second, "/page")
				if isHit := strings.HasPrefix(a.header.Get("Cache-Status"), "larder; hit"); isHit != (name == "flushed") {
					t.Errorf("then Cache-Status is %q", a.header.Get("Cache-Status"))
				}
			})
		})
	}
}

// A page that is purged in one process while its run goes on in another is not stored.
func TestAPurgeReachesARunOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := middleware.NewPolicy(time.Hour)
		h := slow(true, writes("page"))
		caches := newCaches(t, cache.Config{Backend: "file", Location: dir})
		page := within(newCaches(t, cache.Config{Backend: "file", Location: dir}), policy.Handler(h))
		c := start(t, page, request("GET", "/page"))
		time.Sleep(10 * time.Millisecond)
		if _, err := policy.PurgeURL(caches.Scope(t.Context()), "http://example.com/page"); err != nil {
			t.Fatal(err)
		}
		if a := c.wait(); a.body != "page" || strings.Contains(a.header.Get("Cache-Status"), "stored") {
			t.Errorf("the run answered %q, Cache-Status %q", a.body, a.header.Get("Cache-Status"))
		}
		if a := ask(page, "/page"); h.runs.Load() != 2 {
			t.Errorf("%d runs; Cache-Status %q", h.runs.Load(), a.header.Get("Cache-Status"))
		}
	})
}

// After a purge of a page, one process makes it for all that wait.
func TestAPurgedPageIsMadeByOneProcessForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		policy := middleware.NewPolicy(time.Hour, middleware.LeaseWait(time.Minute))
		h := slow(true, writes("page"))
		process := func() (*cache.Handler, http.Handler) {
			caches := newCaches(t, cache.Config{Backend: "file", Location: dir})
			return caches, within(caches, policy.Handler(h))
		}
		caches, first := process()
		_, second := process()
		ask(first, "/page")
		if _, err := policy.PurgeURL(caches.Scope(t.Context()), "http://example.com/page"); err != nil {
			t.Fatal(err)
		}
		c := start(t, first, request("GET", "/page"))
		time.Sleep(10 * time.Millisecond)
		a := ask(second, "/page")
		if got := a.header.Get("Cache-Status"); !strings.HasPrefix(got, "larder; hit") || h.runs.Load() != 2 {
			t.Errorf("%d runs, want 2; Cache-Status of the second is %q", h.runs.Load(), got)
		}
		c.wait()
	})
}
