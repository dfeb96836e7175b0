package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// ofHost returns a request for a page of that host.
func ofHost(method, host, target string, fields ...string) *http.Request {
	r := request(method, target, fields...)
	r.Host = host
	return r
}

var oneSite = middleware.HostAliases("example.com", "www.example.com", "münchen.example", "[2001:db8::1]")

// The host names that HostAliases declares have one page, and the handler sees the first of them.
func TestTheHostNamesOfOneSiteHaveOnePage(t *testing.T) {
	for mode, p := range modes(t, telling(), oneSite) {
		send(p, ofHost("GET", "www.example.com", "/page")).wantBody(t, "GET example.com /page []")
		for _, host := range []string{"example.com", "WWW.Example.com", "www.example.com:80", "xn--mnchen-3ya.example", "[2001:DB8::1]"} {
			if a := send(p, ofHost("GET", host, "/page")); !a.isHit() || a.body != "GET example.com /page []" {
				t.Errorf("%s: %s got %q, %q", mode, host, a.body, a.cacheStatus())
			}
		}
		for host, want := range map[string]string{
			"www.example.com:8080": "example.com:8080", "shop.example.com": "shop.example.com", "example.com.": "example.com.", "www.example.com.evil.example": "www.example.com.evil.example",
		} {
			if a := send(p, ofHost("GET", host, "/page")); a.isHit() || a.body != "GET "+want+" /page []" {
				t.Errorf("%s: %s got %q, %q", mode, host, a.body, a.cacheStatus())
			}
		}
	}
}

// A host name of HostAliases in a trusted X-Forwarded-Host has the page, too.
func TestATrustedHostNameOfOneSiteHasThePageToo(t *testing.T) {
	p := within(inMemory(t), middleware.CachePage(ttl, oneSite, middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")))(telling()))
	ask(p, "/page", "X-Forwarded-Host: www.example.com").wantBody(t, `GET example.com /page ["X-Forwarded-Host"]`)
	for _, host := range []string{"example.com", "WWW.example.com", "Example.COM", "example.com:80"} {
		if a := ask(p, "/page", "X-Forwarded-Host: "+host); !a.isHit() {
			t.Errorf("%s: %q, %q", host, a.body, a.cacheStatus())
		}
	}
	if a := ask(p, "/page", "X-Forwarded-Host: other.example"); a.isHit() {
		t.Errorf("another host has the page: %q", a.cacheStatus())
	}
}

// The name of a site behind a trusted proxy is the same in every spelling.
func TestAHostOfOneSiteBehindATrustedProxyIsOneInEverySpelling(t *testing.T) {
	p := within(inMemory(t), middleware.CachePage(ttl, oneSite, middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")))(telling()))
	send(p, ofHost("GET", "example.com", "/page"))
	for _, host := range []string{"EXAMPLE.com", "example.com:80", "WWW.example.com:80", "[2001:DB8::1]"} {
		if a := send(p, ofHost("GET", host, "/page")); !a.isHit() || a.body != "GET example.com /page []" {
			t.Errorf("%s: %q, %q", host, a.body, a.cacheStatus())
		}
	}
}

// A handler that redirects from the first host alias to another is not called in a loop: it never
// gets the other name in a shared run, its clients have their page nevertheless, and the log says
// what is wrong.
func TestAHandlerThatRedirectsFromTheFirstNameIsNotALoop(t *testing.T) {
	for name, around := range kindsOfCache {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "www.example.com" {
				http.Redirect(w, r, "http://www.example.com"+r.URL.RequestURI(), http.StatusFound)
				return
			}
			_, _ = fmt.Fprint(w, "here")
		}}
		p := within(inMemory(t), around(oneSite)(h))
		text := logged(func() {
			for range 3 {
				if a := send(p, ofHost("GET", "www.example.com", "/page")); a.status != 200 || a.body != "here" {
					t.Errorf("%s: %d %q, %s", name, a.status, a.body, a.cacheStatus())
				}
				if a := send(p, ofHost("GET", "example.com", "/page")); a.status != http.StatusFound {
					t.Errorf("%s: %d, %s", name, a.status, a.cacheStatus())
				}
			}
		})
		if strings.Count(text, "HostAliases") != 1 {
			t.Errorf("%s: the log says %q", name, text)
		}
	}
}

// A request that bypasses the cache keeps its own host name.
func TestARequestThatBypassesTheCacheHasItsOwnHostName(t *testing.T) {
	p := within(inMemory(t), middleware.CachePage(ttl, oneSite)(telling()))
	if a := send(p, ofHost("POST", "www.example.com", "/page")); a.body != "POST www.example.com /page []" {
		t.Errorf("%q", a.body)
	}
}

// A purge by any host alias of a site reaches its page, from another process, too.
func TestAPurgeByAnyHostNameOfASite(t *testing.T) {
	policy := middleware.NewPolicy(ttl, oneSite)
	handler := policy.PurgeHandler(middleware.BearerToken("sesame"))
	for name, purge := range map[string]func(ctx context.Context, host string) error{
		"PurgeURL": func(ctx context.Context, host string) error {
			result, err := policy.PurgeURL(ctx, "http://"+host+"/page")
			if result.Entries != 1 || result.URL != "http://example.com/page" {
				return fmt.Errorf("%+v, %w", result, err)
			}
			return err
		},
		"PurgePath": func(ctx context.Context, host string) error {
			_, err := policy.PurgePath(ofHost("POST", host, "/-/change").WithContext(ctx), "/page")
			return err
		},
		"Purge":       func(ctx context.Context, host string) error { return policy.Purge(ctx, "http://"+host+"/page") },
		"PurgePrefix": func(ctx context.Context, host string) error { return policy.PurgePrefix(ctx, "http://"+host) },
		"PURGE": func(ctx context.Context, host string) error {
			send(handler, ofHost("PURGE", host, "/page", bearer).WithContext(ctx))
			return nil
		},
		"a change": func(ctx context.Context, host string) error {
			send(policy.Handler(telling()), ofHost("POST", host, "/page").WithContext(ctx))
			return nil
		},
	} {
		for _, host := range []string{"example.com", "www.example.com", "xn--mnchen-3ya.example"} {
			t.Run(name+" "+host, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					both := processes(t, 2)
					p := within(both[0], policy.Handler(telling()))
					send(p, ofHost("GET", "www.example.com", "/page"))
					if !send(p, ofHost("GET", "example.com", "/page")).isHit() {
						t.Fatal("the page is not in the cache")
					}
					if err := purge(both[1].Scope(t.Context()), host); err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Second)
					if send(p, ofHost("GET", "example.com", "/page")).isHit() {
						t.Error("the page is still there")
					}
				})
			})
		}
	}
}
