package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
	{options{middleware.VaryBy(nil)}, `VaryBy: there is no function`},
	{options{middleware.VaryByNamed("", func(*http.Request) string { return "" })}, `VaryByNamed: the name is empty`},
	{options{middleware.VaryByHeader("X-A"), middleware.IgnoreHeaders("x-a")}, `IgnoreHeaders: VaryByHeader declares that pages depend on "x-a"`},
	{options{middleware.CredentialHeaders("X-A"), middleware.IgnoreHeaders("x-a")}, `IgnoreHeaders: CredentialHeaders has "x-a" as well`},
	{options{named("user"), named("user")}, `VaryByNamed: two values have the name`},
}

func named(name string) middleware.PageOption {
	return middleware.VaryByNamed(name, func(*http.Request) string { return "" })
}

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
		"PurgeHandler":    func() { middleware.PurgeHandler(middleware.BearerToken("secret"), all...) },
	} {
		text := fmt.Sprint(panicOf(construct))
		for _, w := range wrongOptions {
			if !strings.Contains(text, w.says) {
				t.Errorf("%s does not say %s: %s", what, w.says, text)
			}
		}
	}
	if err := middleware.Purge(context.Background(), "https://example.org/", all...); err == nil || !strings.Contains(err.Error(), "VaryByNamed") {
		t.Errorf("Purge: %v", err)
	}
}

func TestRightOptionsAreRight(t *testing.T) {
	for _, opts := range []options{
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
