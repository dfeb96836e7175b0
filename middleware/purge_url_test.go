package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// everyVariant are requests for one URL whose answers are stored apart.
var everyVariant = [][]string{
	nil, {"Accept-Language: de"}, {"Cookie: locale=de"}, {"Cookie: locale=fr"}, {"Authorization: Bearer x"}, {"X-Api-Key: x", "Accept-Language: de"}, {"X-B: 1"},
}

// A purge is of all variants of its URL, and of nothing else.
func TestAPurgeIsOfAllVariantsAndOfNothingElse(t *testing.T) {
	for name, purge := range map[string]func(*middleware.Policy, context.Context, string) error{
		"by URL":    (*middleware.Policy).Purge,
		"by prefix": (*middleware.Policy).PurgePrefix,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				made := 0 // by these no two variants of a URL have the same slot
				defer middleware.SetGenerations(func() string { made++; return fmt.Sprint("generation ", made) })()
				caches := inMemory(t)
				policy := middleware.NewPolicy(ttl, middleware.VaryByCookie("locale"), middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-B") }))
				p := within(caches, policy.Handler(answering("page", "Vary: Accept-Language", "Cache-Control: public")))
				neighbours := []string{"/shopping", "/", "/sho", "/a/shop", "/a?u=/shop", "/Shop", "/sh.p", "http://example.org/shop", "https://example.com/shop", "http://example.com:8080/shop"}
				for _, target := range append(neighbours, "/shop") {
					for _, fields := range everyVariant {
						ask(p, target, fields...)
						wantThere(t, p, target, fields...)
					}
				}
				time.Sleep(time.Second)
				if err := purge(policy, caches.Scope(t.Context()), "http://EXAMPLE.com:80/shop"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if a := send(p, request("HEAD", "/shop")); a.isHit() {
					t.Error("HEAD is answered from the old page")
				}
				for _, fields := range everyVariant[1:] {
					wantGone(t, p, "/shop", fields...)
				}
				for _, target := range neighbours {
					for _, fields := range everyVariant {
						wantThere(t, p, target, fields...)
					}
				}
			})
		})
	}
}

// A page is purged by the spelling of the URL that its clients use.
func TestAURLIsPurgedInTheSpellingOfItsClients(t *testing.T) {
	caches := inMemory(t)
	p := within(caches, middleware.CachePage(ttl)(answering("page")))
	for _, target := range []string{"/a%20b", "/a%7eb", "/a%2Fb", "/a|b", "/%C3%A4", "//host/x", "/a/../b", "/a[1]", "/.*", "/a+b", "/a?b=c%20d&b", "/a?"} {
		r := request("GET", "/")
		r.RequestURI = target
		send(p, r)
		if a := send(p, r); !a.isHit() {
			t.Fatalf("%s: %q", target, a.cacheStatus())
		}
		if err := plainPages.Purge(caches.Scope(t.Context()), "http://example.com"+target); err != nil {
			t.Fatal(err)
		}
		if a := send(p, r); a.isHit() {
			t.Errorf("%s is still there", target)
		}
	}
}

// A purge uses the key options of its policy.
func TestAPurgeGoesByTheOptionsOfThePages(t *testing.T) {
	caches := inMemory(t)
	opts := []middleware.PageOption{middleware.IgnoreQuery("utm_*"), middleware.SortQuery(), middleware.KeyPrefix("shop")}
	h := answering("page")
	p := within(caches, middleware.CachePage(ttl, opts...)(h))
	other := within(caches, middleware.CachePage(ttl)(h))
	ask(p, "/page?b=2&a=1&utm_source=x")
	ask(other, "/page?a=1&b=2")
	scope := caches.Scope(t.Context())
	if err := plainPages.Purge(scope, "http://example.com/page?utm_medium=y&a=1&b=2"); err != nil {
		t.Fatal(err)
	}
	wantThere(t, p, "/page?a=1&b=2")
	if err := middleware.NewPolicy(ttl, opts...).Purge(scope, "http://example.com/page?utm_medium=y&a=1&b=2"); err != nil {
		t.Fatal(err)
	}
	wantGone(t, p, "/page?a=1&b=2")
	wantThere(t, other, "/page?a=1&b=2")
}

// A text that is no absolute http or https URL cannot be purged.
func TestWhatIsNoURLOfAPageCannotBePurged(t *testing.T) {
	scope := inMemory(t).Scope(t.Context())
	for _, bad := range []string{"", "/page", "example.com/page", "ftp://example.com/page", "http:///page", "http:opaque", "http://a b/", "http://example.com/\n", "://"} {
		if err := plainPages.Purge(scope, bad); err == nil {
			t.Errorf("Purge(%q): no error", bad)
		}
		if err := plainPages.PurgePrefix(scope, bad); err == nil {
			t.Errorf("PurgePrefix(%q): no error", bad)
		}
	}
	if err := plainPages.PurgePrefix(scope, "http://example.com/page?a=1"); err == nil {
		t.Error("PurgePrefix with a query: no error")
	}
}

// A purge stops a run that is under way from being stored, in this process and from another.
// RFC 9111, 4.4
func TestAPurgeDuringAFill(t *testing.T) {
	for name, purge := range map[string]func(*middleware.Policy, context.Context, string) error{
		"hard": (*middleware.Policy).Purge, "soft": (*middleware.Policy).PurgeSoft,
		"prefix": (*middleware.Policy).PurgePrefix, "prefix, soft": (*middleware.Policy).PurgePrefixSoft,
	} {
		for _, there := range []string{"in this process", "in another process"} {
			for _, vary := range []string{"", "Accept-Language"} {
				for _, before := range []bool{false, true} { // something is stored already, and stale
					t.Run(name+" "+there+" "+vary, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							all := processes(t, 2)
							policy := middleware.NewPolicy(10*time.Second, middleware.Grace(time.Minute))
							h := numbered("Vary: "+vary, "X-Padding: "+strings.Repeat("x", 10))
							p := within(all[0], policy.Handler(h))
							old := "run 1"
							if before {
								ask(p, "/page")
								time.Sleep(2 * time.Minute)
								old = "run 2"
							}
							fill := start(t, p, request("GET", "/page"))
							time.Sleep(time.Second / 2)
							purger := all[0]
							if there == "in another process" {
								purger = all[1]
							}
							if err := purge(policy, purger.Scope(t.Context()), "http://example.com/page"); err != nil {
								t.Fatal(err)
							}
							fill.wait().wantBody(t, old)
							// A soft purge lets an old page be served, but only while it is refreshed.
							ask(p, "/page")
							time.Sleep(5 * time.Second)
							if a := ask(p, "/page"); a.body == old || a.body == "run 1" {
								t.Errorf("the page of before the purge is served: %q, %q", a.body, a.cacheStatus())
							}
						})
					})
				}
			}
		}
	}
}

// A page that is purged softly is served stale while it is refreshed.
// RFC 5861, 3
func TestASoftlyPurgedPageIsServedWhileItIsRefreshed(t *testing.T) {
	for name, purge := range map[string]func(*middleware.Policy, context.Context, string) error{
		"by URL": (*middleware.Policy).PurgeSoft, "by prefix": (*middleware.Policy).PurgePrefixSoft,
	} {
		for _, vary := range []string{"", "Accept-Language"} {
			t.Run(name+" "+vary, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					caches := inMemory(t)
					policy := middleware.NewPolicy(ttl)
					p := within(caches, policy.Handler(numbered("Vary: "+vary)))
					ask(p, "/page").wantBody(t, "run 1")
					time.Sleep(time.Minute)
					if err := purge(policy, caches.Scope(t.Context()), "http://example.com/page"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
					ask(p, "/page").wantHit(t, "run 1")
					time.Sleep(5 * time.Second)
					ask(p, "/page").wantHit(t, "run 2")
				})
			})
		}
	}
}

// A purge without a cache is an error.
func TestAPurgeWithoutACacheIsAnError(t *testing.T) {
	caches := inMemory(t)
	scope := caches.Scope(t.Context())
	policy := middleware.NewPolicy(ttl, middleware.Alias("other"))
	for name, err := range map[string]error{
		"Purge":           policy.Purge(scope, "http://example.com/"),
		"PurgeSoft":       policy.PurgeSoft(scope, "http://example.com/"),
		"PurgePrefix":     policy.PurgePrefix(scope, "http://example.com/"),
		"PurgePrefixSoft": policy.PurgePrefixSoft(scope, "http://example.com/"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A response to an unsafe method that is no error invalidates its target, and Location and
// Content-Location of the same origin.
// RFC 9111, 4.4
func TestUnsafeMethodsInvalidateTheTargetAndTheSameOrigin(t *testing.T) {
	for _, test := range []struct {
		rule   string
		method string
		target string
		serve  func(w http.ResponseWriter)
		gone   []string
		there  []string
	}{
		{rule: "a handler that writes", method: "POST", target: "/page", serve: func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") }, gone: []string{"/page"}, there: []string{"/page?x", "/"}},
		{rule: "a handler that writes nothing", method: "DELETE", target: "/page", serve: func(http.ResponseWriter) {}, gone: []string{"/page"}},
		{rule: "a handler that flushes", method: "PUT", target: "/page", serve: func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, gone: []string{"/page"}},
		{rule: "an unknown method", method: "BREW", target: "/page?x", serve: func(http.ResponseWriter) {}, gone: []string{"/page?x"}, there: []string{"/page"}},
		{rule: "a redirect", method: "POST", target: "/page", serve: func(w http.ResponseWriter) {
			w.Header().Set("Location", "other?x")
			w.Header().Set("Content-Location", "http://example.com/third")
			w.WriteHeader(303)
		}, gone: []string{"/page", "/other?x", "/third"}, there: []string{"/other"}},
		{rule: "another origin", method: "POST", target: "/page", serve: func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://example.org/other")
			w.Header().Set("Content-Location", "https://example.com/third")
		}, gone: []string{"/page"}, there: []string{"http://example.org/other", "/third", "/other"}},
		{rule: "a path that looks like a host", method: "POST", target: "//example.org/other", serve: func(http.ResponseWriter) {}, gone: []string{"//example.org/other"}, there: []string{"http://example.org/other"}},
		{rule: "a path in an odd spelling", method: "POST", target: "/a|b", serve: func(http.ResponseWriter) {}, gone: []string{"/a|b"}},
		{rule: "an error", method: "POST", target: "/page", serve: func(w http.ResponseWriter) { w.WriteHeader(500) }, there: []string{"/page"}},
		{rule: "a refusal", method: "POST", target: "/page", serve: func(w http.ResponseWriter) { w.WriteHeader(403) }, there: []string{"/page"}},
		{rule: "an interim response and an error", method: "POST", target: "/page", serve: func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(404) }, there: []string{"/page"}},
		{rule: "a safe method", method: "OPTIONS", target: "/page", serve: func(http.ResponseWriter) {}, there: []string{"/page"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			p := cached(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "GET" {
					test.serve(w)
					return
				}
				_, _ = io.WriteString(w, "page")
			}))
			of := func(target string) *http.Request {
				r := request("GET", "/")
				if strings.HasPrefix(target, "http") {
					return request("GET", target)
				}
				r.RequestURI = target
				return r
			}
			for _, target := range append(test.gone, test.there...) {
				send(p, of(target))
			}
			// That the client leaves makes no difference.
			ctx, cancel := context.WithCancel(t.Context())
			change := of(test.target).WithContext(ctx)
			change.Method = test.method
			cancel()
			send(p, change)
			for _, target := range test.there {
				if a := send(p, of(target)); !a.isHit() {
					t.Errorf("%s is gone: %q", target, a.cacheStatus())
				}
			}
			for _, target := range test.gone {
				if a := send(p, of(target)); a.isHit() {
					t.Errorf("%s is still there", target)
				}
			}
		})
	}
}
