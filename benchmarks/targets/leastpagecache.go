package targets

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/benchmarks/rivals"
)

// leastPageCache is the least that a page cache does for a miss by RFC 9111 if it decides
// nothing: the handler gets a copy of the request, its response is recorded, gets a Date, an
// ETag and a Content-Length, and is kept by otter. It has no coalescing, and answers no hits.
type leastPageCache struct {
	next  http.Handler
	pages *otter.Cache[string, *leastPage]
}

type leastPage struct {
	header http.Header
	body   []byte
}

// otterOfPages returns an otter with room for the pages of P15.
func (l *Lab) otterOfPages() (*otter.Cache[string, *leastPage], error) {
	c, err := otter.New(&otter.Options[string, *leastPage]{
		MaximumWeight:    missBound,
		Weigher:          func(key string, p *leastPage) uint32 { return uint32(len(key) + len(p.body) + 512) },
		ExpiryCalculator: otter.ExpiryWriting[string, *leastPage](rivals.TTL),
	})
	if err == nil {
		l.cleanup(func() { c.StopAllGoroutines() })
	}
	return c, err
}

// ServeHTTP implements [http.Handler].
func (c *leastPageCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := sha256.Sum256([]byte(r.Method + r.Host + r.RequestURI))
	recorder := &leastRecorder{header: make(http.Header)}
	c.next.ServeHTTP(recorder, r.Clone(r.Context()))
	page := &leastPage{recorder.header.Clone(), recorder.body.Bytes()}
	tag := sha256.Sum256(page.body)
	page.header["Date"] = []string{time.Now().UTC().Format(http.TimeFormat)}
	page.header["Etag"] = []string{`W/"` + base64.RawURLEncoding.EncodeToString(tag[:16]) + `"`}
	page.header["Content-Length"] = []string{strconv.Itoa(len(page.body))}
	c.pages.Set(string(key[:]), page)
	header := w.Header()
	for name, lines := range page.header {
		header[name] = append([]string(nil), lines...)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(page.body)
}

type leastRecorder struct {
	header http.Header
	body   bytes.Buffer
}

func (w *leastRecorder) Header() http.Header         { return w.header }
func (w *leastRecorder) WriteHeader(int)             {}
func (w *leastRecorder) Write(p []byte) (int, error) { return w.body.Write(p) }
