package middleware_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// purgeOf purges by PurgeURL, which must not fail.
func purgeOf(t testing.TB, p *middleware.Policy, ctx context.Context, url string, opts ...middleware.PurgeOption) middleware.PurgeResult {
	t.Helper()
	result, err := p.PurgeURL(ctx, url, opts...)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return result
}

// A purge by URL reports how many stored pages it knew of.
func TestAPurgeTellsHowManyEntriesWereKnown(t *testing.T) {
	onEachShared(t, func(t *testing.T, processes []*cache.Handler) {
		for _, opts := range [][]middleware.PurgeOption{nil, {middleware.SoftPurge()}} {
			policy := middleware.NewPolicy(ttl)
			p := within(processes[0], policy.Handler(telling("Vary: Accept-Language")))
			ctx := processes[1].Scope(t.Context())
			purge := func(url string, want int) {
				t.Helper()
				result := purgeOf(t, policy, ctx, url, opts...)
				if !result.Counted || result.Entries != want || len(result.Keys) != 4 || result.Prefix || result.Soft != (opts != nil) {
					t.Errorf("%d options: %s is %+v, want %d entries", len(opts), url, result, want)
				}
			}
			purge("http://example.com/shop", 0)
			ask(p, "/shop")
			purge("http://example.com/shop", 1)
			ask(p, "/other")
			ask(p, "/other", "Accept-Language: de")
			ask(p, "/other", "Accept-Language: en")
			purge("http://example.com/other", 1) // variants are one
			send(p, asked(t, "/third"))
			send(p, asked(t, "/third", "Authorization: Bearer x"))
			send(p, asked(t, "/th%69rd"))
			send(p, asked(t, "/%74hird"))
			send(p, asked(t, "/th%69rd", "Authorization: Bearer x"))
			purge("http://example.com/third", 4) // spellings are one
		}
	})
}

// After a hard purge a second one reports nothing.
func TestAHardPurgeLeavesNothingToCount(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl)
	ask(within(caches, policy.Handler(telling())), "/shop")
	ctx := caches.Scope(t.Context())
	for want := range 2 {
		if result := purgeOf(t, policy, ctx, "http://example.com/shop"); result.Entries != 1-want {
			t.Errorf("%d entries, want %d", result.Entries, 1-want)
		}
	}
}

// A purge reports the keys of the pages, which are those that the command finds in the alias.
func TestAPurgeTellsTheKeysOfThePages(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl, middleware.KeyPrefix("shop"))
	p := within(caches, policy.Handler(telling()))
	ctx := caches.Scope(t.Context())
	keys := purgeOf(t, policy, ctx, "http://example.com/café").Keys
	pages := cache.From(ctx, "default")
	for i, r := range []*http.Request{
		asked(t, "/caf%C3%A9"), asked(t, "/caf%C3%A9", "Authorization: Bearer x"), asked(t, "/café"), asked(t, "/café", "Authorization: Bearer x"),
	} {
		for _, key := range keys {
			if _, err := pages.Delete(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		send(p, r)
		for j, key := range keys {
			if has, err := pages.Has(ctx, key); err != nil || has != (i == j) {
				t.Errorf("page %d is under key %d: %v, %v", i, j, has, err)
			}
		}
	}
}

// A purge with other options or another URL than the pages finds nothing.
func TestAPurgeOfWhatIsNotThePagesFindsNothing(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl, middleware.KeyPrefix("shop"), middleware.OnlyQuery("page"))
	p := within(caches, policy.Handler(telling()))
	ctx := caches.Scope(t.Context())
	ask(p, "/shop?page=2")
	for _, test := range []struct {
		name   string
		policy *middleware.Policy
		url    string
	}{
		{"another scheme", policy, "https://example.com/shop?page=2"},
		{"another host", policy, "http://www.example.com/shop?page=2"},
		{"another port", policy, "http://example.com:8080/shop?page=2"},
		{"another path", policy, "http://example.com/shop/?page=2"},
		{"another query", policy, "http://example.com/shop"},
		{"another KeyPrefix", middleware.NewPolicy(ttl, middleware.OnlyQuery("page")), "http://example.com/shop?page=2"},
		{"another rule about the query", middleware.NewPolicy(ttl, middleware.KeyPrefix("shop"), middleware.OnlyQuery()), "http://example.com/shop?page=2"},
	} {
		if result := purgeOf(t, test.policy, ctx, test.url); result.Entries != 0 || !result.Counted {
			t.Errorf("%s: %+v", test.name, result)
		}
		wantThere(t, p, "/shop?page=2")
	}
	if result := purgeOf(t, policy, ctx, "http://example.com/shop?utm=x&page=2"); result.Entries != 1 || result.URL != "http://example.com/shop?page=2" {
		t.Errorf("what does not count in the query: %+v", result)
	}
}

// A purge by prefix reports no count.
func TestAPurgeByPrefixIsNotCounted(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl)
	p := within(caches, policy.Handler(telling()))
	ask(p, "/shop/hats")
	ctx := caches.Scope(t.Context())
	for _, opts := range [][]middleware.PurgeOption{{middleware.PrefixPurge()}, {middleware.PrefixPurge(), middleware.SoftPurge()}, {middleware.SoftPurge(), middleware.PrefixPurge()}} {
		result := purgeOf(t, policy, ctx, "http://example.com/sh%6Fp", opts...)
		if result.Counted || result.Keys != nil || !result.Prefix || result.URL != "http://example.com/shop" || result.Soft != (len(opts) == 2) {
			t.Errorf("%+v", result)
		}
	}
	wantGone(t, p, "/shop/hats")
}

// Anything wrong with a URL is an error that says what, and nothing is purged.
func TestAPurgeOfWhatIsNoURLIsAnError(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl)
	p := within(caches, policy.Handler(telling()))
	ask(p, "/shop")
	ctx := caches.Scope(t.Context())
	for url, says := range map[string]string{
		"/shop": "is not absolute", "ftp://example.com/shop": "it must be http or https", "http:///shop": "has no host",
		`http://example.com/\shop`: "has a backslash", "http://example.com/%zz": `invalid URL escape "%zz"`, "": "is not absolute",
	} {
		result, err := policy.PurgeURL(ctx, url)
		if err == nil || !strings.Contains(err.Error(), says) || result.URL != "" || result.Counted {
			t.Errorf("%q: %+v, %v", url, result, err)
		}
		for name, purge := range map[string]func(context.Context, string) error{
			"Purge": policy.Purge, "PurgeSoft": policy.PurgeSoft, "PurgePrefix": policy.PurgePrefix, "PurgePrefixSoft": policy.PurgePrefixSoft,
		} {
			if err := purge(ctx, url); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s of %q: %v", name, url, err)
			}
		}
	}
	if _, err := policy.PurgeURL(ctx, "http://example.com/shop?a", middleware.PrefixPurge()); err == nil || !strings.Contains(err.Error(), "a prefix ends with the path") {
		t.Errorf("a prefix with a query: %v", err)
	}
	wantThere(t, p, "/shop")
}

// PurgePath takes scheme and host from its request as the pages do.
func TestPurgePathIsOfTheSiteOfItsRequest(t *testing.T) {
	caches := inMemory(t)
	policy := middleware.NewPolicy(ttl, middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")))
	p := within(caches, policy.Handler(telling()))
	ctx := caches.Scope(t.Context())
	in := func(r *http.Request) *http.Request { return r.WithContext(ctx) }
	secure := in(request("POST", "/-/change"))
	secure.TLS = new(tls.ConnectionState)
	proxied := in(request("POST", "/-/change", "X-Forwarded-Host: Shop.example:443", "X-Forwarded-Proto: https"))
	strange := in(request("POST", "/-/change", "X-Forwarded-Host: shop.example"))
	strange.RemoteAddr = "198.51.100.1:1"
	for _, test := range []struct {
		r          *http.Request
		path, want string
	}{
		{in(request("POST", "/-/change")), "/café", "http://example.com/caf%C3%A9"},
		{in(request("POST", "http://Example.com:80/-/change")), "/a b?c=d#e", "http://example.com/a%20b?c=d"},
		{in(request("POST", "/-/change")), "//a/../b", "http://example.com//b"},
		{secure, "/", "https://example.com/"},
		{proxied, "/x", "https://shop.example/x"},
		{strange, "/x", "http://example.com/x"},
	} {
		if result, err := policy.PurgePath(test.r, test.path); err != nil || result.URL != test.want || !result.Counted {
			t.Errorf("%s: %+v, %v; want %s", test.path, result, err, test.want)
		}
	}
	ask(p, "/shop?page=2")
	if result, err := policy.PurgePath(in(request("POST", "/-/change")), "/sh%6Fp?page=2"); err != nil || result.Entries != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	wantGone(t, p, "/shop?page=2")
	if result, err := policy.PurgePath(in(request("POST", "/-/change")), "/shop", middleware.PrefixPurge()); err != nil || !result.Prefix || result.Counted {
		t.Errorf("%+v, %v", result, err)
	}
	hostless := in(request("POST", "/-/change"))
	hostless.Host = ""
	for path, r := range map[string]*http.Request{"shop": secure, "": secure, "http://example.com/shop": secure, "?a": secure, `/a\b`: secure, "/%zz": secure, "/": hostless} {
		if result, err := policy.PurgePath(r, path); err == nil || result.URL != "" {
			t.Errorf("%q of %q: %+v, %v", path, r.Host, result, err)
		}
	}
}

// A purge that fails reports no count.
func TestAPurgeThatFailsIsNotCounted(t *testing.T) {
	b := new(backend)
	caches := newCaches(t, b.config())
	policy := middleware.NewPolicy(ttl)
	ask(within(caches, policy.Handler(telling())), "/shop")
	b.failWith(errors.New("refused"))
	for _, opts := range [][]middleware.PurgeOption{nil, {middleware.SoftPurge()}} {
		result, err := policy.PurgeURL(caches.Scope(t.Context()), "http://example.com/shop", opts...)
		if err == nil || result.Counted || result.URL != "http://example.com/shop" {
			t.Errorf("%+v, %v", result, err)
		}
	}
}

// The report of a purge over HTTP is that of PurgeURL.
func TestTheReportOverHTTPIsThatOfPurgeURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caches := inMemory(t)
		policy := middleware.NewPolicy(ttl)
		p := within(caches, policy.Handler(telling()))
		handler := within(caches, policy.PurgeHandler(middleware.BearerToken("sesame")))
		ctx := caches.Scope(t.Context())
		for words, opts := range map[string][]middleware.PurgeOption{
			"": nil, "soft": {middleware.SoftPurge()}, "prefix": {middleware.PrefixPurge()}, "prefix, soft": {middleware.SoftPurge(), middleware.PrefixPurge()},
		} {
			ask(p, "/shop")
			want, err := json.Marshal(purgeOf(t, policy, ctx, "http://example.com/shop", opts...))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			ask(p, "/shop")
			a := send(handler, request("PURGE", "/sh%6Fp", bearer, "Larder-Purge: "+words))
			if a.body != string(want)+"\n" || a.status != 200 {
				t.Errorf("%q: %d %s, want %s", words, a.status, a.body, want)
			}
			var read middleware.PurgeResult
			if err := json.Unmarshal([]byte(a.body), &read); err != nil {
				t.Fatal(err)
			}
			if again, err := json.Marshal(read); err != nil || string(again) != string(want) {
				t.Errorf("%q: read as %+v, %v", words, read, err)
			}
			time.Sleep(time.Second)
		}
	})
}

// A purge report is JSON, except for clients that prefer text.
// RFC 9110, 12.5.1
func TestTheFormOfAReport(t *testing.T) {
	h := shop(inMemory(t), middleware.BearerToken("sesame"))
	for accept, isJSON := range map[string]bool{
		"": true, "*/*": true, "application/json": true, "application/*": true, "text/html, */*;q=0.8": true, "application/json, text/plain": true,
		"text/plain": false, "TEXT/PLAIN;q=1, application/json": false, "text/html, text/plain": false,
	} {
		fields := []string{"Accept: " + accept}
		if accept == "" {
			fields = nil
		}
		for _, r := range []*http.Request{
			request("PURGE", "/nowhere", slices.Concat(fields, []string{bearer})...), request("PURGE", "/nowhere", fields...),
			post("/-/purge", "application/json", "{}", slices.Concat(fields, []string{bearer})...),
		} {
			a := send(h, r)
			want := "text/plain; charset=utf-8"
			if isJSON {
				want = "application/json"
			}
			if got := a.header.Get("Content-Type"); got != want || json.Valid([]byte(a.body)) != isJSON || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, Accept %q: %d %q %q", r.Method, accept, a.status, got, a.body)
			}
		}
	}
}
