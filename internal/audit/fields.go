package audit

import (
	"strings"

	"github.com/larder-go/larder/internal/identity"
)

// Field is a request field with values to send one after the other.
type Field struct {
	Name   string
	Values []string
}

// fields are the request fields that applications look at, though pages seldom say so.
var fields = []Field{
	// What the client can make use of (RFC 9110, section 12.5), and what it is.
	{"Accept", []string{"application/json", "text/html", "text/vnd.turbo-stream.html, text/html"}},
	{"Accept-Language", []string{"de", "fr;q=0.9", "ar"}},
	{"Accept-Encoding", []string{"gzip", "deflate", "br", "identity"}},
	{"Accept-Charset", []string{"iso-8859-1"}},
	{"Accept-Datetime", []string{"Thu, 31 May 2007 20:35:00 GMT"}},
	{"Prefer", []string{"return=minimal"}},
	{"From", []string{"ada@a.example", "bob@b.example"}},
	{"User-Agent", []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "curl/8.5.0",
	}},
	{"Sec-Ch-Ua-Mobile", []string{"?1"}},
	{"Sec-Ch-Ua-Platform", []string{`"Android"`}},
	{"Sec-Ch-Prefers-Color-Scheme", []string{"dark"}},
	{"Sec-Ch-Prefers-Reduced-Motion", []string{"reduce"}},
	{"Save-Data", []string{"on"}},
	{"Dpr", []string{"2.0"}},
	{"Width", []string{"320"}},
	{"Viewport-Width", []string{"320"}},
	{"Device-Memory", []string{"0.5"}},
	{"Downlink", []string{"0.4"}},
	{"Ect", []string{"2g"}},
	{"Dnt", []string{"1"}},
	{"Sec-Gpc", []string{"1"}},

	// Where the request comes from.
	{"Origin", []string{"https://a.example", "https://b.example", "null"}},
	{"Referer", []string{"https://a.example/from", "https://b.example/from"}},
	{"Sec-Fetch-Dest", []string{"document", "empty", "iframe"}},
	{"Sec-Fetch-Mode", []string{"navigate", "cors"}},
	{"Sec-Fetch-Site", []string{"cross-site", "same-origin"}},
	{"Sec-Fetch-User", []string{"?1"}},
	{"Purpose", []string{"prefetch"}},
	{"Sec-Purpose", []string{"prefetch"}},

	// Of scripts that ask for a part of a page.
	{"X-Requested-With", []string{"XMLHttpRequest"}},
	{"Hx-Request", []string{"true"}},
	{"Hx-Boosted", []string{"true"}},
	{"Hx-Target", []string{"content", "list"}},
	{"Hx-Trigger", []string{"button"}},
	{"Hx-Current-Url", []string{"https://a.example/here"}},
	{"Hx-History-Restore-Request", []string{"true"}},
	{"Turbo-Frame", []string{"content", "list"}},
	{"X-Pjax", []string{"true"}},
	{"X-Inertia", []string{"true"}},
	{"X-Inertia-Version", []string{"1", "2"}},
	{"X-Inertia-Partial-Component", []string{"List"}},
	{"X-Inertia-Partial-Data", []string{"list"}},
	{"X-Up-Target", []string{"#content"}},
	{"X-Up-Version", []string{"1", "2"}},
	{"X-Up-Mode", []string{"modal"}},
	{"X-Livewire", []string{"true"}},
	{"Datastar-Request", []string{"true"}},
	{"Rsc", []string{"1"}},

	// What proxies say of the request that they got.
	{"Forwarded", []string{"host=a.example;proto=https", "host=b.example;proto=http"}},
	{"X-Forwarded-Host", []string{"a.example", "b.example"}},
	{"X-Forwarded-Proto", []string{"https", "http"}},
	{"X-Forwarded-Scheme", []string{"https", "http"}},
	{"X-Forwarded-Ssl", []string{"on"}},
	{"X-Forwarded-Port", []string{"8443"}},
	{"X-Forwarded-Prefix", []string{"/a"}},
	{"X-Forwarded-Path", []string{"/a"}},
	{"X-Forwarded-Uri", []string{"/a"}},
	{"X-Forwarded-Server", []string{"a.example"}},
	{"X-Forwarded-For", []string{"203.0.113.7", "203.0.113.8"}},
	{"X-Real-Ip", []string{"203.0.113.7", "203.0.113.8"}},
	{"X-Client-Ip", []string{"203.0.113.7"}},
	{"True-Client-Ip", []string{"203.0.113.7"}},
	{"Cf-Connecting-Ip", []string{"203.0.113.7"}},
	{"X-Host", []string{"a.example"}},
	{"X-Original-Host", []string{"a.example"}},
	{"X-Http-Host-Override", []string{"a.example"}},
	{"X-Original-Url", []string{"/a"}},
	{"X-Rewrite-Url", []string{"/a"}},
	{"X-Script-Name", []string{"/a"}},
	{"X-Scheme", []string{"https"}},
	{"X-Url-Scheme", []string{"https"}},
	{"Front-End-Https", []string{"on"}},
	{"Via", []string{"1.1 proxy.example"}},

	// Which tenant, country, language or version, as proxies have found out.
	{"X-Tenant", []string{"a", "b"}},
	{"X-Tenant-Id", []string{"1", "2"}},
	{"X-Tenant-Host", []string{"a.example", "b.example"}},
	{"X-Organization", []string{"a", "b"}},
	{"X-Organization-Id", []string{"1", "2"}},
	{"X-Org-Id", []string{"1", "2"}},
	{"X-Scope-Orgid", []string{"1", "2"}},
	{"X-Account-Id", []string{"1", "2"}},
	{"X-Site", []string{"a", "b"}},
	{"Cf-Ipcountry", []string{"DE", "US"}},
	{"Cloudfront-Viewer-Country", []string{"DE", "US"}},
	{"Cloudfront-Is-Mobile-Viewer", []string{"true"}},
	{"X-Appengine-Country", []string{"DE", "US"}},
	{"X-Vercel-Ip-Country", []string{"DE", "US"}},
	{"X-Country", []string{"DE", "US"}},
	{"X-Country-Code", []string{"DE", "US"}},
	{"X-Geo-Country", []string{"DE", "US"}},
	{"X-Locale", []string{"de", "fr"}},
	{"X-Language", []string{"de", "fr"}},
	{"X-Timezone", []string{"Europe/Berlin", "Asia/Tokyo"}},
	{"X-Currency", []string{"EUR", "USD"}},
	{"X-Device", []string{"mobile", "desktop"}},
	{"X-Ua-Device", []string{"mobile", "desktop"}},
	{"Accept-Version", []string{"1", "2"}},
	{"Api-Version", []string{"1", "2"}},
	{"X-Api-Version", []string{"1", "2"}},
	{"X-Version", []string{"1", "2"}},
	{"X-Experiment", []string{"a", "b"}},
	{"X-Preview", []string{"1"}},
	{"X-Debug", []string{"1"}},

	// Another method, of those that change nothing.
	{"X-Http-Method-Override", []string{"HEAD", "OPTIONS"}},
	{"X-Http-Method", []string{"HEAD", "OPTIONS"}},
	{"X-Method-Override", []string{"HEAD", "OPTIONS"}},

	// Who asks.
	{"Authorization", []string{"Basic YWRhOmFkYQ==", "Basic Ym9iOmJvYg==", "Bearer ada", "Bearer bob"}},
	{"X-Csrf-Token", []string{"ada", "bob"}},
}

// examples are fields for the patterns of the table of identities.
var examples = map[string][]string{
	"Client-Cert*": {"Client-Cert"}, "Remote-Group*": {"Remote-Groups"}, "Remote-Role*": {"Remote-Roles"},
	"X-Remote-User*": {"X-Remote-User", "X-Remote-User-Id"}, "X-Remote-Group*": {"X-Remote-Group", "X-Remote-Groups"}, "X-Remote-Extra-*": {"X-Remote-Extra-Scopes"},
	"X-Forwarded-Group*": {"X-Forwarded-Groups"}, "X-Forwarded-Client-Cert*": {"X-Forwarded-Client-Cert"},
	"X-Forwarded-Tls-Client-*": {"X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info"}, "X-Forwarded-Ssl-Client-*": {"X-Forwarded-Ssl-Client-S-Dn"},
	"X-Auth-*":                    {"X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Groups", "X-Auth-Request-Access-Token", "X-Auth-Token", "X-Auth-User", "X-Auth-Subject"},
	"Cf-Access-*":                 {"Cf-Access-Jwt-Assertion", "Cf-Access-Authenticated-User-Email", "Cf-Access-Client-Id"},
	"X-Goog-Authenticated-User-*": {"X-Goog-Authenticated-User-Email", "X-Goog-Authenticated-User-Id"},
	"X-Amzn-Oidc-*":               {"X-Amzn-Oidc-Data", "X-Amzn-Oidc-Identity", "X-Amzn-Oidc-Accesstoken"}, "X-Amzn-Mtls-Clientcert*": {"X-Amzn-Mtls-Clientcert-Subject"},
	"X-Ms-Client-Principal*": {"X-Ms-Client-Principal", "X-Ms-Client-Principal-Name", "X-Ms-Client-Principal-Id"}, "X-Ms-Token-*": {"X-Ms-Token-Aad-Access-Token"},
	"Tailscale-User-*": {"Tailscale-User-Login", "Tailscale-User-Name"}, "X-Webauth-*": {"X-Webauth-User", "X-Webauth-Email"},
	"X-Authentik-*": {"X-Authentik-Username", "X-Authentik-Email", "X-Authentik-Uid"}, "X-Authenticated-*": {"X-Authenticated-Userid", "X-Authenticated-User"},
	"X-Consumer-*": {"X-Consumer-Username", "X-Consumer-Custom-Id"}, "X-Pomerium-*": {"X-Pomerium-Claim-Email", "X-Pomerium-Jwt-Assertion"}, "X-Vouch-*": {"X-Vouch-User"},
	"Oidc-*": {"Oidc-Claim-Sub", "Oidc-Claim-Email"}, "Shib-*": {"Shib-Session-Id", "Shib-Identity-Provider"}, "Sm-*": {"Sm-User", "Sm-Userdn"}, "Oam-*": {"Oam-Remote-User"},
	"X-Sandstorm-*": {"X-Sandstorm-User-Id", "X-Sandstorm-Username"}, "X-Replit-User-*": {"X-Replit-User-Id", "X-Replit-User-Name"},
	"Ssl-Client-*": {"Ssl-Client-Cert", "Ssl-Client-Subject-Dn"}, "X-Ssl-Client-*": {"X-Ssl-Client-Cert", "X-Ssl-Client-S-Dn"}, "X-Client-Cert*": {"X-Client-Cert"},

	"*-User": {"X-User"}, "*-User-Id": {"X-User-Id"}, "*-Userid": {"X-Userid"}, "*-Username": {"X-Username"}, "*-User-Name": {"X-User-Name"},
	"*-Email": {"X-Email", "X-User-Email"}, "*-Token": {"X-User-Token"}, "Jwt*": {"Jwt"}, "*-Jwt*": {"X-Jwt-Assertion"},
	"Session*": {"Session-Id"}, "*-Session*": {"X-Session", "X-Session-Token"}, "*-Api-Key": {"Acme-Api-Key"}, "*-Apikey": {"Acme-Apikey"},
	"*-Secret": {"X-Client-Secret"}, "*-Authorization": {"X-Authorization"}, "*-Assertion": {"X-Assertion"},
}

// identities are the fields by which proxies name the user, with two users.
func identities() (all []Field) {
	for _, known := range identity.Fields {
		names := []string{known.Name}
		if strings.Contains(known.Name, "*") {
			names = examples[known.Name]
		}
		for _, name := range names {
			values := []string{"ada", "bob"}
			if strings.Contains(name, "Email") {
				values = []string{"ada@a.example", "bob@b.example"}
			}
			all = append(all, Field{name, values})
		}
	}
	return all
}

// cookies are the names of cookies in which applications keep who asks and what they
// prefer.
var cookies = []Field{
	{"session", []string{"ada", "bob"}}, {"sessionid", []string{"ada", "bob"}}, {"session_id", []string{"ada", "bob"}}, {"sid", []string{"ada", "bob"}},
	{"connect.sid", []string{"ada", "bob"}}, {"PHPSESSID", []string{"ada", "bob"}}, {"JSESSIONID", []string{"ada", "bob"}},
	{"user", []string{"ada", "bob"}}, {"token", []string{"ada", "bob"}}, {"auth", []string{"ada", "bob"}}, {"jwt", []string{"ada", "bob"}},
	{"csrftoken", []string{"ada", "bob"}}, {"XSRF-TOKEN", []string{"ada", "bob"}}, {"_csrf", []string{"ada", "bob"}},
	{"lang", []string{"de", "fr"}}, {"language", []string{"de", "fr"}}, {"locale", []string{"de", "fr"}}, {"django_language", []string{"de", "fr"}}, {"NEXT_LOCALE", []string{"de", "fr"}},
	{"theme", []string{"dark", "light"}}, {"currency", []string{"EUR", "USD"}}, {"timezone", []string{"Europe/Berlin", "Asia/Tokyo"}}, {"tz", []string{"Europe/Berlin", "Asia/Tokyo"}},
	{"cart", []string{"1", "2"}}, {"tenant", []string{"a", "b"}}, {"country", []string{"DE", "US"}}, {"consent", []string{"1", "0"}}, {"ab", []string{"a", "b"}}, {"preview", []string{"1"}},
}
