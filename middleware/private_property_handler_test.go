package middleware_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/middleware"
)

// The sites of the random test in private_property_test.go.

// route is a kind of page: which request fields it depends on, and what it says
// of that.
type route struct {
	depends []string
	says    []string // fields of the response
	views   bool     // for faces that know of cookies and keys only
	fickle  bool     // depends on the last field at times, and says so then
	tagged  bool     // has an ETag of what it depends on, and answers 304
	long    bool     // the body is over most limits
}

var routes = map[string]route{
	"/silent":      {depends: []string{"Cookie", "Authorization", "X-Api-Key"}, views: true},
	"/max-age":     {depends: []string{"Cookie", "Authorization", "X-Api-Key"}, says: []string{"Cache-Control: max-age=60"}, views: true},
	"/must":        {depends: []string{"Cookie", "X-Api-Key"}, says: []string{"Cache-Control: must-revalidate, max-age=60"}, views: true},
	"/authorized":  {depends: []string{"Authorization"}, says: []string{"Cache-Control: max-age=60"}},
	"/private":     {depends: []string{"Cookie", "Authorization", "X-Secret"}, says: []string{"Cache-Control: max-age=60, Private"}},
	"/private-too": {depends: []string{"X-Secret"}, says: []string{"Cache-Control: max-age=60", "Cache-Control: PRIVATE ;x"}, long: true},
	"/no-store":    {depends: []string{"X-Secret"}, says: []string{`Cache-Control: x="a", No-Store`}},
	"/language":    {depends: []string{"Accept-Language"}, says: []string{"Vary: accept-language"}},
	"/two":         {depends: []string{"Accept-Language", "X-Secret"}, says: []string{"Vary: x-secret", "Vary: accept-language"}, long: true},
	"/fickle":      {depends: []string{"Accept-Language", "X-Secret"}, fickle: true},
	"/fickle-tag":  {depends: []string{"Accept-Language", "X-Secret"}, fickle: true, tagged: true},
	"/tagged":      {depends: []string{"Accept-Language"}, says: []string{"Vary: Accept-Language"}, tagged: true},
	"/any":         {depends: []string{"X-Secret"}, says: []string{"Vary: accept, *"}},
	"/vary-cookie": {depends: []string{"Cookie"}, says: []string{"Vary: Cookie"}},
	"/vary-key":    {depends: []string{"X-Api-Key"}, says: []string{"Vary: X-Api-Key", "Cache-Control: public"}},
	"/public":      {says: []string{"Cache-Control: public"}},
	"/long":        {says: []string{"Cache-Control: public"}, long: true},
	"/login":       {depends: []string{"Cookie"}, says: []string{"Set-Cookie: "}, views: true},
	"/visit":       {says: []string{"Set-Cookie: "}},
	"/encoded":     {depends: []string{"Accept-Encoding"}, says: []string{"Vary: Accept-Encoding"}},
	"/encoded-too": {says: []string{"X: 1"}, long: true},
}

// sharedPaths are the paths of routes, those for views last.
var sharedPaths, viewPaths = func() (all, views []string) {
	for path, route := range routes {
		if views = append(views, path); !route.views {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	slices.Sort(views)
	return all, views
}()

// markedSite is a cache in front of a handler that marks its responses.
type markedSite struct {
	name    string
	literal bool
	paths   []string
	page    http.Handler
	ctx     context.Context // with the caches
	policy  *middleware.Policy
	runs    atomic.Int64 // each run has its number
	turn    atomic.Int64 // of the fickle

	mu     sync.Mutex
	floors map[string]int64 // by host and path: runs up to this one were purged
}

// Handlers mark a body in its first line, and fill it with a letter that is
// another in the next run:
//
//	host path ?query |Field: value|Field: value| run length
//	mmmmmmm...

// mark returns the page for a request, as the handler sees it.
func (g *markedSite) mark(w http.ResponseWriter, r *http.Request, run int64) string {
	route := routes[r.URL.Path]
	depends := route.depends
	if route.fickle {
		if g.turn.Load()%2 == 0 {
			depends = depends[:1]
		}
		w.Header().Set("Vary", strings.Join(depends, ", "))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s ?%s |", r.Host, r.URL.Path, r.URL.RawQuery)
	for _, name := range depends {
		value := strings.Join(r.Header[name], ", ")
		if name == "Accept-Encoding" {
			value = strconv.FormatBool(acceptsGzip(r.Header))
		}
		fmt.Fprintf(&b, "%s: %s|", name, value)
	}
	if route.tagged {
		w.Header().Set("ETag", strconv.Quote(strings.ReplaceAll(b.String(), `"`, "")))
	}
	length := rand.IntN(50)
	if route.long || run%20 == 0 {
		length = rand.IntN(8000)
	}
	fmt.Fprintf(&b, " %d %d\n", run, length)
	return b.String() + strings.Repeat(string(rune('a'+run%26)), length)
}

func acceptsGzip(header http.Header) bool {
	accepted := header.Get("Accept-Encoding")
	return strings.Contains(accepted, "gzip") && accepted != "gzip;q=0"
}

// ServeHTTP is the handler behind the cache.
func (g *markedSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	run := g.runs.Add(1)
	for range rand.IntN(4) {
		runtime.Gosched()
	}
	if r.Method == "POST" {
		if rand.IntN(2) == 0 {
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	chance := rand.IntN(300)
	switch {
	case chance == 0:
		panic(http.ErrAbortHandler)
	case chance < 5:
		w.WriteHeader([]int{500, 502, 503, 504}[chance-1])
		return
	case chance < 40:
		time.Sleep(time.Millisecond) // so that others wait for it
	case chance < 50:
		g.turn.Add(1)
	}
	addFields(w.Header(), routes[r.URL.Path].says)
	if w.Header()["Set-Cookie"] != nil {
		w.Header().Set("Set-Cookie", "for="+r.Header.Get("X-Nonce"))
	}
	if strings.HasPrefix(r.URL.Path, "/encoded") && acceptsGzip(r.Header) {
		w.Header().Set("Content-Encoding", "gzip")
	}
	text := g.mark(w, r, run)
	if tag := w.Header().Get("ETag"); tag != "" && tag == r.Header.Get("If-None-Match") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, text, chance)
}

// write writes a body in one of several ways.
func write(w http.ResponseWriter, text string, chance int) {
	if chance%7 == 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	}
	for i := 0; text != ""; i++ {
		part := min(len(text), 1+rand.IntN(4000))
		_, _ = w.Write([]byte(text[:part]))
		text = text[part:]
		switch {
		case chance%10 == 3:
			_ = http.NewResponseController(w).Flush()
		case chance%50 == 1 && text != "":
			panic(http.ErrAbortHandler)
		case chance%50 == 2:
			runtime.Gosched()
		}
	}
}
