package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/faithful"
	"github.com/larder-go/larder/middleware"
)

// conditions are the cases of HEAD, ranges and conditions (RFC 9110, sections 9.3.2, 13 and
// 14) of pages that are stored, and of those that turn out not to be.
var conditions = []caseOf{
	{"answers are those of the handler alone", func(t *testing.T, build Build) {
		for seed := range uint64(12) {
			limit := middleware.MaxBody(faithful.MaxBody)
			drive(t, build, middleware.NewPolicy(hour, limit), false, seed)
			drive(t, build, middleware.NewSitePolicy(limit), false, seed)
			drive(t, build, middleware.NewSharedPolicy(limit), true, seed)
		}
	}},
	{"a HEAD stops the handler of a page that is not stored", func(t *testing.T, build Build) {
		const whole = 64 << 20
		var written atomic.Int64
		stopped := make(chan struct{}, 1)
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			defer func() { stopped <- struct{}{} }()
			w.Header().Set("Cache-Control", "private")
			for chunk := make([]byte, 32<<10); written.Load() < whole; written.Add(int64(len(chunk))) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}})
		if a := s.Ask(http.MethodHead, "/"); a.Status != http.StatusOK || a.Body != "" {
			t.Errorf("%d with %d bytes", a.Status, len(a.Body))
		}
		if Receive(t, "the handler has returned", stopped); written.Load() > 1<<20 {
			t.Errorf("the handler has written %d bytes", written.Load())
		}
	}},
	{"a range of a stale page that has become private is the handler's to cut", func(t *testing.T, build Build) {
		long := strings.Repeat("0123456789", 1000)
		policy := middleware.NewPolicy(hour, middleware.IgnoreQuery("utm_*"))
		var runs atomic.Int32
		s := serve(t, build, Site{Policy: policy, Handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "stale-while-revalidate=0")
			if runs.Add(1) > 1 {
				w.Header().Set("Cache-Control", "private")
			}
			http.ServeContent(w, r, "page.txt", time.Time{}, strings.NewReader(fmt.Sprintf("%d", runs.Load())+long))
		}})
		s.Get("/page?utm_x=1")
		s.purgeSoftly(policy)
		s.Get("/page?utm_x=1", "Range: bytes=1-5").Want(t, http.StatusPartialContent, "01234")
	}},
	{"a handler that redirects to the very URL is asked again as the request came", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Forwarded-Proto") != "https" {
				http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
				return
			}
			_, _ = io.WriteString(w, "secure")
		}})
		for range 3 {
			s.Get("/page?a=1", "X-Forwarded-Proto: https").WantMiss(t, "secure")
		}
	}},
}

// drive does random things to a page that a framework serves.
func drive(t *testing.T, build Build, policy *middleware.Policy, isShared bool, seed uint64) {
	t.Helper()
	page := faithful.NewPage(seed)
	s := serve(t, build, Site{Policy: policy, Handler: page.ServeHTTP})
	err := page.Drive(faithful.Cache{
		Ask: func(method string, fields []string) faithful.Answer {
			a := s.Ask(method, "/page", fields...)
			return faithful.Answer{Status: a.Status, Header: a.Header, Body: a.Body}
		},
		Age:      func() { s.purgeSoftly(policy) },
		IsShared: isShared,
	}, 30)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
}
