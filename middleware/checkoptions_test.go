package middleware_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

type options = []middleware.PageOption

// wrongOptions has for each option that is wrong what the error says of it.
var wrongOptions = []struct {
	opts options
	says string
}{
	{options{middleware.CredentialHeaders("*")}, `CredentialHeaders: "*" matches every field`},
	{options{middleware.CredentialHeaders("**")}, `CredentialHeaders: "**" matches every field`},
	{options{middleware.CredentialHeaders("*-*")}, `CredentialHeaders: "*-*" matches Accept-Encoding`},
	{options{middleware.CredentialHeaders("a*")}, `CredentialHeaders: "a*" matches Accept`},
	{options{middleware.CredentialHeaders("*agent*")}, `CredentialHeaders: "*agent*" matches User-Agent`},
	{options{middleware.CredentialHeaders("user-agent")}, `CredentialHeaders: "user-agent" matches User-Agent`},
	{options{middleware.CredentialHeaders("X User")}, `CredentialHeaders: "X User" is neither`},
	{options{middleware.CredentialHeaders("")}, `CredentialHeaders: "" is neither`},
	{options{middleware.CredentialHeaders("X-*-User")}, `CredentialHeaders: "X-*-User" is neither`},
	{options{middleware.CredentialHeaders("X-User:")}, `CredentialHeaders: "X-User:" is neither`},
	{options{middleware.CredentialHeaders("Cookie")}, `CredentialHeaders: "Cookie" is declared by IgnoreCookies`},
	{options{middleware.IgnoreHeaders("*")}, `IgnoreHeaders: "*" matches every field`},
	{options{middleware.IgnoreHeaders("Accept*")}, `IgnoreHeaders: "Accept*" matches Accept`},
	{options{middleware.IgnoreHeaders("a b")}, `IgnoreHeaders: "a b" is neither`},
	{options{middleware.IgnoreHeaders("cookie")}, `IgnoreHeaders: "cookie" is declared by IgnoreCookies`},
	{options{middleware.IgnoreHeaders("Host")}, `IgnoreHeaders: the Host`},
	{options{middleware.IgnoreHeaders("If-None-Match")}, `IgnoreHeaders: "If-None-Match" means something to the cache`},
	{options{middleware.VaryByHeader("ä")}, `VaryByHeader: "ä" is not the name of a field`},
	{options{middleware.VaryByHeader("*")}, `VaryByHeader: "*" is not the name of a field`},
	{options{middleware.Targets("CDN Cache-Control")}, `Targets: "CDN Cache-Control" is not the name of a field`},
	{options{middleware.VaryByHeader("if-none-match")}, `VaryByHeader: "If-None-Match" is not given to the handler`},
	{options{middleware.VaryByHeader("X-Real-IP")}, `VaryByHeader: "X-Real-Ip" is not given to the handler, so no page may depend on it; name what outer middleware makes of it by VaryByNamed`},
	{options{middleware.VaryByHeader("x_forwarded_for")}, `VaryByHeader: "X_forwarded_for" is not given to the handler`},
	{options{middleware.VaryByHeader("Set-Cookie")}, `VaryByHeader: "Set-Cookie" is a field of responses`},
	{options{middleware.VaryByHeader()}, `VaryByHeader: no name is given`},
	{options{middleware.CredentialHeaders()}, `CredentialHeaders: no name is given`},
	{options{middleware.IgnoreHeaders()}, `IgnoreHeaders: no name is given`},
	{options{middleware.Targets("A", "a")}, `Targets: "A" is named twice`},
	{options{middleware.Targets("cache-control")}, `Targets: "Cache-Control" is what the others stand in for`},
	{options{middleware.VaryBy(nil)}, `VaryBy: the function is nil`},
	{options{middleware.VaryByNamed("tenant", nil)}, `VaryByNamed: the function is nil`},
	{options{named("a\nb")}, `VaryByNamed: the name "a\nb" has characters that cannot be printed`},
	{options{middleware.When(nil)}, `When: the function is nil`},
	{options{nil}, `nil: an option is nil`},
	{options{middleware.VaryByNamed("", func(*http.Request) string { return "" })}, `VaryByNamed: the name is empty`},
	{options{middleware.VaryByHeader("X-B"), middleware.IgnoreHeaders("x-*")}, `IgnoreHeaders: VaryByHeader declares that pages depend on "x-*"`},
	{options{middleware.VaryByHeader("X-A"), middleware.IgnoreHeaders("x-a")}, `IgnoreHeaders: VaryByHeader declares that pages depend on "x-a"`},
	{options{middleware.CredentialHeaders("X-A"), middleware.IgnoreHeaders("x-a")}, `IgnoreHeaders: CredentialHeaders has "x-a" as well`},
	{options{named("user"), named("user")}, `VaryByNamed: two values have the name`},

	{options{middleware.Alias("")}, `Alias: the name is empty; without the option it is "default"`},
	{options{middleware.KeyPrefix("a\x00")}, `KeyPrefix: "a\x00" has characters that cannot be printed`},
	{options{middleware.KeyPrefix("a\xff")}, `KeyPrefix: "a\xff" has characters`},
	{options{middleware.MaxBody(0)}, `MaxBody: 0 bytes; it has to be above zero`},
	{options{middleware.MaxBody(-1)}, `MaxBody: -1 bytes; it has to be above zero`},
	{options{middleware.DefaultTTL(-1)}, `DefaultTTL: -1ns is negative; 0 stores no response`},
	{options{middleware.Grace(-time.Second)}, `Grace: -1s is negative; 0 serves no stale page`},
	{options{middleware.MaxWait(-1)}, `MaxWait: -1ns is negative; 0 is no limit`},
	{options{middleware.BrowserTTL(-1)}, `BrowserTTL: -1ns is negative`},
	{options{middleware.RefreshTimeout(0)}, `RefreshTimeout: 0s; it has to be above zero`},
	{options{middleware.MaxConcurrentRuns(0)}, `MaxConcurrentRuns: 0; it has to be above zero, and 1 starts no other run`},
	{options{middleware.StatusTTL(404, -1)}, `StatusTTL: -1ns is negative`},
	{options{middleware.StatusTTL(0, 1)}, `StatusTTL: 0 is not the status of a final response`},
	{options{middleware.StatusTTL(103, 1)}, `StatusTTL: 103 is not the status of a final response`},
	{options{middleware.StatusTTL(600, 1)}, `StatusTTL: 600 is not the status of a final response`},
	{options{middleware.StatusTTL(206, 1)}, `StatusTTL: responses with status 206 are never stored`},
	{options{middleware.StatusTTL(404, 1), middleware.StatusTTL(404, 2)}, `StatusTTL: it is given`},
	{options{middleware.Alias("a"), middleware.Alias("b"), middleware.Alias("b")}, `Alias: it is given`},
	{options{middleware.Grace(1), middleware.Grace(1)}, `Grace: it is given`},
	{options{middleware.Explain("")}, `Explain: the secret has to be visible ASCII`},
	{options{middleware.Explain("s3cr;t")}, `Explain: the secret has to be visible ASCII`},
	{options{middleware.DjangoHeaders(), middleware.BrowserTTL(1)}, `BrowserTTL: DjangoHeaders says as well`},
	{options{middleware.Literal(), middleware.StripSetCookie()}, `StripSetCookie: Literal stores responses with Set-Cookie as they are`},

	{options{middleware.IgnoreCookies()}, `IgnoreCookies: no name is given; IgnoreCookies("*") is for all cookies`},
	{options{middleware.IgnoreCookies("")}, `IgnoreCookies: a name is empty`},
	{options{middleware.IgnoreCookies("a*b")}, `IgnoreCookies: "a*b" has more than a "*" at its end`},
	{options{middleware.IgnoreCookies("a**")}, `IgnoreCookies: "a**" has more than a "*" at its end`},
	{options{middleware.IgnoreCookies("session=1")}, `IgnoreCookies: "session=1" is a cookie with its value`},
	{options{middleware.IgnoreCookies("a b")}, `IgnoreCookies: "a b" is not the name of a cookie`},
	{options{middleware.IgnoreCookies("cookie")}, `IgnoreCookies: "cookie" is a header field`},
	{options{middleware.VaryByCookie("Accept-Language")}, `VaryByCookie: "Accept-Language" is a header field`},
	{options{middleware.VaryByCookie("theme*")}, `VaryByCookie: "theme*": name each cookie`},
	{options{middleware.VaryByCookie("*")}, `VaryByCookie: "*": name each cookie`},
	{options{middleware.VaryByCookie("")}, `VaryByCookie: a name is empty`},
	{options{middleware.VaryByCookie("a"), middleware.IgnoreCookies("a")}, `VaryByCookie: IgnoreCookies says that pages do not depend on "a"`},

	{options{middleware.IgnoreQuery()}, `IgnoreQuery: no name is given; OnlyQuery() is for all parameters`},
	{options{middleware.IgnoreQuery("")}, `IgnoreQuery: a name is empty`},
	{options{middleware.IgnoreQuery("*_id")}, `IgnoreQuery: "*_id" has more than a "*" at its end`},
	{options{middleware.IgnoreQuery("?page")}, `IgnoreQuery: "?page" is a part of a query`},
	{options{middleware.OnlyQuery("page=1")}, `OnlyQuery: "page=1" is a part of a query`},
	{options{middleware.OnlyQuery("a&b")}, `OnlyQuery: "a&b" is a part of a query`},
	{options{middleware.OnlyQuery("caf%C3%A9")}, `OnlyQuery: "caf%C3%A9" is escaped; write the name as a handler reads it, "café"`},
	{options{middleware.OnlyQuery("a"), middleware.IgnoreQuery("a")}, `IgnoreQuery: OnlyQuery says that pages depend on "a"`},

	{options{middleware.HostAliases("example.com")}, `HostAliases: no alias of "example.com" is given`},
	{options{middleware.HostAliases("", "www.example.com")}, `HostAliases: "" is not the name of a host; write it without scheme, port and path, such as www.example.com`},
	{options{middleware.HostAliases("example.com", "https://www.example.com")}, `HostAliases: "https://www.example.com" is not the name of a host`},
	{options{middleware.HostAliases("example.com", "www.example.com:8080")}, `HostAliases: "www.example.com:8080" is not the name of a host`},
	{options{middleware.HostAliases("example.com", "www.example.com/")}, `HostAliases: "www.example.com/" is not the name of a host`},
	{options{middleware.HostAliases("example.com", "*.example.com")}, `HostAliases: "*.example.com" is not the name of a host`},
	{options{middleware.HostAliases("example.com", "a b")}, `HostAliases: "a b" is not the name of a host`},
	{options{middleware.HostAliases("example.com", "Example.com")}, `HostAliases: "Example.com" is the name of a site, and an alias of "example.com"; it can be one of the two`},
	{options{middleware.HostAliases("a.example", "b.example"), middleware.HostAliases("b.example", "c.example")}, `HostAliases: "b.example" is the name of a site, and an alias of "a.example"`},
	{options{middleware.HostAliases("a.example", "c.example"), middleware.HostAliases("b.example", "c.example")}, `HostAliases: "c.example" is an alias of "a.example" and of "b.example"; a host is of one site`},
	{options{middleware.TrustProxies()}, `TrustProxies: no address is given`},
	{options{middleware.TrustProxies(netip.Prefix{})}, `TrustProxies: an address is the zero netip.Prefix`},
	{options{middleware.TrustProxies(netip.MustParsePrefix("::ffff:10.0.0.0/104"))}, `TrustProxies: ::ffff:10.0.0.0/104 is an IPv4 address written as IPv6`},
}

// ofOtherKinds has for each option that means nothing to some kinds of cache what the
// error says for these.
var ofOtherKinds = []struct {
	opt  middleware.PageOption
	says map[string]string
}{
	{middleware.DefaultTTL(time.Minute), map[string]string{"CachePage": "DefaultTTL: it means nothing to CachePage, only to Site and Shared; CachePage has the ttl as its first argument"}},
	{middleware.HeedRequests(), map[string]string{"Shared": "HeedRequests: it means nothing to Shared, only to CachePage and Site; Shared heeds what requests say anyway"}},
	{middleware.Targets(), map[string]string{
		"CachePage": "Targets(): it means nothing to CachePage, only to Shared", "Site": "Targets(): it means nothing to Site, only to Shared",
	}},
	{middleware.Literal(), map[string]string{
		"CachePage": "Literal: it means nothing to CachePage, only to Shared", "Site": "Literal: it means nothing to Site, only to Shared",
	}},
	{middleware.DjangoHeaders(), map[string]string{"Shared": "DjangoHeaders: it means nothing to Shared, only to CachePage and Site"}},
	{middleware.BrowserTTL(time.Minute), map[string]string{"Shared": "BrowserTTL: it means nothing to Shared, only to CachePage and Site"}},
}

// An option that has no meaning for CachePage, Site or Shared is an error there that names the
// kinds that have it.
func TestAnOptionThatMeansNothingToAKindOfCacheIsAnError(t *testing.T) {
	for _, test := range ofOtherKinds {
		for kind, check := range checks {
			err := check(test.opt)
			if want := test.says[kind]; want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "\n\t"+want)) {
				t.Errorf("%s: %v, want %q", kind, err, want)
			}
		}
		if err := middleware.CheckOptions(test.opt); err != nil {
			t.Errorf("of any kind: %v", err)
		}
	}
}

// Options that no kind of cache can have together are an error that says why.
func TestOptionsThatNoKindOfCacheCanHaveAreAnError(t *testing.T) {
	const want = "BrowserTTL, Literal: no kind of cache can have all of them: BrowserTTL is for CachePage and Site, Literal is for Shared"
	if err := middleware.CheckOptions(middleware.Literal(), middleware.BrowserTTL(1)); err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

// A forwarded field in VaryByHeader is an error that names TrustProxies.
func TestAForwardedFieldIsDeclaredByTrustProxies(t *testing.T) {
	const want = `VaryByHeader: "X-Forwarded-Proto" is not given to the handler without TrustProxies, which has it in the key of every page`
	if err := middleware.CheckOptions(middleware.VaryByHeader("X-Forwarded-Proto")); err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

// A negative ttl of CachePage is an error, and 0 is none.
func TestTheTTLOfCachePageIsNotNegative(t *testing.T) {
	if err := middleware.CheckCachePage(-time.Second); err == nil || !strings.Contains(err.Error(), "ttl: -1s is negative; 0 stores nothing") {
		t.Error(err)
	}
	if err := middleware.CheckCachePage(0); err != nil {
		t.Error(err)
	}
	if panicOf(func() { middleware.CachePage(-1) }) == nil {
		t.Error("CachePage does not panic")
	}
}

// The checks return exactly what the constructors panic with, whatever the options.
func TestCheckReturnsWhatTheConstructorPanicsWith(t *testing.T) {
	construct := map[string]func(...middleware.PageOption){
		"CachePage": func(opts ...middleware.PageOption) { middleware.CachePage(time.Hour, opts...) },
		"Site":      func(opts ...middleware.PageOption) { middleware.Site(opts...) },
		"Shared":    func(opts ...middleware.PageOption) { middleware.Shared(opts...) },
	}
	sets := []options{{}}
	for _, w := range wrongOptions {
		sets = append(sets, w.opts)
	}
	for _, w := range ofOtherKinds {
		sets = append(sets, options{w.opt})
	}
	for kind, check := range checks {
		for _, opts := range sets {
			want := fmt.Sprint(check(opts...))
			if got := fmt.Sprint(panicOf(func() { construct[kind](opts...) })); got != want {
				t.Errorf("%s panics with %s, and its check returns %s", kind, got, want)
			}
		}
	}
}

func named(name string) middleware.PageOption {
	return middleware.VaryByNamed(name, func(*http.Request) string { return "" })
}

// Constructors panic once, with everything that is wrong with their options.
func TestWrongOptionsPanicOnceWithAllThatIsWrong(t *testing.T) {
	var all options
	for _, w := range wrongOptions {
		all = append(all, w.opts...)
		if err := middleware.CheckOptions(w.opts...); err == nil || !strings.Contains(err.Error(), w.says) || strings.Count(err.Error(), "\n\t") != 1 {
			t.Errorf("%s: %v", w.says, err)
		}
	}
	for what, construct := range map[string]func(){
		"CachePage":       func() { middleware.CachePage(ttl, all...) },
		"Site":            func() { middleware.Site(all...) },
		"Shared":          func() { middleware.Shared(all...) },
		"NewPolicy":       func() { middleware.NewPolicy(ttl, all...) },
		"NewSitePolicy":   func() { middleware.NewSitePolicy(all...) },
		"NewSharedPolicy": func() { middleware.NewSharedPolicy(all...) },
	} {
		text := fmt.Sprint(panicOf(construct))
		for _, w := range wrongOptions {
			if !strings.Contains(text, w.says) {
				t.Errorf("%s does not say %s: %s", what, w.says, text)
			}
		}
	}
}

// Values at the ends of what options allow are accepted.
func TestRightOptionsAreRight(t *testing.T) {
	for _, opts := range []options{
		{middleware.Grace(0), middleware.MaxWait(0), middleware.BrowserTTL(0), middleware.DefaultTTL(0), middleware.StatusTTL(404, 0), middleware.MaxBody(1)},
		{middleware.KeyPrefix("é:*?"), middleware.OnlyQuery()},
		{middleware.KeyPrefix("")},
		{middleware.VaryByHeader("X-Forwarded-Host"), middleware.TrustProxies(netip.MustParsePrefix("10.0.0.0/8"))},
		{middleware.IgnoreCookies("*"), middleware.IgnoreCookies("a", "a", "__Host-session*"), middleware.VaryByCookie("theme", "theme")},
		{middleware.IgnoreQuery("utm_*", "café", "items[]", "a.b", "*"), middleware.OnlyQuery("p*"), middleware.SortQuery(), middleware.SortQuery()},
		{middleware.HostAliases("example.com", "www.example.com", "www.example.com"), middleware.HostAliases("[::1]", "localhost", "127.0.0.1", "münchen.example")},
		{middleware.TrustProxies(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("fd00::/8"))},
		{middleware.StatusTTL(200, 1), middleware.StatusTTL(404, 1), middleware.StatusTTL(599, 1), middleware.StatusTTL(303, 1)},
		{middleware.CredentialHeaders("X-Acme-*", "*-Account", "*acme*", "Authorization", "X-Forwarded-For")},
		{middleware.IgnoreHeaders("Authorization", "X-CSRF-Token", "*-token", "Accept-Language", "X-*")},
		{named("user"), named("team")},
		{middleware.VaryBy(func(*http.Request) string { return "" }), middleware.VaryBy(func(*http.Request) string { return "" })},
		{middleware.VaryByHeader("X-Forwarded-User", "Host"), middleware.IgnoreCookies("*"), middleware.Targets()},
	} {
		if err := middleware.CheckOptions(opts...); err != nil {
			t.Error(err)
		}
	}
}
