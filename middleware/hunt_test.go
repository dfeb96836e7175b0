package middleware_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// The hunt: handlers mark each response with all of the request that it depends
// on, in each way in which a handler may tell a cache so, or rely on it to
// know. Many clients ask at random. Whatever they get must bear their marks.

// routes are kinds of page, by path: which fields it depends on, and what it
// says of that.
var routes = map[string]struct {
	depends []string
	says    []string // fields of the response
}{
	"/silent":      {depends: []string{"Cookie", "Authorization", "X-Api-Key"}},
	"/max-age":     {depends: []string{"Cookie", "Authorization", "X-Api-Key"}, says: []string{"Cache-Control: max-age=60"}},
	"/private":     {depends: []string{"Cookie", "Authorization", "X-Secret"}, says: []string{"Cache-Control: max-age=60, Private"}},
	"/no-store":    {depends: []string{"X-Secret"}, says: []string{`Cache-Control: x="a", No-Store`}},
	"/language":    {depends: []string{"Accept-Language"}, says: []string{"Vary: accept-language"}},
	"/two":         {depends: []string{"Accept-Language", "X-Secret"}, says: []string{"Vary: x-secret", "Vary: accept-language"}},
	"/any":         {depends: []string{"X-Secret"}, says: []string{"Vary: accept, *"}},
	"/vary-cookie": {depends: []string{"Cookie"}, says: []string{"Vary: Cookie"}},
	"/vary-key":    {depends: []string{"X-Api-Key"}, says: []string{"Vary: X-Api-Key", "Cache-Control: public"}},
	"/must":        {depends: []string{"Cookie", "X-Api-Key"}, says: []string{"Cache-Control: must-revalidate, max-age=60"}},
	"/public":      {says: []string{"Cache-Control: public"}},
	"/login":       {depends: []string{"Cookie"}, says: []string{"Set-Cookie: "}},
	"/encoded":     {depends: []string{"Accept-Encoding"}, says: []string{"Vary: Accept-Encoding"}},
	"/encoded-too": {},
}

var routePaths = func() (paths []string) {
	for path := range routes {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}()

// mark is the body of the page for a request that has this header.
func mark(host, path, query string, header http.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s?%s", host, path, query)
	for _, name := range routes[path].depends {
		if name == "Accept-Encoding" {
			fmt.Fprintf(&b, " gzip:%v", acceptsGzip(header))
			continue
		}
		fmt.Fprintf(&b, " %s:%s", name, strings.Join(header[name], "|"))
	}
	return b.String()
}

func acceptsGzip(header http.Header) bool {
	accepted := header.Get("Accept-Encoding")
	return strings.Contains(accepted, "gzip") && accepted != "gzip;q=0"
}

func huntHandler(w http.ResponseWriter, r *http.Request) {
	for range rand.IntN(4) {
		runtime.Gosched()
	}
	chance := rand.IntN(500)
	switch {
	case chance == 0:
		panic(http.ErrAbortHandler)
	case chance == 1:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case chance < 50:
		time.Sleep(time.Millisecond)
	}
	addFields(w.Header(), routes[r.URL.Path].says)
	if r.URL.Path == "/login" {
		w.Header().Set("Set-Cookie", "for="+r.Header.Get("X-Nonce"))
	}
	if strings.HasPrefix(r.URL.Path, "/encoded") && acceptsGzip(r.Header) {
		w.Header().Set("Content-Encoding", "gzip")
	}
	text := mark(r.Host, r.URL.Path, r.URL.RawQuery, r.Header)
	_, _ = io.WriteString(w, text[:len(text)/2])
	if chance%10 == 3 {
		w.(http.Flusher).Flush()
	}
	if chance == 2 {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, text[len(text)/2:])
}

// huntRequest returns a random request with a nonce of its own.
func huntRequest(nonce int64) *http.Request {
	pick := func(choices ...string) string { return choices[rand.IntN(len(choices))] }
	method := pick("GET", "GET", "GET", "HEAD")
	target := "http://" + pick("a.test", "a.test", "b.test", "A.test") + pick(routePaths...) + pick("", "", "", "?x=1", "?utm_a=1&x=1", "?x=1&y=2", "?y=2&x=1")
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("X-Nonce", fmt.Sprint(nonce))
	for name, values := range map[string][]string{
		"Authorization":    {"alice", "bob"},
		"Cookie":           {"session=alice", "session=bob", "locale=de", "locale=de; session=alice", "_ga=1", "_ga=2; session=bob"},
		"X-Api-Key":        {"alice", "bob"},
		"X-Secret":         {"alice", "bob", ""},
		"Accept-Language":  {"de", "en", ""},
		"Accept-Encoding":  {"gzip", "br, gzip", "gzip;q=0", "identity"},
		"X-Forwarded-Host": {"evil.test"},
		"Range":            {"bytes=0-3"},
		"If-None-Match":    {"*"},
	} {
		if rand.IntN(6) == 0 {
			r.Header.Set(name, pick(values...))
		}
	}
	return r
}

// huntOptions returns random options.
func huntOptions() (opts []middleware.PageOption) {
	for _, opt := range []middleware.PageOption{
		middleware.IgnoreCookies("_ga"), middleware.VaryByCookie("locale"), middleware.IgnoreQuery("utm_*"),
		middleware.SortQuery(), middleware.StripSetCookie(), middleware.MaxBody(40), middleware.BrowserTTL(time.Minute),
	} {
		if rand.IntN(3) == 0 {
			opts = append(opts, opt)
		}
	}
	return opts
}

// sameUser reports whether body is the page for r. Cookies and parameters that
// the options ignore may be missing, and be in another order.
func sameUser(r *http.Request, body string) bool {
	host := strings.ToLower(r.Host)
	if strings.HasPrefix(body, r.Host) {
		host = r.Host // the handler ran for this request alone
	}
	queries := []string{r.URL.RawQuery, strings.TrimPrefix(r.URL.RawQuery, "utm_a=1&")}
	if r.URL.RawQuery == "y=2&x=1" {
		queries = append(queries, "x=1&y=2")
	}
	cookies := [][]string{r.Header["Cookie"]}
	switch r.Header.Get("Cookie") {
	case "_ga=1":
		cookies = append(cookies, nil)
	case "_ga=2; session=bob":
		cookies = append(cookies, []string{"session=bob"})
	}
	for _, query := range queries {
		for _, lines := range cookies {
			header := r.Header.Clone()
			header["Cookie"] = lines
			if body == mark(host, r.URL.Path, query, header) {
				return true
			}
		}
	}
	return false
}

// accuse says what is wrong with an answer, or nothing.
func accuse(r *http.Request, a answer) string {
	if cookie := a.header.Get("Set-Cookie"); cookie != "" && cookie != "for="+r.Header.Get("X-Nonce") {
		return "somebody else's cookie"
	}
	if a.header.Get("Content-Encoding") == "gzip" && !acceptsGzip(r.Header) {
		return "an encoding that was refused"
	}
	switch {
	case a.status == http.StatusServiceUnavailable, a.status == http.StatusNotModified:
		return ""
	case a.status == http.StatusPartialContent && len(a.body) <= 4 && strings.HasPrefix(strings.ToLower(r.Host), strings.ToLower(a.body)):
		return ""
	case a.status != http.StatusOK:
		return "an unknown status"
	case r.Method == http.MethodHead:
		if n, err := strconv.Atoi(a.header.Get("Content-Length")); err == nil && n == 0 {
			return "a HEAD without a page"
		}
		return ""
	case !sameUser(r, a.body):
		return "somebody else's page"
	}
	return ""
}

func TestNobodyEverGetsAPageThatIsNotTheirs(t *testing.T) {
	const (
		clients  = 16
		lifetime = 2 * time.Second
	)
	for name, cfg := range map[string]cache.Config{
		"memory": {Backend: "memory", Options: map[string]any{"max_entries": 200}},
		"files":  {Backend: "file", Location: t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			caches := newCaches(t, cfg)
			var pages []http.Handler
			for i := range 6 {
				opts := append(huntOptions(), middleware.KeyPrefix(fmt.Sprint(i)))
				pages = append(pages, within(caches, middleware.CachePage(100*time.Millisecond, opts...)(http.HandlerFunc(huntHandler))))
			}
			ctx, cancel := context.WithTimeout(t.Context(), lifetime)
			defer cancel()
			var asked, hits, collapsed atomic.Int64
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for ctx.Err() == nil {
						r := huntRequest(asked.Add(1))
						own, leave := context.WithCancel(t.Context())
						if rand.IntN(10) == 0 {
							time.AfterFunc(time.Duration(rand.IntN(500))*time.Microsecond, leave)
						}
						var a answer
						aborted := panicOf(func() { a = send(pages[rand.IntN(len(pages))], r.WithContext(own)) })
						leave()
						if aborted != nil {
							continue
						}
						if crime := accuse(r, a); crime != "" {
							t.Errorf("%s: %s %s %q got %d %q %q", crime, r.Method, r.URL, r.Header, a.status, a.header, a.body)
							cancel()
						}
						if a.isHit() {
							hits.Add(1)
						}
						if strings.Contains(a.cacheStatus(), "collapsed") {
							collapsed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			t.Logf("%d requests, %d hits, %d collapsed", asked.Load(), hits.Load(), collapsed.Load())
			if hits.Load() == 0 || hits.Load() == asked.Load() {
				t.Error("the hunt has hunted nothing")
			}
		})
	}
}
