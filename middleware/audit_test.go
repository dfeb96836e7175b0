package middleware_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	wire "github.com/larder-go/larder/internal/explain"
	"github.com/larder-go/larder/middleware"
)

// audited asks h as an audit does, and returns the outermost page.
func audited(t *testing.T, h http.Handler, target string, fields ...string) *wire.Page {
	t.Helper()
	a := ask(h, target, append([]string{why + "; audit"}, fields...)...)
	var got wire.Answer
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Pages) == 0 || a.header.Get("Larder-Explain") != wire.Audited {
		t.Fatalf("no answer to an audit: %v, %q, %q", err, a.header, a.body)
	}
	return &got.Pages[0]
}

// What an audit says of two requests is what becomes of them: the second is a hit exactly if the
// response to the first may be used for it.
func TestAnAuditAgreesWithWhatIsDone(t *testing.T) {
	requests := [][]string{
		nil, {"X-A: 1"}, {"X-A: 2"}, {"X-B: 1"}, {"Accept-Encoding: gzip"}, {"Accept-Encoding: br, gzip"}, {"Accept-Encoding: identity"},
		{"Accept-Language: de"}, {"Accept-Language: de, en;q=0.5"}, {"Cookie: a=1"}, {"Cookie: a=2"}, {"Cookie: theme=x"}, {"Cookie: theme=y; a=1"},
		{"Authorization: Basic x"}, {"Authorization: Basic y"}, {"X-Api-Key: x"}, {"X-Forwarded-User: ada"}, {"X-CSRF-Token: x"},
		{"X-Forwarded-Host: a.example"}, {"X-Forwarded-Host: b.example"}, {"X-Forwarded-For: 1.2.3.4"}, {"Upgrade: websocket"}, {"User-Agent: x"},
	}
	responses := [][]string{
		nil, {"Vary: X-A"}, {"Vary: Accept-Encoding"}, {"Vary: Accept-Encoding", "Content-Encoding: gzip"}, {"Content-Encoding: gzip"}, {"Vary: Cookie"},
		{"Vary: Authorization, X-Api-Key"}, {"Vary: X-Forwarded-For"}, {"Vary: *"}, {"Cache-Control: public, max-age=60"}, {"Cache-Control: s-maxage=60", "Vary: Cookie"},
		{"Cache-Control: max-age=60, must-revalidate"}, {"Cache-Control: private"}, {"Cache-Control: no-store"}, {"Cache-Control: max-age=60", "Vary: Accept-Language"},
		{"Set-Cookie: a=1"}, {"Content-Security-Policy: script-src 'nonce-x'"},
	}
	options := map[string][]middleware.PageOption{
		"none":       nil,
		"cookies":    {middleware.IgnoreCookies("a"), middleware.VaryByCookie("theme")},
		"no cookies": {middleware.IgnoreCookies("*")},
		"fields":     {middleware.VaryByHeader("X-A", "X-Api-Key"), middleware.IgnoreHeaders("X-Forwarded-User")},
		"values":     {middleware.VaryByNamed("b", func(r *http.Request) string { return r.Header.Get("X-B") + r.Header.Get("Authorization") })},
		"normalized": {middleware.Normalize(), middleware.VaryByHeader("Accept-Language")},
		"a proxy":    {middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24"))},
		"set-cookie": {middleware.StripSetCookie(), middleware.When(func(r *http.Request) bool { return r.Header.Get("X-B") == "" })},
	}
	modes := map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
		"CachePage": func(opts ...middleware.PageOption) func(http.Handler) http.Handler {
			return middleware.CachePage(time.Minute, opts...)
		},
		"Site":   middleware.Site,
		"Shared": middleware.Shared,
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range slices.Sorted(maps.Keys(options)) {
		opts := options[name]
		for _, mode := range slices.Sorted(maps.Keys(modes)) {
			wrap := modes[mode]
			for _, response := range responses {
				agree(t, strings.Join([]string{mode, name, strings.Join(response, "; ")}, ", "), random, requests, func() http.Handler {
					h := wrap(append(slices.Clone(opts), middleware.Explain("let-me-see"))...)(answering("page", response...))
					return within(inMemory(t), h)
				})
			}
		}
	}
}

// agree compares what becomes of some pairs of requests, drawn by random, with what an audit
// says of them.
func agree(t *testing.T, name string, random *rand.Rand, requests [][]string, newPage func() http.Handler) {
	t.Helper()
	const pairs = 8
	for range pairs {
		first, second := requests[random.IntN(len(requests))], requests[random.IntN(len(requests))]
		h := newPage()
		a, b := audited(t, h, "/page", first...), audited(t, h, "/page", second...)
		ask(h, "/page", first...)
		status := ask(h, "/page", second...).cacheStatus()
		if isHit := strings.Contains(status, "; hit"); a.StandsFor(b) != isHit {
			t.Errorf("%s: the response to %q stands for %q: an audit says %v, and it is %q\n%+v\n%+v", name, first, second, !isHit, status, a, b)
		}
	}
}

// An audit shows the whole response, and stores nothing.
func TestAnAuditShowsTheResponseAndStoresNothing(t *testing.T) {
	h := answering("<p>page</p>", "Content-Type: text/html", "X-Own: 1", "Set-Cookie: a=1")
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Outer", "1")
		middleware.CachePage(time.Minute, middleware.Explain("let-me-see"), middleware.StripSetCookie())(h).ServeHTTP(w, r)
	})
	page := within(inMemory(t), outer)
	a := ask(page, "/page", why+"; audit")
	if a.status != 200 || a.header.Get("Content-Type") != "text/html" || a.header.Get("X-Outer") == "" || a.header.Get("Set-Cookie") != "" || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Errorf("the answer has status %d and the header %q", a.status, a.header)
	}
	p := audited(t, page, "/page")
	if r := p.Response; r.Status != 200 || string(r.Body) != "<p>page</p>" || r.Length != 11 || r.Header.Get("X-Own") == "" || r.Header.Get("X-Outer") != "" || !p.IsStored() {
		t.Errorf("the response is %+v, stored: %v", r, p.IsStored())
	}
	h.wantRuns(t, 2)
	for _, field := range []string{"Larder-Explain: other; audit", "Larder-Explain: ; audit", "Larder-Explain: let-me-see; audits"} {
		if a := ask(page, "/page", field); a.header.Get("Larder-Explain") != "" || a.body != "<p>page</p>" {
			t.Errorf("%s: %q", field, a.body)
		}
	}
	h.wantRuns(t, 3)
}

// An audit keeps a bounded part of a long body.
func TestAnAuditKeepsAPartOfALongBody(t *testing.T) {
	long := func(end string) *wire.Page {
		return audited(t, cached(t, answering(strings.Repeat("x", 3<<20)+end), middleware.Explain("let-me-see")), "/page")
	}
	a, b := long("a"), long("b")
	if len(a.Response.Body) != wire.MaxBody || a.Response.Length != 3<<20+1 || a.Response.Sum == b.Response.Sum {
		t.Errorf("%d bytes of %d, sums %s and %s", len(a.Response.Body), a.Response.Length, a.Response.Sum, b.Response.Sum)
	}
}
