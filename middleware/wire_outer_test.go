package middleware_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// Other middleware around a cache, and within.

var testTime = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// zipped is middleware such as there are many: it compresses for clients that
// accept that.
func zipped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !acceptsGzip(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipper{ResponseWriter: w}
		next.ServeHTTP(z, r)
		if z.gzip != nil {
			_ = z.gzip.Close()
		}
	})
}

type zipper struct {
	http.ResponseWriter
	gzip *gzip.Writer
}

func (z *zipper) WriteHeader(status int) {
	if status == http.StatusOK && z.gzip == nil {
		z.Header().Del("Content-Length")
		z.Header().Set("Content-Encoding", "gzip")
		z.gzip = gzip.NewWriter(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipper) Write(p []byte) (int, error) {
	if z.gzip == nil {
		z.WriteHeader(http.StatusOK)
	}
	if z.gzip == nil {
		return z.ResponseWriter.Write(p)
	}
	return z.gzip.Write(p)
}

func (z *zipper) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// plain returns the body of an answer, unzipped if it is zipped.
func plain(t *testing.T, a answer) string {
	t.Helper()
	if a.header.Get("Content-Encoding") != "gzip" {
		return a.body
	}
	z, err := gzip.NewReader(bytes.NewReader([]byte(a.body)))
	if err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	return string(text)
}

// Compression works inside and outside of the cache: each client gets a coding that it accepts.
// RFC 9110, 12.5.3
func TestCompressionWithinAndWithout(t *testing.T) {
	page := strings.Repeat("page ", 2000)
	h := answering(page, "Cache-Control: max-age=60", "Content-Type: text/plain")
	for mode, p := range modes(t, zipped(h)) {
		for range 3 {
			for _, accepts := range []string{"gzip", "identity", "gzip;q=0", "br, gzip"} {
				a := ask(p, "/page", "Accept-Encoding: "+accepts)
				zips := a.header.Get("Content-Encoding") == "gzip"
				if plain(t, a) != page || zips != (strings.Contains(accepts, "gzip") && accepts != "gzip;q=0") {
					t.Errorf("within %s: %s got %q", mode, accepts, a.header)
				}
			}
		}
	}
	for mode, p := range modes(t, h) {
		for range 3 {
			for _, accepts := range []string{"gzip", "identity", "gzip;q=0", "br, gzip"} {
				a := ask(zipped(p), "/page", "Accept-Encoding: "+accepts)
				if plain(t, a) != page {
					t.Errorf("around %s: %s got %q", mode, accepts, a.header)
				}
			}
		}
	}
}

// Pages behind different stripped prefixes and hosts do not mix.
func TestStrippedPrefixesDoNotMix(t *testing.T) {
	for _, mode := range []string{"view", "site", "shared", "literal"} {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = io.WriteString(w, r.Host+" "+r.URL.Path)
		}}
		mux := http.NewServeMux()
		p := modes(t, h)[mode]
		mux.Handle("/a/", http.StripPrefix("/a", p))
		mux.Handle("/b/", http.StripPrefix("/b", p))
		mux.Handle("/", p)
		for range 2 {
			ask(mux, "/a/page").wantBody(t, "example.com /page")
			ask(mux, "/b/page").wantBody(t, "example.com /page")
			ask(mux, "/page").wantBody(t, "example.com /page")
			ask(mux, "/a/b/page").wantBody(t, "example.com /b/page")
		}
		h.wantRuns(t, 4)
	}
}

// tenant is middleware that puts who asks into the URL, as routers for many
// sites do.
func tenant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.URL.Path = "/" + r.Header.Get("X-Tenant") + r.URL.Path
		next.ServeHTTP(w, r)
	})
}

// A path that middleware rewrites is another page.
func TestARewrittenPathIsAnotherPage(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, r.URL.Path)
	}}
	for mode, p := range modes(t, h) {
		for range 3 {
			for _, name := range []string{"alice", "bob"} {
				if a := ask(tenant(p), "/page", "X-Tenant: "+name); a.body != "/"+name+"/page" {
					t.Errorf("%s: %s got %s", mode, name, a.body)
				}
			}
		}
	}
}

// A cache inside another works, with variants of its own.
func TestTwoCachesOneInTheOther(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		_, _ = io.WriteString(w, r.URL.Path+" "+r.Header.Get("Accept-Language"))
	}}
	caches := inMemory(t)
	for _, outer := range []func(...middleware.PageOption) func(http.Handler) http.Handler{middleware.Site, middleware.Shared} {
		inner := middleware.CachePage(ttl, middleware.KeyPrefix("inner"))(h)
		p := within(caches, outer(middleware.KeyPrefix("outer"))(inner))
		for range 3 {
			for _, language := range []string{"de", "en"} {
				ask(p, "/page", "Accept-Language: "+language).wantBody(t, "/page "+language)
				ask(p, "/other", "Accept-Language: "+language, "Cookie: session=1").wantBody(t, "/other "+language)
			}
		}
	}
}

// A time-out inside the cache is a failure, and is not stored.
func TestATimeoutWithinIsAFailureThatIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delay atomic.Int64
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Duration(delay.Load())):
			case <-r.Context().Done():
				return
			}
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = io.WriteString(w, "page")
		})
		for mode, p := range modes(t, http.TimeoutHandler(h, time.Second, "too late")) {
			delay.Store(int64(10 * time.Second))
			waiting := startMany(t, p, 5)
			for _, c := range waiting {
				if a := c.wait(); a.status != http.StatusServiceUnavailable || a.body != "too late" {
					t.Errorf("%s: %d %q", mode, a.status, a.body)
				}
			}
			delay.Store(int64(time.Millisecond))
			ask(p, "/page").wantBody(t, "page")
			ask(p, "/page").wantHit(t, "page")
		}
	})
}

// A time-out around the cache ends the request of one client only.
func TestATimeoutAroundEndsForOneClientOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			w.Header().Set("Cache-Control", "max-age=60")
			_, _ = io.WriteString(w, "page")
		}}
		for mode, p := range modes(t, h) {
			h.runs.Store(0)
			hasty := start(t, http.TimeoutHandler(p, time.Second, "too late"), request("GET", "/page"))
			patient := start(t, p, request("GET", "/page"))
			if a := hasty.wait(); a.status != http.StatusServiceUnavailable || a.body != "too late" {
				t.Errorf("%s: the hasty one got %d %q", mode, a.status, a.body)
			}
			patient.wait().wantBody(t, "page")
			ask(p, "/page").wantHit(t, "page")
			h.wantRuns(t, 1)
		}
	})
}

// A stream that outer middleware cuts off by a time-out is not taken for whole, and not stored.
// RFC 9111, 3.3
func TestATimeoutInTheMiddleOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			for range 5 {
				_, _ = io.WriteString(w, strings.Repeat("x", 3000))
				time.Sleep(time.Second)
			}
		}}
		for mode, p := range modes(t, h) {
			hasty := start(t, http.TimeoutHandler(p, 2500*time.Millisecond, "too late"), request("GET", "/page"))
			if a := hasty.wait(); a.status != http.StatusServiceUnavailable || a.body != "too late" {
				t.Errorf("%s: %d %q", mode, a.status, a.body)
			}
			synctest.Wait()
			if a := ask(p, "/page"); len(a.body) != 15_000 {
				t.Errorf("%s: %d bytes", mode, len(a.body))
			}
		}
	})
}
