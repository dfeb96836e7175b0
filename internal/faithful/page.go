// Package faithful holds what comes through a cache of responses against what the handler
// behind it gives alone: over random sequences of requests, a client of the cache gets the
// response that the handler would have given, or what a cache may make of a stored one. It
// knows no cache; the tests of middleware and of adapters do.
package faithful

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MaxBody is the limit that the cache is to have, in bytes. Some pages are longer.
const MaxBody = 20_000

// Page is a page that changes, as the handler behind a cache. The zero value is not ready;
// see [NewPage]. ServeHTTP may run beside all else; Drive is for one goroutine at a time.
type Page struct {
	random   *rand.Rand
	mu       sync.Mutex // held to change versions, and by ServeHTTP to read them
	versions []version
	tags     map[int]string // of versions without a tag, what the cache has made
	trace    []string
}

// version is what the page is at some time. Each response has the number of its version in
// the field X-Version.
type version struct {
	length   int
	control  string // Cache-Control
	declares bool   // the length of a 200
	flushes  bool   // a 200, before its body
	content  bool   // it is served by http.ServeContent, and otherwise without looking at the request
	tag      string
	modified time.Time // zero if it does not say
}

// NewPage returns a page with what is random about it made by seed.
func NewPage(seed uint64) *Page {
	p := &Page{random: rand.New(rand.NewPCG(seed, seed)), tags: make(map[int]string)}
	p.change()
	return p
}

// oldest is when the first version was changed last.
var oldest = time.Date(1996, time.January, 2, 15, 4, 5, 0, time.UTC)

// change makes the page another one.
func (p *Page) change() {
	n := len(p.versions)
	v := version{
		length:   pick(p.random, 0, 10, 1500, 2048, 2049, 5000, 19_999, MaxBody, MaxBody+1, 40_000),
		control:  pick(p.random, "max-age=60", "max-age=60", "max-age=60, must-revalidate", "private", "no-store"),
		declares: p.random.IntN(3) > 0,
		flushes:  p.random.IntN(4) == 0,
		content:  p.random.IntN(3) > 0,
		tag:      pick(p.random, "", fmt.Sprintf(`"v%d"`, n), fmt.Sprintf(`W/"v%d"`, n)),
	}
	if p.random.IntN(2) == 0 {
		v.modified = oldest.Add(time.Duration(n) * time.Hour)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.versions = append(p.versions, v)
}

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// ServeHTTP implements [http.Handler].
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	n := len(p.versions) - 1
	v := p.versions[n]
	p.mu.Unlock()
	v.serve(n, w, r)
}

// serve answers with a version of this number.
func (v version) serve(n int, w http.ResponseWriter, r *http.Request) {
	body := v.body(n)
	header := w.Header()
	header.Set("X-Version", strconv.Itoa(n))
	header.Set("Content-Type", "text/plain")
	header.Set("Cache-Control", v.control)
	if v.tag != "" {
		header.Set("Etag", v.tag)
	}
	w = &sized{w, v}
	if v.content {
		http.ServeContent(w, r, "", v.modified, strings.NewReader(body))
		return
	}
	if !v.modified.IsZero() {
		header.Set("Last-Modified", v.modified.Format(http.TimeFormat))
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, body) // the client has left: nothing can be reported to it
}

// body is that of a version: no two have a part in common.
func (v version) body(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < v.length; i++ {
		fmt.Fprintf(&b, "%d:%d|", n, i)
	}
	return b.String()[:v.length]
}

// sized says of a 200 how long it is, or does not.
type sized struct {
	http.ResponseWriter
	version
}

// WriteHeader implements [http.ResponseWriter].
func (w *sized) WriteHeader(status int) {
	if status == http.StatusOK && !w.declares {
		w.Header().Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
	if status == http.StatusOK && w.flushes {
		_ = http.NewResponseController(w.ResponseWriter).Flush() // the client has left
	}
}

// Unwrap is for [http.ResponseController].
func (w *sized) Unwrap() http.ResponseWriter { return w.ResponseWriter }
