package middleware_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/middleware"
)

// readerFrom is a client that can be sent a file by the operating system, as that
// of net/http.
type readerFrom struct {
	http.ResponseWriter
	copied *atomic.Int64
}

func (w readerFrom) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

func (w readerFrom) ReadFrom(src io.Reader) (int64, error) {
	n, err := w.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
	w.copied.Add(n)
	return n, err
}

// A file that is not cached is sent by the operating system.
func TestAFileThatIsNotCachedIsSentByTheOperatingSystem(t *testing.T) {
	const length = 300_000
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte{'x'}, length), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		fields []string
		opts   []middleware.PageOption
		method string
		want   int64
	}{
		"too large":       {nil, []middleware.PageOption{middleware.MaxBody(1000)}, "GET", length},
		"private":         {[]string{"Cache-Control: private"}, nil, "GET", length},
		"past the cache":  {nil, []middleware.PageOption{middleware.When(func(*http.Request) bool { return false })}, "GET", length},
		"to be cached":    {nil, nil, "GET", 0},
		"HEAD, too large": {nil, []middleware.PageOption{middleware.MaxBody(1000)}, "HEAD", 0},
	} {
		var copied atomic.Int64
		p := cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			addFields(w.Header(), test.fields)
			http.ServeFile(w, r, path)
		}), test.opts...)
		s := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.ServeHTTP(readerFrom{w, &copied}, r)
		}))
		a := fetch(t, s, test.method, "/page")
		if test.method == "GET" {
			a.wantBody(t, strings.Repeat("x", length))
		}
		s.Close() // the handler has returned
		if n := copied.Load(); a.err != nil || test.method == "GET" && n != test.want {
			t.Errorf("%s: %d bytes went by ReadFrom, want %d; %v; %s", name, copied.Load(), test.want, a.err, a.cacheStatus())
		}
	}
}

// On the connection, streamed and whole responses are framed as they are without a cache.
// RFC 9112, 6.3
func TestTheBytesOnTheConnection(t *testing.T) {
	long := strings.Repeat("page", 1000)
	for _, test := range []struct {
		rule, request string
		body          string
		want          string
	}{
		{"a miss", "GET /page HTTP/1.1", "page",
			"HTTP/1.1 200 OK\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; fwd=uri-miss; fwd-status=200; stored\r\nContent-Length: 4\r\nContent-Type: text/x\r\nDate: D\r\nEtag: E\r\nX-Many: 1\r\nX-Many: 2\r\nConnection: close\r\n\r\npage"},
		{"a hit", "GET /page HTTP/1.1", "page",
			"HTTP/1.1 200 OK\r\nAge: 0\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; hit; ttl=T\r\nContent-Length: 4\r\nContent-Type: text/x\r\nDate: D\r\nEtag: E\r\nX-Many: 1\r\nX-Many: 2\r\nConnection: close\r\n\r\npage"},
		{"HEAD", "HEAD /page HTTP/1.1", "page",
			"HTTP/1.1 200 OK\r\nAge: 0\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; hit; ttl=T\r\nContent-Length: 4\r\nContent-Type: text/x\r\nDate: D\r\nEtag: E\r\nX-Many: 1\r\nX-Many: 2\r\nConnection: close\r\n\r\n"},
		{"HTTP/1.0", "GET /page HTTP/1.0", "page",
			"HTTP/1.0 200 OK\r\nAge: 0\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; hit; ttl=T\r\nContent-Length: 4\r\nContent-Type: text/x\r\nDate: D\r\nEtag: E\r\nX-Many: 1\r\nX-Many: 2\r\n\r\npage"},
		{"a miss that is streamed", "GET /long HTTP/1.1", long,
			"HTTP/1.1 200 OK\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; fwd=uri-miss; fwd-status=200; stored\r\nContent-Type: text/x\r\nX-Many: 1\r\nX-Many: 2\r\nDate: D\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + "fa0\r\n" + long + "\r\n0\r\n\r\n"},
		{"a hit of what was streamed", "GET /long HTTP/1.1", long,
			"HTTP/1.1 200 OK\r\nAge: 0\r\nCache-Control: max-age=0, must-revalidate\r\nCache-Status: larder; hit; ttl=T\r\nContent-Length: 4000\r\nContent-Type: text/x\r\nDate: D\r\nEtag: E\r\nX-Many: 1\r\nX-Many: 2\r\nConnection: close\r\n\r\n" + long},
	} {
		t.Run(test.rule, func(t *testing.T) {
			target := strings.Fields(test.request)[1]
			h := cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				addFields(w.Header(), []string{"Content-Type: text/x", "X-Many: 1", "X-Many: 2"})
				_, _ = io.WriteString(w, test.body)
			}))
			s := newServer(t, h)
			text := test.request + "\r\nHost: example.com\r\nConnection: close\r\n\r\n"
			if !strings.HasPrefix(test.rule, "a miss") {
				raw(t, s, "GET "+target+" HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
			}
			got := ofTheMoment.ReplaceAllString(raw(t, s, text), "$1$2$3")
			got = strings.NewReplacer("Date: ", "Date: D", "Etag: ", "Etag: E", "ttl=", "ttl=T").Replace(got)
			if got != test.want {
				t.Errorf("(-want +got)\n%s", cmp.Diff(test.want, got))
			}
		})
	}
}

// ofTheMoment are the parts of a response that differ from run to run.
var ofTheMoment = regexp.MustCompile(`(Date: )[^\r]*|(Etag: )[^\r]*|(ttl=)\d+`)
