package pages

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// Path is where the servers have the page. Those in this process have it at each path
// below, too, where it is as many pages to a cache.
const Path = "/page"

// Page is what is served. It is its own origin: a handler that sets three fields
// and counts how often it runs.
type Page struct {
	// Room is how many pages a cache in this process may hold; 0 is as many as it likes.
	Room int

	Body  []byte
	TTL   time.Duration // for which a cache keeps it
	Takes time.Duration // how long making it takes

	runs atomic.Int64
}

// Runs returns how often the page was made.
func (p *Page) Runs() int64 { return p.runs.Load() }

const contentType = "text/html; charset=utf-8"

// make takes its time.
func (p *Page) make() []byte {
	p.runs.Add(1)
	if p.Takes > 0 {
		time.Sleep(p.Takes)
	}
	return p.Body
}

// ServeHTTP makes the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	body := p.make()
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "public, max-age="+seconds(p.TTL))
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // a client that has gone shows in the client
}

// Rival is a cache for responses.
type Rival struct {
	Name    string
	Module  string // its path, from which the report has the version, or
	Program string // the name of its program, which is asked for it

	// Serve serves p at Path of addr until stop is called. The error matches
	// launch.ErrNotInstalled if the program is not there.
	Serve func(ctx context.Context, p *Page) (addr string, stop func(), err error)
}

// All returns the rivals: larder, the floor and the others by name.
func All() []Rival { return []Rival{Larder, Plain, Fiber, GinCache, Nginx, Varnish} }
