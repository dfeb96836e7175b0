package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

const bearer = "Authorization: Bearer sesame"

// post returns a request with a body.
func post(target, mediaType, body string, fields ...string) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", mediaType)
	addFields(r.Header, fields)
	return r
}

// shop is a site with pages and their purge handler.
func shop(caches *cache.Handler, authorize middleware.Authorizer, opts ...middleware.PageOption) http.Handler {
	policy := middleware.NewPolicy(ttl, opts...)
	mux := http.NewServeMux()
	mux.Handle("GET /", policy.Handler(answering("page")))
	mux.Handle("PURGE /", policy.PurgeHandler(authorize))
	mux.Handle("POST /-/purge", policy.PurgeHandler(authorize))
	return within(caches, mux)
}

// The purge handler purges what PURGE, or a POST of a form or JSON, names.
func TestAPurgeOverHTTP(t *testing.T) {
	const form, js = "application/x-www-form-urlencoded", "application/json"
	pages := []string{"/shop", "/shop?page=2", "/shop/hats", "/shopping", "/"}
	for name, test := range map[string]struct {
		r      *http.Request
		purged string // the URL
		gone   int    // of pages, how many from the front
		prefix bool
	}{
		"PURGE":             {request("PURGE", "/shop", bearer), "http://example.com/shop", 1, false},
		"PURGE, prefix":     {request("PURGE", "/shop", bearer, "Larder-Purge: prefix"), "http://example.com/shop", 3, true},
		"PURGE, with slash": {request("PURGE", "/shop/", bearer, "Larder-Purge: Prefix"), "http://example.com/shop/", 3, true},
		"PURGE, all":        {request("PURGE", "/", bearer, "Larder-Purge: prefix"), "http://example.com/", 5, true},
		"form":              {post("/-/purge", form, "url=http://example.com/shop", bearer), "http://example.com/shop", 1, false},
		"form, prefix":      {post("/-/purge", form+"; charset=utf-8", "url=http://example.com/shop&prefix=true&soft=false", bearer), "http://example.com/shop", 3, true},
		"JSON":              {post("/-/purge", js, `{"url": "http://EXAMPLE.com:80/shop"}`, bearer), "http://example.com/shop", 1, false},
		"JSON, prefix":      {post("/-/purge", js, `{"url": "http://example.com/shop", "prefix": true}`, bearer), "http://example.com/shop", 3, true},
		"nothing there":     {request("PURGE", "/nowhere", bearer), "http://example.com/nowhere", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := shop(inMemory(t), middleware.BearerToken("other", "sesame"))
				for _, page := range pages {
					ask(h, page)
				}
				time.Sleep(time.Second)
				a := send(h, test.r)
				var report middleware.PurgeResult
				if err := json.Unmarshal([]byte(a.body), &report); err != nil {
					t.Fatal(err)
				}
				if report.URL != test.purged || report.Prefix != test.prefix || report.Soft || report.Counted == test.prefix ||
					report.Counted && report.Entries != test.gone || (len(report.Keys) > 0) != report.Counted {
					t.Errorf("the report is %s", a.body)
				}
				if a.status != 200 || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
					t.Errorf("%d %q", a.status, a.header)
				}
				time.Sleep(time.Second)
				for i, page := range pages {
					if i < test.gone {
						wantGone(t, h, page)
					} else {
						wantThere(t, h, page)
					}
				}
			})
		})
	}
}

// A soft purge over HTTP marks the page stale.
func TestASoftPurgeOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := middleware.NewPolicy(ttl)
		h, purge := numbered(), policy.PurgeHandler(middleware.BearerToken("sesame"))
		p := policy.Handler(h)
		site := within(inMemory(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "PURGE" {
				purge.ServeHTTP(w, r)
				return
			}
			p.ServeHTTP(w, r)
		}))
		for i, line := range []string{"soft", "prefix, soft"} {
			ask(site, "/page").wantBody(t, fmt.Sprint("run ", i+1))
			time.Sleep(time.Second)
			a := send(site, request("PURGE", "/page", bearer, "Larder-Purge: "+line))
			var said struct {
				Purged       string
				Prefix, Soft bool
			}
			if err := json.Unmarshal([]byte(a.body), &said); err != nil || said.Purged != "http://example.com/page" || said.Prefix != (i == 1) || !said.Soft {
				t.Errorf("%q, %v", a.body, err)
			}
			time.Sleep(time.Second)
			ask(site, "/page").wantHit(t, fmt.Sprint("run ", i+1))
			time.Sleep(2 * time.Second)
		}
		ask(site, "/page").wantHit(t, "run 3")
	})
}

// The purge handler refuses requests without valid credentials, from other sites, and malformed
// ones.
// RFC 9110, 11.6.2
func TestAPurgeHandlerRefuses(t *testing.T) {
	const form, js = "application/x-www-form-urlencoded", "application/json"
	url := "url=http://example.com/page"
	token, basic := middleware.BearerToken("sesame"), middleware.BasicAuth("admin", "sesame")
	byContext := middleware.AuthorizeFunc(func(r *http.Request) bool { return r.Header.Get("X-Signed-In") != "" })
	const asAdmin = "Authorization: Basic YWRtaW46c2VzYW1l"
	for name, test := range map[string]struct {
		authorize middleware.Authorizer
		r         *http.Request
		status    int
	}{
		"no credentials":               {token, request("PURGE", "/page"), 401},
		"a wrong token":                {token, request("PURGE", "/page", "Authorization: Bearer sesam"), 401},
		"a longer token":               {token, request("PURGE", "/page", "Authorization: Bearer sesame!"), 401},
		"a token in another case":      {token, request("PURGE", "/page", "Authorization: Bearer SESAME"), 401},
		"an empty token":               {token, request("PURGE", "/page", "Authorization: Bearer "), 401},
		"only the scheme":              {token, request("PURGE", "/page", "Authorization: Bearer"), 401},
		"another scheme":               {token, request("PURGE", "/page", "Authorization: Basic sesame"), 401},
		"two lines":                    {token, request("PURGE", "/page", bearer, "Authorization: Bearer x"), 401},
		"a token in the query":         {token, request("PURGE", "/page?access_token=sesame"), 401},
		"a form without credentials":   {token, post("/", form, url), 401},
		"nonsense without credentials": {token, post("/", form, "%"), 401},
		"a wrong password":             {basic, request("PURGE", "/page", "Authorization: Basic YWRtaW46eA=="), 401},
		"another user":                 {basic, request("PURGE", "/page", "Authorization: Basic cm9vdDpzZXNhbWU="), 401},
		"malformed basic":              {basic, request("PURGE", "/page", "Authorization: Basic ?"), 401},
		"two lines of basic":           {basic, request("PURGE", "/page", asAdmin, asAdmin), 401},
		"a function that says no":      {byContext, request("PURGE", "/page"), 403},

		"a form of another site":        {basic, post("/", form, url, asAdmin, "Sec-Fetch-Site: cross-site"), 403},
		"a form of a neighbouring site": {basic, post("/", form, url, asAdmin, "Sec-Fetch-Site: same-site"), 403},
		"a form of an older browser":    {basic, post("/", form, url, asAdmin, "Origin: https://evil.example"), 403},
		"PURGE of another site":         {byContext, request("PURGE", "/page", "X-Signed-In: 1", "Sec-Fetch-Site: cross-site"), 403},

		"GET":                        {token, request("GET", "/page", bearer), 405},
		"DELETE":                     {token, request("DELETE", "/page", bearer), 405},
		"a prefix with a query":      {token, request("PURGE", "/page?x", bearer, "Larder-Purge: prefix"), 400},
		"an unknown word":            {token, request("PURGE", "/page", bearer, "Larder-Purge: all"), 400},
		"no URL":                     {token, post("/", form, "", bearer), 400},
		"a URL without a host":       {token, post("/", form, "url=/page", bearer), 400},
		"two URLs":                   {token, post("/", form, url+"&"+url, bearer), 400},
		"an unknown field":           {token, post("/", form, url+"&al=true", bearer), 400},
		"a prefix that is no truth":  {token, post("/", form, url+"&prefix=maybe", bearer), 400},
		"a malformed form":           {token, post("/", form, "%", bearer), 400},
		"malformed JSON":             {token, post("/", js, `{"url"`, bearer), 400},
		"an unknown member":          {token, post("/", js, `{"url": "http://example.com/page", "all": true}`, bearer), 400},
		"something after the JSON":   {token, post("/", js, `{"url": "http://example.com/page"} {}`, bearer), 400},
		"a list":                     {token, post("/", js, `["http://example.com/page"]`, bearer), 400},
		"another type":               {token, post("/", "text/plain", url, bearer), 415},
		"no type":                    {token, post("/", "", url, bearer), 415},
		"a body that has no end":     {token, post("/", form, strings.Repeat("x", 70_000), bearer), 413},
		"OPTIONS * as PURGE":         {token, request("PURGE", "*", bearer), 400},
		"a control character in URL": {token, post("/", js, `{"url": "http://example.com/\u0007"}`, bearer), 400},
	} {
		t.Run(name, func(t *testing.T) {
			policy := middleware.NewPolicy(ttl)
			p, purge := policy.Handler(answering("page")), policy.PurgeHandler(test.authorize)
			caches := inMemory(t)
			h := within(caches, p)
			ask(h, "/page")
			a := send(within(caches, purge), test.r)
			if a.status != test.status || strings.Count(a.body, "\n") != 1 || strings.Contains(a.body, "sesame") || strings.Contains(a.body, "\a") {
				t.Errorf("%d %q, want %d and one line", a.status, a.body, test.status)
			}
			if (a.header.Get("WWW-Authenticate") != "") != (test.status == 401) || (a.header.Get("Allow") == "PURGE, POST") != (test.status == 405) {
				t.Errorf("%d %q", a.status, a.header)
			}
			wantThere(t, h, "/page")
		})
	}
}

// Without credentials, the purge handler does not tell whether a page exists.
func TestWithoutCredentialsNothingTellsWhetherAPageExists(t *testing.T) {
	h := shop(inMemory(t), middleware.BearerToken("sesame"))
	ask(h, "/page")
	there, nowhere := send(h, request("PURGE", "/page")), send(h, request("PURGE", "/nowhere"))
	if there.body != nowhere.body || there.status != nowhere.status {
		t.Errorf("%d %q and %d %q", there.status, there.body, nowhere.status, nowhere.body)
	}
}

// The purge handler accepts a bearer token, user and password, or what a function allows.
// RFC 9110, 11.6.2
func TestTheCredentialsThatAreAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		authorize middleware.Authorizer
		fields    []string
	}{
		"a token":                    {middleware.BearerToken("a", "sesame"), []string{bearer}},
		"the scheme in another case": {middleware.BearerToken("sesame"), []string{"Authorization: bearer  sesame"}},
		"user and password":          {middleware.BasicAuth("admin", "sesame"), []string{"Authorization: Basic YWRtaW46c2VzYW1l"}},
		"a form of this site":        {middleware.BasicAuth("admin", "sesame"), []string{"Authorization: Basic YWRtaW46c2VzYW1l", "Sec-Fetch-Site: same-origin"}},
		"a function":                 {middleware.AuthorizeFunc(func(r *http.Request) bool { return r.Header.Get("X-User") == "1" }), []string{"X-User: 1"}},
	} {
		if a := send(shop(inMemory(t), test.authorize), request("PURGE", "/page", test.fields...)); a.status != 200 {
			t.Errorf("%s: %d %q", name, a.status, a.body)
		}
	}
}

// A purge handler without usable credentials panics at construction.
func TestAPurgeHandlerCannotBeMadeWithoutCredentials(t *testing.T) {
	for name, f := range map[string]func(){
		"the zero Authorizer":        func() { plainPages.PurgeHandler(middleware.Authorizer{}) },
		"no token":                   func() { middleware.BearerToken() },
		"an empty token":             func() { middleware.BearerToken("a", "") },
		"an empty password":          func() { middleware.BasicAuth("admin", "") },
		"an empty user":              func() { middleware.BasicAuth("", "sesame") },
		"a user with a colon":        func() { middleware.BasicAuth("a:b", "sesame") },
		"a function that is not one": func() { middleware.AuthorizeFunc(nil) },
	} {
		if panicOf(f) == nil {
			t.Errorf("%s: no panic", name)
		}
	}
}

// A purge over HTTP that fails answers 503, says that the page may still be there, and shows no
// secrets.
func TestAPurgeThatFailsSaysSo(t *testing.T) {
	b := new(backend)
	h := shop(newCaches(t, b.config()), middleware.BearerToken("sesame"))
	ask(h, "/page")
	b.failWith(errors.New("password=hunter2 refused"))
	for _, line := range []string{"", "prefix", "soft"} {
		a := send(h, request("PURGE", "/page", bearer, "Larder-Purge: "+line))
		if a.status != 503 || strings.Contains(a.body, "hunter2") || !strings.Contains(a.body, "may still be there") {
			t.Errorf("%s: %d %q", line, a.status, a.body)
		}
	}
}

// A purge over HTTP goes to the host and the scheme that a trusted proxy names.
func TestAPurgeGoesToTheHostThatATrustedProxyNames(t *testing.T) {
	h := shop(inMemory(t), middleware.BearerToken("sesame"), middleware.TrustProxies(netip.MustParsePrefix("0.0.0.0/0")))
	fields := []string{"X-Forwarded-Host: shop.example", "X-Forwarded-Proto: https"}
	ask(h, "/page")
	ask(h, "/page", fields...)
	send(h, request("PURGE", "/page", append(fields, bearer, "Accept: text/plain")...)).wantBody(t, "purged https://shop.example/page: 1 entry\n")
	wantThere(t, h, "/page")
	wantGone(t, h, "/page", fields...)
}

// A purge over HTTP on one server reaches the pages of another server on the same store. Two
// programs with servers of their own and one Redis.
func TestAPurgeOverHTTPReachesAnotherServer(t *testing.T) {
	for _, backend := range testbackends.Shared() {
		t.Run(backend.Name, func(t *testing.T) { wantPurgesToReachAnotherServer(t, backend.Config(t)) })
	}
}

func wantPurgesToReachAnotherServer(t *testing.T, cfg cache.Config) {
	var runs atomic.Int64
	policy := middleware.NewPolicy(ttl)
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, runs.Add(1)) })
	purge := policy.PurgeHandler(middleware.BearerToken("sesame"))
	var servers [2]*httptest.Server
	for i := range servers {
		mux := http.NewServeMux()
		mux.Handle("GET /", policy.Handler(page))
		mux.Handle("PURGE /", purge)
		servers[i] = newServer(t, within(newCaches(t, cfg), mux))
	}
	// become waits until both servers have the same page from the cache, and returns
	// it. One that was made in the millisecond of a purge is made again.
	become := func(target, not string) (body string) {
		testserver.Await(t, func(context.Context) error {
			body = ""
			for _, s := range servers {
				a := fetch(t, s, "GET", target, "Host: shop.example")
				if !a.isHit() || a.body == not || body != "" && a.body != body {
					return fmt.Errorf("%q after %q, %q", a.body, body, a.cacheStatus())
				}
				body = a.body
			}
			return nil
		})
		return body
	}
	for _, line := range []string{"", "soft", "prefix", "prefix, soft"} {
		t.Run(line, func(t *testing.T) {
			old, neighbour := become("/shop", ""), become("/shopping", "")
			a := fetch(t, servers[0], "PURGE", "/shop", "Host: shop.example", bearer, "Larder-Purge: "+line)
			if a.status != 200 || !strings.HasPrefix(a.body, `{"purged":"http://shop.example/shop",`) {
				t.Fatalf("%d %q", a.status, a.body)
			}
			if line == "" {
				if a := fetch(t, servers[1], "GET", "/shop", "Host: shop.example"); a.body == old {
					t.Errorf("the other server has the old page: %q", a.cacheStatus())
				}
			}
			become("/shop", old)
			if now := become("/shopping", ""); now != neighbour {
				t.Errorf("the neighbour was %q and is %q", neighbour, now)
			}
		})
	}
}

// No body makes the purge handler panic or answer 500.
func FuzzPurgeBody(f *testing.F) {
	for _, seed := range []string{
		`{"url": "http://example.com/a?b#c", "prefix": true}`, `{"url": null}`, `{"url": "http://[::1]:80/%zz"}`, `[]`, `{}{}`,
		"url=http://example.com/&prefix=1", "url=%zz", "url=http://u:p@h//x&soft=t", "&&=",
	} {
		f.Add(seed)
	}
	purge := within(inMemory(f), middleware.NewPolicy(ttl, middleware.SortQuery()).PurgeHandler(middleware.BearerToken("sesame")))
	f.Fuzz(func(t *testing.T, body string) {
		for _, mediaType := range []string{"application/json", "application/x-www-form-urlencoded"} {
			a := send(purge, post("/-/purge", mediaType, body, bearer))
			if a.status != 200 && a.status != 400 || strings.Count(a.body, "\n") != 1 {
				t.Errorf("%d %q", a.status, a.body)
			}
		}
	})
}
