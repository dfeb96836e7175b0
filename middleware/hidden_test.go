package middleware_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// rewritingFields are those by which a client could change what the handler answers
// without changing the key.
var rewritingFields = strings.Fields(`
	Forwarded X-Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Path
	X-Forwarded-Scheme X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Uri X-Forwarded-Url X-Forwarded-Method X-Forwarded-By X-Forwarded-Base
	X-Forwarded-Protocol X-Forwarded-Https X-Forwarded-Context X-Forwarded-Query X-Forwarded-Request-Id X-Forwarded-Anything X-Forwarded-Country
	X_Forwarded_Host x_forwarded_anything X-Forwarded_Proto
	X-Original-Url X-Original-Uri X-Original-Host X-Original-Method X-Original-Path X-Original-Anything X_original_url
	X-Rewrite-Url X-Rewrite-Uri X-Rewrite-Anything X-Replaced-Path X-Envoy-Original-Path X-Real-Ip X_Real_Ip X-Host X-Scheme X-Url-Scheme
	X-Http-Method-Override X-Http-Method X-Method-Override Front-End-Https X-Client-Ip True-Client-Ip Cf-Connecting-Ip Cf-Visitor Proxy
`)

// Forwarded fields and their like of a peer that is not trusted are removed before a cacheable
// handler runs.
// RFC 9111, 7.1
func TestWhatAClientCouldRewriteAPageByDoesNotReachTheHandler(t *testing.T) {
	for mode, with := range map[string]func(http.Handler) http.Handler{"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "Shared": middleware.Shared()} {
		for _, name := range rewritingFields {
			h := &handler{serve: func(_ http.ResponseWriter, r *http.Request) {
				for field := range r.Header {
					t.Errorf("%s: the handler gets %s", mode, field)
				}
			}}
			ask(within(inMemory(t), with(h)), "/page", name+": evil")
			h.wantRuns(t, 1)
		}
	}
}

// Forwarded fields of a trusted proxy reach the handler if they are in the key.
func TestWhatATrustedProxySaysStays(t *testing.T) {
	h := &handler{serve: func(_ http.ResponseWriter, r *http.Request) {
		var names []string
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "X-Forwarded-Host X-Forwarded-Proto" {
			t.Errorf("the handler gets %s", got)
		}
	}}
	trusted := middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")) // of httptest's requests
	ask(cached(t, h, trusted), "/page", "X-Forwarded-Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.7", "X_Forwarded_Host: evil", "X-Forwarded-Prefix: /a")
	h.wantRuns(t, 1)
}

// A credential reaches the handler: without it, the handler would answer the user as if nobody had
// signed in.
func TestACredentialReachesTheHandler(t *testing.T) {
	for _, with := range map[string]func(http.Handler) http.Handler{"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "Shared": middleware.Shared()} {
		for _, name := range []string{"X-Forwarded-User", "X-Forwarded-Access-Token", "X-Forwarded-Client-Cert", "X-Original-User"} {
			ask(within(inMemory(t), with(forUserIn(name))), "/page", name+": ada").wantBody(t, "for ada")
		}
	}
}
