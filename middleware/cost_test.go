package middleware_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/proportion"
	"github.com/larder-go/larder/middleware"
)

// enumerated returns about size bytes of text that format makes of 0, 1, 2 and so on.
func enumerated(format string, size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		_, _ = fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// longRequests are requests in which one thing is long, as they come over a
// connection.
var longRequests = map[string]func(size int) string{
	"path":            func(size int) string { return head("/"+strings.Repeat("x", size), "") },
	"segments":        func(size int) string { return head(enumerated("/%d", size), "") },
	"escapes":         func(size int) string { return head("/"+strings.Repeat("%41", size/3), "") },
	"query":           func(size int) string { return head("/?"+strings.Repeat("x", size), "") },
	"parameters":      func(size int) string { return head("/?"+enumerated("b%d=1&", size), "") },
	"same parameters": func(size int) string { return head("/?"+strings.Repeat("b&", size/2), "") },
	"fields":          func(size int) string { return head("/", enumerated("A%d: 1\r\n", size)) },
	"lines":           func(size int) string { return head("/", strings.Repeat("A: 1\r\n", size/6)) },
	"underscores":     func(size int) string { return head("/", strings.Repeat("a_", size/2)+": 1\r\n") },
}

// longFields are fields, each with the element of which it has many.
var longFields = [][2]string{
	{"Connection", "a%d,"}, {"Connection", "X-A,"}, {"Connection", ","}, {"Cookie", "a%d=1; "}, {"Cookie", "ignored_%d; "}, {"Cookie", "a"},
	{"Accept-Encoding", "gzip;q=0.%d,"}, {"Accept-Language", "de-%d;q=0.1,"}, {"Accept", "a/b%d, "}, {"Cache-Control", "max-age=%d,"},
	{"Pragma", "x%d,"}, {"Range", "bytes=0-%d,"}, {"If-None-Match", `"%d",`}, {"If-Match", `"%d",`}, {"If-Modified-Since", "%d"},
	{"If-Range", "%d"}, {"X-Forwarded-For", "%d.1.1.1, "}, {"X-Forwarded-Host", "a%d,"}, {"Forwarded", "for=%d;by=1,"}, {"Via", "1.1 a%d, "},
	{"Te", "a%d,"}, {"Authorization", "Digest a%d=1,"}, {"User-Agent", "a/%d "}, {"Cache-Status", "larder; hit%d,"}, {"X-Api-Key", "%d"},
	{"Larder-Explain", "a%d;"}, {"Content-Type", "a%d;"}, {"Trailer", "a%d,"}, {"Vary", "a%d,"},
}

func head(target, fields string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n"
}

func init() {
	for _, f := range longFields {
		longRequests[f[0]+" of "+f[1]] = func(size int) string {
			format := f[1]
			if !strings.Contains(format, "%d") {
				return head("/", f[0]+": "+strings.Repeat(format, size/len(format))+"\r\n")
			}
			return head("/", f[0]+": "+enumerated(format, size)+"\r\n")
		}
	}
}

func read(t testing.TB, text string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expensive are options that have the cache look at what clients send.
func expensive() []middleware.PageOption {
	return []middleware.PageOption{
		middleware.IgnoreCookies("ignored_*", "_ga"), middleware.VaryByCookie("a1"), middleware.IgnoreQuery("utm_*"), middleware.SortQuery(),
		middleware.Normalize(), middleware.HeedRequests(), middleware.VaryByHeader("X-A"), middleware.Explain("secret-of-twenty-bytes"),
	}
}

// costlyPages are pages of each face, stored and not, by what they are.
func costlyPages(t testing.TB) map[string]http.Handler {
	pages := make(map[string]http.Handler)
	for control, does := range map[string]string{"max-age=60": "stores", "private": "does not store"} {
		next := answering("page", "Cache-Control: "+control, "Vary: Accept, Accept-Language, User-Agent")
		caches := inMemory(t)
		pages["CachePage "+does] = within(caches, middleware.CachePage(ttl, append(expensive(), middleware.KeyPrefix("a"))...)(next))
		pages["Site "+does] = within(caches, middleware.Site(append(expensive(), middleware.KeyPrefix("b"))...)(next))
		pages["Shared "+does] = within(caches, middleware.Shared(suiting("Shared", append(expensive(), middleware.KeyPrefix("c"))...)...)(next))
	}
	return pages
}

// A request costs time in proportion to its size. net/http's own reading of each request is
// measured as well, to compare with.
// RFC 9110, 17.5
func TestARequestCostsTimeInProportionToItsSize(t *testing.T) {
	pages := costlyPages(t)
	for name, long := range longRequests {
		text := long(proportion.Large)
		small, large := read(t, long(proportion.Small)), read(t, text)
		for mode, page := range pages {
			t.Run(name+"/"+mode, func(t *testing.T) {
				serve := func(r *http.Request) func() { return func() { page.ServeHTTP(httptest.NewRecorder(), r) } }
				proportion.Check(t, proportion.Linear, serve(small), serve(large))
				proportion.AtMost(t, 5, serve(large), func() { read(t, text) })
			})
		}
	}
}

// A request with an excessive number of names, cookies, codings or fields bypasses the cache, and
// affects no other request.
// RFC 9110, 17.5
func TestAnOverlongRequestBypassesTheCacheAlone(t *testing.T) {
	for name, fields := range map[string][]string{
		"names in Connection": {"Connection: " + strings.Repeat("x,", 256)},
		"cookies":             {"Cookie: " + strings.Repeat("x=1;", 256)},
		"codings":             {"Accept-Encoding: " + strings.Repeat("gzip,", 256)},
		"fields":              strings.Split(enumerated("A%d: 1\n", 2500), "\n"),
	} {
		h := answering("page")
		p := cached(t, h)
		for range 2 {
			ask(p, "/page", fields...).wantStatus(t, "larder; fwd=bypass; detail=overlong")
		}
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
		ask(p, "/page").wantHit(t, "page")
		ask(p, "/page?"+strings.Repeat("x", 32<<10)).wantStatus(t, "larder; fwd=bypass; detail=overlong")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// A query is taken apart only where an option needs it; one with too many parameters bypasses the
// cache there.
func TestALongQueryIsLookedAtOnlyWhereAnOptionSays(t *testing.T) {
	target := "/page?" + strings.Repeat("a=1&", 300)
	p := cached(t, answering("page"))
	ask(p, target)
	ask(p, target).wantHit(t, "page")
	ask(cached(t, answering("page"), middleware.SortQuery()), target).wantStatus(t, "larder; fwd=bypass; detail=overlong")
}
