package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// pages are the cases of what is stored, and under which key.
var pages = []caseOf{
	{"a second visitor gets the stored page", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: text("page", "X-Many: 1", "X-Many: 2")})
		s.Get("/").WantMiss(t, "page")
		hit := s.Get("/")
		hit.WantHit(t, "page")
		if many := hit.Header["X-Many"]; len(many) != 2 {
			t.Errorf("X-Many is %q, want two lines", many)
		}
		s.wantRuns(1)
	}},
	{"HEAD is answered from what a GET would give, and never empties it", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: text("page")})
		for range 2 {
			if head := s.Ask(http.MethodHead, "/"); head.Body != "" || head.Header.Get("Content-Length") != "4" {
				t.Errorf("HEAD: %q, Content-Length %q", head.Body, head.Header.Get("Content-Length"))
			}
		}
		s.Get("/").WantHit(t, "page")
		s.wantRuns(1)
	}},
	{"pages differ by host, path with its case and escapes, and query as it came", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %s", r.Host, r.RequestURI)
		}})
		for _, host := range []string{"a.example", "b.example"} {
			for _, path := range []string{"/page", "/Page", "/p%61ge", "/page?x=1&y=2", "/page?x=1%26y=2", "/page?y=2&x=1", "/page/"} {
				s.Get(path, "Host: "+host).WantMiss(t, host+" "+path)
				s.Get(path, "Host: "+host).WantHit(t, host+" "+path)
			}
		}
	}},
	{"other methods bypass the cache, and a change invalidates the page", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method) }})
		s.Get("/")
		s.Ask(http.MethodOptions, "/").Want(t, http.StatusOK, "OPTIONS")
		s.Get("/").WantHit(t, "GET")
		s.Ask(http.MethodPost, "/").Want(t, http.StatusOK, "POST")
		s.Get("/").WantMiss(t, "GET")
	}},
	{"a change that fails invalidates nothing", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = io.WriteString(w, "page")
		}})
		s.Get("/")
		s.Ask(http.MethodPost, "/").Want(t, http.StatusForbidden, "")
		s.Get("/").WantHit(t, "page")
	}},
	{"conditions and ranges are held against the stored page", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" || r.Header.Get("If-None-Match") != "" {
				t.Error("the handler has seen one client's range or condition")
			}
			w.Header().Set("Etag", `"1"`)
			_, _ = io.WriteString(w, "0123456789")
		}})
		s.Get("/")
		s.Get("/", "Range: bytes=0-1").Want(t, http.StatusPartialContent, "01")
		s.Get("/").WantHit(t, "0123456789")
		s.Get("/", `If-None-Match: W/"1"`).Want(t, http.StatusNotModified, "")
		s.Get("/", "Range: bytes=8-").Want(t, http.StatusPartialContent, "89")
		s.wantRuns(1)
	}},
	{"a status without a body keeps its status", func(t *testing.T, build Build) {
		for _, status := range []int{http.StatusNoContent, http.StatusNotModified, http.StatusMovedPermanently, http.StatusNotFound} {
			var opts []middleware.PageOption
			if status != http.StatusNotModified { // which is never stored
				opts = append(opts, middleware.StatusTTL(status, hour))
			}
			s := serve(t, build, Site{
				Policy: middleware.NewPolicy(hour, opts...),
				Handler: func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(status)
				},
			})
			for range 2 {
				s.Get("/").Want(t, status, "")
			}
		}
	}},
	{"a handler that writes nothing has answered 200", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(http.ResponseWriter, *http.Request) {}})
		s.Get("/").WantMiss(t, "")
		s.Get("/").WantHit(t, "")
	}},
	{"what io.WriteString writes is in the page", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("a "))
			_, _ = io.WriteString(w, "whole ")
			_, _ = io.Copy(w, strings.NewReader("page"))
		}})
		s.Get("/").WantMiss(t, "a whole page")
		s.Get("/").WantHit(t, "a whole page")
	}},
	{"a body over the limit goes on, and is not kept in memory", func(t *testing.T, build Build) {
		const limit, pieces = 1 << 20, 32
		piece := make([]byte, limit)
		var kept atomic.Uint64
		s := serve(t, build, Site{Policy: middleware.NewPolicy(hour, middleware.MaxBody(limit)), Handler: func(w http.ResponseWriter, _ *http.Request) {
			before := heap()
			for range pieces {
				_, _ = w.Write(piece)
			}
			kept.Store(max(heap(), before) - before)
		}})
		response, err := s.Open(t.Context(), http.MethodGet, "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if n, err := io.Copy(io.Discard, response.Body); n != limit*pieces || err != nil {
			t.Errorf("the client has got %d bytes, %v (%q)", n, err, response.Header)
		}
		if n := kept.Load(); n > limit*pieces/4 {
			t.Errorf("%d bytes are kept of a body of %d", n, limit*pieces)
		}
		s.wantRuns(1)
	}},
	{"a body over the limit goes on, and is not stored", func(t *testing.T, build Build) {
		body := strings.Repeat("\x00\xffbinary", 10_000)
		s := serve(t, build, Site{Policy: middleware.NewPolicy(hour, middleware.MaxBody(50_000)), Handler: text(body)})
		s.Get("/").WantMiss(t, body)
		s.Get("/").WantMiss(t, body)
	}},
	{"what the page does not depend on is not in the request of the handler", func(t *testing.T, build Build) {
		s := serve(t, build, Site{
			Policy: middleware.NewPolicy(hour, middleware.IgnoreQuery("utm_*"), middleware.IgnoreCookies("*")),
			Handler: func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintln(w, r.URL.RawQuery, r.Header["Cookie"], r.Header["X-Forwarded-Host"])
			},
		})
		s.Get("/?a=1&utm_source=evil", "Cookie: evil=1", "X-Forwarded-Host: evil.example").WantMiss(t, "a=1 [] []\n")
		s.Get("/?a=1").WantHit(t, "a=1 [] []\n")
	}},
}

// heap is how many bytes are in use.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
