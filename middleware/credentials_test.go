package middleware_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// credentialFields are fields in which a proxy names the user, or by which a client
// says who it is; in both spellings that CGI takes for one.
var credentialFields = strings.Fields(`
	Remote-User Remote-Email Remote-Groups Remote-Name REMOTE_USER X-Remote-User X-Remote-Group X-Remote-Extra-Scopes
	X-Forwarded-User X-Forwarded-Email X-Forwarded-Preferred-Username X-Forwarded-Groups X-Forwarded-Access-Token x_forwarded_user
	X-Auth-Request-User X-Auth-Request-Email X-Auth-Request-Groups X-Auth-Request-Preferred-Username X-Auth-Request-Access-Token
	Cf-Access-Authenticated-User-Email Cf-Access-Jwt-Assertion Cf-Access-Client-Id
	X-Goog-Authenticated-User-Email X-Goog-Authenticated-User-Id X-Goog-Iap-Jwt-Assertion
	X-Amzn-Oidc-Identity X-Amzn-Oidc-Data X-Amzn-Oidc-Accesstoken X-Amzn-Mtls-Clientcert-Leaf X-Amz-Security-Token
	X-Ms-Client-Principal X-Ms-Client-Principal-Name X-Ms-Client-Principal-Id X-Ms-Token-Aad-Id-Token X-Arr-Clientcert
	Tailscale-User-Login Tailscale-User-Name X-WebAuth-User X-WEBAUTH-USER X-WebAuth-Role
	X-authentik-username X-Authentik-Email X-Authentik-Jwt X-Authenticated-Userid X-Consumer-Username X-Credential-Identifier
	X-Pomerium-Jwt-Assertion X-Pomerium-Claim-Email Teleport-Jwt-Assertion X-Vouch-User OIDC_CLAIM_sub Shib-Session-Id SM_USER iv-user
	Ssl-Client-Cert Ssl-Client-Verify Ssl-Client-Subject-Dn X-SSL-Client-S-DN X-Client-Cert X-Forwarded-Client-Cert
	X-Forwarded-Tls-Client-Cert-Info Client-Cert Client-Cert-Chain
	Authorization Proxy-Authorization X-Auth-Token X-Access-Token Private-Token Job-Token DPoP Signature X-Session-Id X-Session-Token
	X-Api-Key X_Api_Key Api-Key Apikey X-Apikey X-Goog-Api-Key Ocp-Apim-Subscription-Key X-Functions-Key
	User Token Jwt Session-Id Sessionid X-User X-User-Id X-User-Email X-Username X-Userinfo
	X-Acme-User X-Acme-User-Id X-Acme-Token X-Acme-Email X-Acme-Jwt X-Jwt-Claims X-Acme-Session X-Acme-Session-Key X-Acme-Api-Key acme_token
`)

// forUserIn answers with the value of a field.
func forUserIn(name string) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "for "+r.Header.Get(name))
	}}
}

// A field in which a proxy names the user, or that authenticates, is a credential: the request
// neither reads nor fills a shared entry.
// RFC 9111, 7.3
func TestAFieldThatNamesTheUserIsACredential(t *testing.T) {
	for _, name := range credentialFields {
		for mode, with := range map[string]func(http.Handler) http.Handler{
			"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "twice": func(h http.Handler) http.Handler { return middleware.Site()(middleware.CachePage(ttl)(h)) },
		} {
			h := forUserIn(name)
			p := within(inMemory(t), with(h))
			for _, user := range []string{"ada", "bob", "", "ada", "bob", ""} {
				var fields []string
				if user != "" {
					fields = []string{name + ": " + user}
				}
				a := ask(p, "/page", fields...)
				if a.body != "for "+user || user != "" && a.isHit() {
					t.Errorf("%s, %s: %q gets %q (%s)", mode, name, user, a.body, a.cacheStatus())
				}
			}
		}
	}
}

// An explanation names the fields that count as credentials.
func TestACredentialIsExplained(t *testing.T) {
	p := cached(t, answering("page"), middleware.Explain("let-me-see"))
	a := ask(p, "/page", "Larder-Explain: let-me-see", "X-Forwarded-User: ada", "X-Acme-Token: 1")
	for _, want := range []string{"X-Acme-Token, X-Forwarded-User", "credentials"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the explanation has no %q: %s", want, a.body)
		}
	}
	ask(p, "/page", "X-Forwarded-User: ada").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail=credentials")
}

// clients are the whole headers of requests as browsers and others send them, in the
// releases of 2025 and 2026, without Host and Cookie.
var clients = map[string][]string{
	"Chrome 142, a document": {
		"Connection: keep-alive", `Sec-Ch-Ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"`, "Sec-Ch-Ua-Mobile: ?0", `Sec-Ch-Ua-Platform: "Windows"`,
		"Upgrade-Insecure-Requests: 1", "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
		"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document",
		"Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-US,en;q=0.9", "Priority: u=0, i", "Dnt: 1", "Sec-Gpc: 1",
	},
	"Chrome 142, all client hints": {
		`Sec-Ch-Ua: "Chromium";v="142"`, "Sec-Ch-Ua-Mobile: ?1", `Sec-Ch-Ua-Platform: "Android"`, `Sec-Ch-Ua-Platform-Version: "16"`, `Sec-Ch-Ua-Arch: "x86"`,
		`Sec-Ch-Ua-Bitness: "64"`, `Sec-Ch-Ua-Full-Version: "142.0.1"`, `Sec-Ch-Ua-Full-Version-List: "Chromium";v="142.0.1"`, `Sec-Ch-Ua-Model: "Pixel"`,
		"Sec-Ch-Ua-Wow64: ?0", `Sec-Ch-Ua-Form-Factors: "Mobile"`, "Sec-Ch-Prefers-Color-Scheme: dark", "Sec-Ch-Prefers-Reduced-Motion: reduce",
		"Sec-Ch-Viewport-Width: 400", "Sec-Ch-Dpr: 2", "Sec-Ch-Device-Memory: 8", "Save-Data: on", "Device-Memory: 8", "Dpr: 2", "Viewport-Width: 400", "Width: 400",
		"Downlink: 10", "Ect: 4g", "Rtt: 50", "Sec-Purpose: prefetch;prerender", "Purpose: prefetch", "Sec-Fetch-Storage-Access: none", "Sec-Browsing-Topics: ();p=P0",
	},
	"Firefox 145, a document": {
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Language: de,en-US;q=0.7,en;q=0.3", "Accept-Encoding: gzip, deflate, br, zstd", "Connection: keep-alive", "Upgrade-Insecure-Requests: 1",
		"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1", "Priority: u=0, i", "Te: trailers", "Dnt: 1", "Sec-Gpc: 1",
	},
	"Safari 26, a document": {
		"User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document",
		"Accept-Language: en-GB,en;q=0.9", "Priority: u=0, i", "Accept-Encoding: gzip, deflate, br", "Connection: keep-alive", "Upgrade-Insecure-Requests: 1",
	},
	"fetch in Chrome": {
		"Accept: */*", "Content-Type: application/json", "Origin: https://example.org", "Referer: https://example.org/", "Sec-Fetch-Site: same-origin",
		"Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Priority: u=1, i", "Accept-Encoding: gzip, deflate, br, zstd", "User-Agent: Chrome/142",
	},
	"curl 8":         {"User-Agent: curl/8.17.0", "Accept: */*"},
	"curl 8, wanted": {"User-Agent: curl/8.17.0", "Accept: */*", "Accept-Encoding: deflate, gzip, br, zstd", "Range: bytes=0-3", `If-None-Match: "other"`, "Referer: https://example.org/"},
	"htmx 2": {
		"Hx-Request: true", "Hx-Current-Url: https://example.org/list", "Hx-Target: results", "Hx-Trigger: more", "Hx-Trigger-Name: more", "Hx-Boosted: true",
		"Hx-Prompt: yes", "Hx-History-Restore-Request: true", "Accept: */*", "User-Agent: Chrome/142", "Sec-Fetch-Mode: cors", "Referer: https://example.org/list",
	},
	"axios 1, in a browser": {"Accept: application/json, text/plain, */*", "X-Requested-With: XMLHttpRequest", "User-Agent: Firefox/145", "Sec-Fetch-Mode: cors", "Referer: https://example.org/"},
	"axios 1, in Node":      {"Accept: application/json, text/plain, */*", "User-Agent: axios/1.13.2", "Accept-Encoding: gzip, compress, deflate, br", "Connection: keep-alive"},
	"Turbo 8":               {"Accept: text/html, application/xhtml+xml", "Turbo-Frame: list", "X-Turbo-Request-Id: 7", "X-Sec-Purpose: prefetch"},
	"Next.js":               {"Rsc: 1", "Next-Router-State-Tree: x", "Next-Router-Prefetch: 1", "Next-Url: /x", "Accept: */*"},
	"grpc-web":              {"X-Grpc-Web: 1", "X-User-Agent: grpc-web-javascript/0.1", "Grpc-Timeout: 1S"},
	"Googlebot":             {"User-Agent: Googlebot/2.1", "From: googlebot(at)googlebot.com", "Accept: text/html", "Accept-Encoding: gzip, deflate, br", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT"},
	"Go":                    {"User-Agent: Go-http-client/1.1", "Accept-Encoding: gzip"},
	"behind nginx":          {"X-Real-Ip: 192.0.2.1", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: example.org", "X-Forwarded-Port: 443", "X-Request-Id: 1"},
	"behind Traefik":        {"X-Forwarded-Server: a", "X-Forwarded-Prefix: /a", "X-Real-Ip: 192.0.2.1", "X-Forwarded-Uri: /"},
	"behind Envoy":          {"X-Request-Id: 1", "X-Envoy-Expected-Rq-Timeout-Ms: 15000", "X-Envoy-External-Address: 192.0.2.1", "X-B3-Traceid: 1", "X-B3-Spanid: 2", "X-B3-Sampled: 1", "Traceparent: 00-1-2-01", "Tracestate: a=b", "Baggage: a=b"},
	"behind Cloudflare":     {"Cf-Ray: 1", "Cf-Connecting-Ip: 192.0.2.1", "Cf-Ipcountry: DE", `Cf-Visitor: {"scheme":"https"}`, "Cdn-Loop: cloudflare", "True-Client-Ip: 192.0.2.1"},
	"behind AWS":            {"X-Amzn-Trace-Id: Root=1", "X-Amz-Cf-Id: 1", "Via: 2.0 cloudfront", "Cloudfront-Viewer-Country: DE", "Cloudfront-Is-Mobile-Viewer: false"},
	"behind Google":         {"X-Cloud-Trace-Context: 1/2", "X-Appengine-Country: DE", "X-Appengine-User-Ip: 192.0.2.1", "X-Appengine-Request-Log-Id: 1"},
	"behind Azure":          {"X-Arr-Log-Id: 1", "X-Arr-Ssl: 2048|256|CN=a", "X-Site-Deployment-Id: a", "Was-Default-Hostname: a", "Client-Ip: 192.0.2.1:1", "Disguised-Host: a", "X-Azure-Ref: 1", "X-Azure-Fdid: 1"},
	"behind Vercel":         {"X-Vercel-Id: 1", "X-Vercel-Ip-Country: DE", "X-Vercel-Oidc-Token: e30"},
	"another user":          {"Sec-Fetch-User: ?1", "Sec-User: x", "Sec-Token: x", "Sec-Session: x", "Sec_Session: x"},
}

// Fields that browsers and ordinary clients send are no credentials: each page is a hit for all.
func TestOrdinaryClientsGetHits(t *testing.T) {
	for mode, with := range map[string]func(http.Handler) http.Handler{"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "Shared": middleware.Shared(middleware.DefaultTTL(ttl))} {
		h := answering("page", `Etag: "v1"`)
		p := within(inMemory(t), with(h))
		ask(p, "/page")
		for name, fields := range clients {
			for range 2 {
				if a := ask(p, "/page", fields...); !a.isHit() {
					t.Errorf("%s, %s: %s", mode, name, a.cacheStatus())
				}
			}
		}
		h.wantRuns(t, 1)
	}
}

// A CSRF token is a credential with a reason of its own.
func TestATokenAgainstForgedRequestsHasAReasonOfItsOwn(t *testing.T) {
	for _, name := range []string{"X-CSRF-Token", "X-XSRF-TOKEN", "X-CSRFToken", "Csrf-Token", "RequestVerificationToken", "x_csrf_token"} {
		p := cached(t, forUserIn(name))
		for _, token := range []string{"a", "b"} {
			if a := ask(p, "/page", name+": "+token); a.body != "for "+token || !strings.Contains(a.cacheStatus(), "csrf-token") && !strings.Contains(a.cacheStatus(), "uncacheable") {
				t.Errorf("%s: %q (%s)", name, a.body, a.cacheStatus())
			}
		}
	}
	p := cached(t, answering("page"))
	ask(p, "/page", "X-CSRF-Token: 1", "X-Forwarded-User: ada").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail=credentials")
}

// In a shared cache, Authorization is the only credential.
// RFC 9111, 3.5
func TestASharedCacheKnowsTheCredentialsOfTheRFC(t *testing.T) {
	h := answering("page", "Cache-Control: max-age=60")
	p := within(inMemory(t), middleware.Shared(middleware.CredentialHeaders("X-Forwarded-*"))(h))
	ask(p, "/page", "X-Api-Key: 1")
	ask(p, "/page", "X-Auth-Token: 2").wantHit(t, "page")
	if a := ask(p, "/page", "Authorization: 2"); a.isHit() {
		t.Errorf("Authorization: %s", a.cacheStatus())
	}
	if a := ask(p, "/page", "X-Forwarded-User: 2"); a.isHit() {
		t.Errorf("a field of CredentialHeaders: %s", a.cacheStatus())
	}
}

// A field that IgnoreHeaders names is no credential, and does not reach the handler of a shared
// run.
func TestAnIgnoredFieldIsNoCredential(t *testing.T) {
	for _, test := range []struct {
		rule    string
		opts    []middleware.PageOption
		field   string
		ignored bool
	}{
		{"by name", []middleware.PageOption{middleware.IgnoreHeaders("x-acme-token")}, "X-Acme-Token", true},
		{"by a pattern at the end", []middleware.PageOption{middleware.IgnoreHeaders("X-Acme-*")}, "X-Acme-Token", true},
		{"by a pattern at the beginning", []middleware.PageOption{middleware.IgnoreHeaders("*-token")}, "X-Acme-Token", true},
		{"by a pattern in the middle", []middleware.PageOption{middleware.IgnoreHeaders("*acme*")}, "X-Acme-Token", true},
		{"with underscores", []middleware.PageOption{middleware.IgnoreHeaders("X-Acme-Token")}, "X_Acme_Token", true},
		{"Authorization", []middleware.PageOption{middleware.IgnoreHeaders("Authorization")}, "Authorization", true},
		{"another", []middleware.PageOption{middleware.IgnoreHeaders("X-Acme-Token")}, "X-Other-Token", false},
		{"a name before a pattern", []middleware.PageOption{middleware.IgnoreHeaders("*-Token"), middleware.CredentialHeaders("X-Acme-Token")}, "X-Acme-Token", false},
		{"a name before another pattern", []middleware.PageOption{middleware.CredentialHeaders("X-Acme-*"), middleware.IgnoreHeaders("X-Acme-Token")}, "X-Acme-Token", true},
		{"the careful one of two patterns", []middleware.PageOption{middleware.IgnoreHeaders("*-Token"), middleware.CredentialHeaders("X-Acme-*")}, "X-Acme-Token", false},
	} {
		h := forUserIn(test.field)
		p := cached(t, h, test.opts...)
		first, second := ask(p, "/page", test.field+": ada"), ask(p, "/page", test.field+": bob")
		if second.isHit() != test.ignored {
			t.Errorf("%s: %s", test.rule, second.cacheStatus())
		}
		if want := map[bool]string{true: "for ", false: "for ada"}[test.ignored]; first.body != want {
			t.Errorf("%s: the handler answers %q, want %q", test.rule, first.body, want)
		}
	}
}

// A page whose options declare a credential is stored once for each of its values.
func TestAPageIsKeptApartByADeclaredCredential(t *testing.T) {
	byField := func(name string) middleware.PageOption {
		return middleware.VaryBy(func(r *http.Request) string { return r.Header.Get(name) })
	}
	users := map[string]string{"Bearer 1": "ada", "Bearer 2": "bob"}
	user := middleware.VaryBy(func(r *http.Request) string { return users[r.Header.Get("Authorization")] })
	scheme := middleware.VaryBy(func(r *http.Request) string { return strings.Fields(r.Header.Get("Authorization"))[0] })
	for _, test := range []struct {
		rule  string
		field string
		says  []string
		opts  []middleware.PageOption
		hit   bool
	}{
		{rule: "VaryByHeader on Authorization", field: "Authorization", opts: []middleware.PageOption{middleware.VaryByHeader("Authorization")}, hit: true},
		{rule: "VaryByHeader on the field of a proxy", field: "X-Forwarded-User", opts: []middleware.PageOption{middleware.VaryByHeader("X-Forwarded-User")}, hit: true},
		{rule: "VaryByHeader on another", field: "X-Forwarded-User", opts: []middleware.PageOption{middleware.VaryByHeader("X-Forwarded-Email")}},
		{rule: "Vary on Authorization", field: "Authorization", says: []string{"Vary: Authorization"}, hit: true},
		{rule: "Vary on the field of a proxy", field: "X-Forwarded-User", says: []string{"Vary: X-Forwarded-User"}, hit: true},
		{rule: "Vary on another", field: "Authorization", says: []string{"Vary: Accept"}},
		{rule: "VaryBy on Authorization", field: "Authorization", opts: []middleware.PageOption{byField("Authorization")}, hit: true},
		{rule: "VaryBy on the field of a proxy", field: "X-Forwarded-User", opts: []middleware.PageOption{byField("X-Forwarded-User")}, hit: true},
		{rule: "VaryBy on the user of a token", field: "Authorization", opts: []middleware.PageOption{user}, hit: true},
		{rule: "VaryBy that panics without the token", field: "Authorization", opts: []middleware.PageOption{scheme}, hit: true},
		{rule: "VaryBy on another", field: "Authorization", opts: []middleware.PageOption{byField("Accept-Language")}},
		{rule: "VaryBy on a credential and not on the other", field: "Authorization", opts: []middleware.PageOption{byField("X-Forwarded-User")}},
		{rule: "IgnoreCookies", field: "Authorization", opts: []middleware.PageOption{middleware.IgnoreCookies("*")}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			h := forUserIn(test.field)
			serve := h.serve
			h.serve = func(w http.ResponseWriter, r *http.Request) {
				addFields(w.Header(), test.says)
				serve(w, r)
			}
			p := cached(t, h, test.opts...)
			for _, token := range []string{"Bearer 1", "Bearer 2", "Bearer 1", "Bearer 2", "Bearer 1", "Bearer 2"} {
				ask(p, "/page", test.field+": "+token, "Accept-Language: de").wantBody(t, "for "+token)
			}
			if got := ask(p, "/page", test.field+": Bearer 1", "Accept-Language: de").isHit(); got != test.hit {
				t.Errorf("a hit: %v", got)
			}
		})
	}
}

// A value of VaryBy does not replace the declaration of a credential: what distinguishes users is
// not all that it takes to get a user's page.
func TestAValueOfVaryByDoesNotStandForTheCredential(t *testing.T) {
	h := forUserIn("Authorization")
	p := cached(t, h, middleware.VaryBy(func(r *http.Request) string { return strings.ToLower(r.Header.Get("Authorization")) }))
	ask(p, "/page", "Authorization: ADA")
	ask(p, "/page", "Authorization: ada").wantBody(t, "for ada")
}

// A client certificate is declared by a VaryBy that depends on it.
func TestACertificateThatVaryByDependsOnIsDeclared(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(r.TLS.PeerCertificates[0].Raw)
	}}
	p := cached(t, h, middleware.VaryBy(func(r *http.Request) string { return string(r.TLS.PeerCertificates[0].Raw) }))
	for _, user := range []string{"ada", "bob", "ada", "bob"} {
		r := request("GET", "/page")
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte(user)}}}
		send(p, r).wantBody(t, user)
	}
	h.wantRuns(t, 2)
}

// The answer to a request with Authorization is shared for must-revalidate by Shared only; on a
// site of one's own, must-revalidate is said out of caution.
// RFC 9111, 3.5; RFC 9111, 5.2.2.2
func TestMustRevalidateSharesTheAnswerToAuthorizationInSharedOnly(t *testing.T) {
	for mode, with := range map[string]func(http.Handler) http.Handler{"CachePage": middleware.CachePage(ttl), "Site": middleware.Site(), "Shared": middleware.Shared()} {
		h := forUserIn("Authorization")
		serve := h.serve
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60, must-revalidate")
			serve(w, r)
		}
		p := within(inMemory(t), with(h))
		ask(p, "/page", "Authorization: ada")
		if a := ask(p, "/page", "Authorization: bob"); a.isHit() != (mode == "Shared") {
			t.Errorf("%s: %q (%s)", mode, a.body, a.cacheStatus())
		}
	}
}
