package adaptertest

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// encodings are the cases of compression around the cache and behind it.
var encodings = []caseOf{
	{"with compression inside, gzip never reaches who cannot read it", func(t *testing.T, build Build) {
		checkGzip(t, serve(t, build, Site{Inside: []func(http.Handler) http.Handler{compress}, Handler: text(plain)}))
	}},
	{"with compression outside, gzip never reaches who cannot read it", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Outside: []func(http.Handler) http.Handler{compress}, Handler: text(plain)})
		checkGzip(t, s)
	}},
	{"with compression outside, a part is never compressed, and no strong ETag is for two codings", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Outside: []func(http.Handler) http.Handler{compress}, Handler: text(plain)})
		for range 2 {
			s.Get("/")
			for _, accepts := range []string{"identity", "gzip"} {
				a := s.Get("/", "Accept-Encoding: "+accepts)
				if tag := a.Header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
					t.Errorf("with %s the ETag is %s", accepts, tag)
				}
				if part := s.Get("/", "Accept-Encoding: "+accepts, "Range: bytes=2-5"); (part.Status == http.StatusPartialContent) != (accepts == "identity") {
					t.Errorf("with %s: %d %q", accepts, part.Status, part.Header)
				}
			}
		}
	}},
	{"a page that is compressed without Vary is not given to who cannot read it", func(t *testing.T, build Build) {
		s := serve(t, build, Site{Handler: func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				_, _ = io.WriteString(w, plain)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, plain)
			_ = z.Close()
		}})
		checkGzip(t, s)
	}},
}

var plain = strings.Repeat("a page that is worth to be compressed ", 100)

// checkGzip asks with and without gzip, in both orders.
func checkGzip(t *testing.T, s *site) {
	t.Helper()
	for _, accepts := range []string{"gzip", "identity", "gzip", "identity"} {
		a := s.Get("/", "Accept-Encoding: "+accepts)
		body := a.Body
		if a.Header.Get("Content-Encoding") == "gzip" {
			if accepts != "gzip" {
				t.Errorf("who accepts %s has got gzip", accepts)
			}
			body = gunzip(t, body)
		}
		if body != plain || a.Status != http.StatusOK {
			t.Errorf("who accepts %s has got %d %.50q (%s)", accepts, a.Status, body, a.CacheStatus())
		}
	}
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatalf("this is not gzip: %v", err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("gzip: %v", err)
	}
	return string(b)
}

// compress is such compression as frameworks have it.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		z := &compressor{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

type compressor struct {
	http.ResponseWriter
	gzip *gzip.Writer
}

func (c *compressor) WriteHeader(status int) {
	c.Header().Set("Content-Encoding", "gzip")
	c.Header().Del("Content-Length")
	c.gzip = gzip.NewWriter(c.ResponseWriter)
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressor) Write(p []byte) (int, error) {
	if c.gzip == nil {
		c.WriteHeader(http.StatusOK)
	}
	return c.gzip.Write(p)
}

func (c *compressor) Flush() {
	if c.gzip != nil {
		_ = c.gzip.Flush()
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) close() {
	if c.gzip != nil {
		_ = c.gzip.Close()
	}
}
