package pagetest_test

import (
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/middleware/pagetest"
)

// zipped is a page that compresses itself.
func zipped(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Content-Type", "text/html")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = io.WriteString(w, "<p>page</p>")
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, "<p>page</p>")
	_ = z.Close()
}

// zippedSilently is as zipped, without Vary where it does not compress, as some middleware
// does: the plain page is right for all.
func zippedSilently(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Etag", `"1"`)
		_, _ = io.WriteString(w, "<p>page</p>")
		return
	}
	w.Header().Set("Etag", `"1-gzip"`)
	zipped(w, r)
}

// inBrotli is middleware that applies a coding that no audit can take away.
func inBrotli(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
			w.Header().Set("Content-Encoding", "br")
			w.Header().Set("Vary", "Accept-Encoding")
		}
		next.ServeHTTP(w, r)
	})
}

// zipping is middleware that compresses what it is outside of, and says so late.
func zipping(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipWriter{ResponseWriter: w, zip: gzip.NewWriter(w)}
		next.ServeHTTP(z, r)
		_ = z.zip.Close()
	})
}

type zipWriter struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (w *zipWriter) WriteHeader(status int) {
	w.Header().Add("Vary", "Accept-Encoding")
	w.Header().Set("Content-Encoding", "gzip")
	w.ResponseWriter.WriteHeader(status)
}

func (w *zipWriter) Write(p []byte) (int, error) { return w.zip.Write(p) }

// A safe page has no findings.
func TestNothingIsSaidAgainstASafePage(t *testing.T) {
	page := echoes(func(*http.Request) string { return "the same for all" })
	files := http.FileServerFS(fstest.MapFS{
		"index.html":    {Data: []byte("<h1>index</h1>"), ModTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		"dir/file.html": {Data: []byte("<h1>file</h1>"), ModTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	})
	slashed := http.NewServeMux()
	slashed.Handle("/docs/", page)
	cookie := func(name string) func(*http.Request) string {
		return func(r *http.Request) string {
			if c, err := r.Cookie(name); err == nil {
				return c.Value
			}
			return "none"
		}
	}
	within := func(field, value string, h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(field, value)
			h(w, r)
		}
	}
	random := func(*http.Request) string { return rand.Text() }
	for name, test := range map[string]struct {
		h       http.Handler
		request *http.Request
	}{
		"the same for all":                       {minute(page), get("/")},
		"with fields of a browser":               {minute(page), get("/", "Accept: text/html", "Accept-Language: en", "User-Agent: Mozilla", "Referer: https://a.example/", "Cookie: _ga=1; theme=dark")},
		"HEAD":                                   {minute(page), head("/")},
		"compressed inside, with Vary":           {minute(zipped), get("/")},
		"compressed outside":                     {zipping(minute(page)), get("/")},
		"compressed inside, without Vary if not": {minute(zippedSilently), get("/")},
		"the same, for a client that accepts it": {minute(zippedSilently), get("/", "Accept-Encoding: gzip")},
		"compressed outside, in brotli":          {inBrotli(minute(page)), get("/", "Accept-Encoding: gzip, deflate, br;q=1")},
		"the reader's language, with Vary":       {minute(within("Vary", "Accept-Language", echoes(field("Accept-Language")))), get("/", "Accept-Language: en")},
		"the reader's language, declared":        {minute(echoes(field("Accept-Language")), middleware.VaryByHeader("Accept-Language")), get("/")},
		"the reader's language, normalized":      {minute(echoes(field("Accept-Language")), middleware.VaryByHeader("Accept-Language"), middleware.Normalize()), get("/")},
		"a fragment, with Vary":                  {minute(within("Vary", "HX-Request, HX-Target", echoes(func(r *http.Request) string { return r.Header.Get("HX-Request") + r.Header.Get("HX-Target") }))), get("/")},
		"a CORS answer, with Vary": {middleware.Site()(within("Vary", "Origin", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		})), get("/")},
		"a cookie that is declared":            {minute(echoes(cookie("theme")), middleware.VaryByCookie("theme")), get("/", "Cookie: theme=dark")},
		"cookies that are ignored":             {minute(echoes(cookie("theme")), middleware.IgnoreCookies("*")), get("/", "Cookie: theme=dark")},
		"a session that bypasses":              {minute(echoes(cookie("session"))), get("/", "Cookie: session=1")},
		"an inbox of signed-in users":          {minute(echoes(field("X-Forwarded-User"))), get("/inbox", "X-Forwarded-User: ada")},
		"an inbox, declared":                   {minute(within("Cache-Control", "public, max-age=60", echoes(field("X-Forwarded-User"))), middleware.VaryByHeader("X-Forwarded-User")), get("/inbox")},
		"a user of outer middleware, declared": {signedIn(minute(echoes(user), middleware.IgnoreHeaders("Remote-User"), middleware.VaryByNamed("user", user)), field("Remote-User")), get("/")},
		"Authorization":                        {minute(echoes(field("Authorization"))), get("/", "Authorization: Basic YWRhOmFkYQ==")},
		"Authorization, in Shared":             {middleware.Shared()(within("Cache-Control", "max-age=60", echoes(field("Authorization")))), get("/")},
		"a redirect for a slash":               {minute(slashed.ServeHTTP), get("/docs")},
		"behind a redirect for a slash":        {minute(slashed.ServeHTTP), get("/docs/")},
		"files":                                {minute(files.ServeHTTP), get("/dir/file.html")},
		"files, the index":                     {middleware.Site()(files), get("/")},
		"files, one that is not there":         {middleware.Site()(files), get("/none")},
		"private":                              {minute(within("Cache-Control", "private", echoes(random))), get("/")},
		"no-store, with a nonce":               {minute(within("Cache-Control", "no-store", within("Content-Security-Policy", "script-src 'nonce-x'", echoes(random)))), get("/")},
		"a time stamp that is not stored":      {middleware.Shared()(echoes(random)), get("/")},
		"a page that is validated before each use": {middleware.Shared()(within("Vary", "X-A", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"`+field("Accept-Language")(r)+`"`)
			echoes(field("Accept-Language"))(w, r)
		})), get("/")},
		"a login page of a site, not for all": {middleware.Shared()(within("Set-Cookie", "csrftoken=1", echoes(random))), get("/")},
		"ETag and Last-Modified":              {minute(within("Etag", `"1"`, within("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT", page))), get("/")},
		"Set-Cookie, so that it is not stored": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "visit="+rand.Text())
			page(w, r)
		}), get("/")},
		"Set-Cookie, which is not stored": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "visit="+rand.Text())
			page(w, r)
		}, middleware.StripSetCookie()), get("/")},
		"a policy with a hash": {minute(within("Content-Security-Policy", "script-src 'sha256-abc'", page)), get("/")},
		"a request id, and Date": {minute(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", rand.Text())
			w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
			page(w, r)
		}), get("/")},
		"the query":         {minute(echoes(func(r *http.Request) string { return r.URL.RawQuery })), get("/?b=1&a=2")},
		"the query, sorted": {minute(echoes(func(r *http.Request) string { return r.URL.RawQuery }), middleware.SortQuery()), get("/?b=1&a=2&a=1")},
		"the query, of which one parameter counts": {minute(echoes(func(r *http.Request) string { return r.URL.RawQuery + r.URL.Query().Get("page") }), middleware.OnlyQuery("page")), get("/?page=2&x=1")},
		"the path and the host":                    {minute(echoes(func(r *http.Request) string { return r.Host + r.URL.Path })), get("http://shop.example/Path/")},
		"a tenant of a trusted proxy":              {minute(echoes(field("X-Forwarded-Host")), middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24"))), get("/")},
		"a tenant, where another proxy is trusted": {minute(echoes(field("X-Forwarded-Host")), middleware.TrustProxies(netip.MustParsePrefix("10.0.0.0/8"))), get("/")},
		"an error, which is not stored":            {minute(func(w http.ResponseWriter, r *http.Request) { http.Error(w, rand.Text(), http.StatusForbidden) }), get("/")},
		"When it is not wanted":                    {minute(echoes(random), middleware.When(func(*http.Request) bool { return false })), get("/")},
		"outer middleware that varies on the cookie": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Cookie")
			minute(echoes(random)).ServeHTTP(w, r)
		}), get("/")},
		"outer middleware that says it late":       {late("Vary", "Cookie", minute(echoes(random))), get("/")},
		"outer middleware that says no-store late": {late("Cache-Control", "no-store", minute(echoes(random))), get("/")},
		"outer middleware that sets a cookie late": {late("Set-Cookie", "visit=1", minute(page)), get("/")},
	} {
		t.Run(name, func(t *testing.T) { wantSafe(t, run(t, pagetest.Auditor{}, test.h, test.request)) })
	}
}

func head(target string) *http.Request {
	r := get(target)
	r.Method = http.MethodHead
	return r
}

// late is middleware that sets a field as the status is written.
func late(field, value string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&lateWriter{w, field, value}, r)
	})
}

type lateWriter struct {
	http.ResponseWriter
	field, value string
}

func (w *lateWriter) WriteHeader(status int) {
	w.Header().Set(w.field, w.value)
	w.ResponseWriter.WriteHeader(status)
}

// Fields that an option names, and what the cache does not give to others, are no findings.
func TestFieldsThatAreHarmlessByOption(t *testing.T) {
	h := minute(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen-Agent", r.UserAgent())
		fmt.Fprint(w, "page")
	})
	wantUnsafe(t, run(t, pagetest.Auditor{}, h, get("/")), "User-Agent", "X-Seen-Agent", "VaryByHeader")
	wantSafe(t, run(t, pagetest.Auditor{Harmless: []string{"x-seen-agent"}}, h, get("/")))
}

// Request fields of the application's own can be added to an audit.
func TestFieldsOfOnesOwn(t *testing.T) {
	h := minute(echoes(field("X-Acme-Shop")))
	wantSafe(t, run(t, pagetest.Auditor{}, h, get("/")))
	own := pagetest.Auditor{Fields: []pagetest.Field{{Name: "X-Acme-Shop", Values: []string{"a", "b"}}}}
	wantUnsafe(t, run(t, own, h, get("/")), "X-Acme-Shop: a", `a</p>`, `middleware.VaryByHeader("X-Acme-Shop")`)
	wantUnsafe(t, run(t, pagetest.Auditor{}, h, get("/", "X-Acme-Shop: a")), "X-Acme-Shop: audit", "audit", "VaryByHeader")
}

// Requests that are a minute apart find a time to the minute in the page.
func TestApartFindsWhatChangesSlowly(t *testing.T) {
	h := minute(echoes(func(*http.Request) string { return time.Now().Format("15:04") }))
	wantSafe(t, run(t, pagetest.Auditor{}, h, get("/")))
	wantUnsafe(t, run(t, pagetest.Auditor{Apart: time.Minute}, h, get("/")), "again", "a time stamp", "private")
}
