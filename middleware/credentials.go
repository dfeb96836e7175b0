package middleware

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// knownField is a request field, or a pattern of [fieldPattern] for such, with who
// sends it or reads it.
type knownField struct{ field, source string }

// byWord is the source of patterns for fields that nobody has listed.
const byWord = "by its name"

// knownCredentials are the request fields that name the user, or authenticate the
// client. A response to a request with one of them is taken for the user's own by
// [CachePage] and [Site].
//
// [Shared] goes by RFC 9111, where Authorization alone is a credential (section
// 3.5) and an origin says private, or Vary, of all else; see [CredentialHeaders].
var knownCredentials = []knownField{
	// Standards.
	{"Proxy-Authorization", "RFC 9110, section 11.7.2"},
	{"Dpop", "RFC 9449, section 4: proof of possession"},
	{"Signature", "RFC 9421, section 4.2: HTTP message signatures"},
	{"Client-Cert*", "RFC 9440, section 2: the certificate that a proxy has seen, and its chain"},

	// What proxies say of the user whom they have signed in.
	{"Remote-User", "Authelia, Caddy, Apache; REMOTE_USER of RFC 3875, section 4.1.11"},
	{"Remote-Name", "Authelia, forwardAuth"},
	{"Remote-Email", "Authelia, forwardAuth"},
	{"Remote-Group*", "Authelia, forwardAuth"},
	{"Remote-Role*", "passkey-auth"},
	{"X-Remote-User*", "Kubernetes, authenticating proxy: requestheader-username-headers"},
	{"X-Remote-Group*", "Kubernetes, authenticating proxy: requestheader-group-headers"},
	{"X-Remote-Extra-*", "Kubernetes, authenticating proxy: requestheader-extra-headers-prefix"},
	{"X-Forwarded-User", "oauth2-proxy --pass-user-headers; traefik-forward-auth"},
	{"X-Forwarded-Email", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Preferred-Username", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Group*", "oauth2-proxy --pass-user-headers"},
	{"X-Forwarded-Access-Token", "oauth2-proxy --pass-access-token"},
	{"X-Forwarded-Client-Cert*", "Envoy, x-forwarded-client-cert"},
	{"X-Forwarded-Tls-Client-*", "Traefik, passTLSClientCert"},
	{"X-Forwarded-Ssl-Client-*", "nginx and HAProxy, by convention"},
	{"X-Auth-*", "oauth2-proxy --set-xauthrequest (X-Auth-Request-*); Keycloak Gatekeeper (X-Auth-Subject, -Roles); OpenStack (X-Auth-Token); Cloudflare API (X-Auth-Key)"},
	{"Cf-Access-*", "Cloudflare Access, application token"},
	{"X-Goog-Authenticated-User-*", "Google Identity-Aware Proxy, identity-howto"},
	{"X-Goog-Iap-Jwt-Assertion", "Google Identity-Aware Proxy, signed headers"},
	{"X-Goog-Authuser", "Google, index of the account that is signed in"},
	{"X-Appengine-User-Email", "Google App Engine, Users API; X-Appengine-User-Ip is none"},
	{"X-Appengine-User-Id", "Google App Engine, Users API"},
	{"X-Appengine-User-Nickname", "Google App Engine, Users API"},
	{"X-Appengine-User-Is-Admin", "Google App Engine, Users API"},
	{"X-Amzn-Oidc-*", "AWS Application Load Balancer, authenticate users"},
	{"X-Amzn-Mtls-Clientcert*", "AWS Application Load Balancer, mutual TLS"},
	{"X-Amz-Security-Token", "AWS Signature Version 4, temporary credentials"},
	{"X-Ms-Client-Principal*", "Azure App Service and Container Apps, authentication"},
	{"X-Ms-Token-*", "Azure App Service, token store"},
	{"X-Arr-Clientcert", "Azure App Service, TLS mutual authentication"},
	{"X-Zumo-Auth", "Azure App Service, authentication of mobile clients"},
	{"Tailscale-User-*", "Tailscale Serve, identity headers"},
	{"Tailscale-App-Capabilities", "Tailscale Serve, app capabilities"},
	{"X-Webauth-*", "Grafana, auth.proxy (X-WEBAUTH-USER)"},
	{"X-Authentik-*", "authentik, proxy provider"},
	{"X-Authenticated-*", "Kong and Blue Coat (X-Authenticated-Userid, -User, -Groups)"},
	{"X-Consumer-*", "Kong, authentication plugins"},
	{"X-Credential-Identifier", "Kong, authentication plugins"},
	{"X-Pomerium-*", "Pomerium, pass_identity_headers"},
	{"Teleport-Jwt-Assertion", "Teleport, application access"},
	{"X-Vouch-*", "Vouch Proxy, headers"},
	{"X-Userinfo", "Kong, OpenID Connect plugins"},
	{"X-User-Info", "by convention"},
	{"X-User-Groups", "by convention"},
	{"X-User-Roles", "by convention"},
	{"Oidc-*", "mod_auth_openidc, OIDC_CLAIM_*"},
	{"Shib-*", "Shibboleth, ShibUseHeaders"},
	{"Eppn", "Shibboleth, eduPersonPrincipalName"},
	{"Sm-*", "SiteMinder, SM_USER, SM_USERDN, SM_SERVERSESSIONID"},
	{"Iv-User", "IBM Verify Access, junctions"},
	{"Iv-Groups", "IBM Verify Access, junctions"},
	{"Iv-Creds", "IBM Verify Access, junctions"},
	{"Oam-*", "Oracle Access Manager, OAM_REMOTE_USER"},
	{"X-Sandstorm-*", "Sandstorm, headers of an app"},
	{"X-Replit-User-*", "Replit Auth"},
	{"Ssl-Client-*", "ingress-nginx, client certificate authentication (ssl-client-cert)"},
	{"X-Ssl-Client-*", "HAProxy and nginx, by convention"},
	{"X-Ssl-Cert", "nginx, by convention"},
	{"X-Client-Cert*", "nginx and F5, by convention"},
	{"X-Client-Dn", "nginx, by convention"},
	{"X-Client-Verify", "nginx, by convention"},

	// Keys and tokens by which clients say who they are.
	{"X-Api-Key", "OpenAPI 3, apiKey; AWS API Gateway"},
	{"X-Apikey", "Apigee; VirusTotal"},
	{"Api-Key", "Azure OpenAI; New Relic"},
	{"Apikey", "Supabase; Kong key-auth"},
	{"X-Goog-Api-Key", "Google Cloud, API keys"},
	{"X-Functions-Key", "Azure Functions, access keys"},
	{"Ocp-Apim-Subscription-Key", "Azure API Management, subscriptions"},
	{"X-Access-Token", "by convention"},
	{"X-Access-Key", "by convention"},
	{"X-Parse-Master-Key", "Parse Platform, REST API"},
	{"Private-Token", "GitLab REST API, as are Job-Token and Deploy-Token"},
	{"X-Session-Id", "by convention"},

	// Others, by the words that they end in or have.
	{"User", byWord}, {"*-User", byWord}, {"*-User-Id", byWord}, {"*-Userid", byWord},
	{"Username", byWord}, {"*-Username", byWord}, {"*-User-Name", byWord},
	{"Email", byWord}, {"*-Email", byWord}, {"Token", byWord}, {"*-Token", byWord}, {"Jwt*", byWord}, {"*-Jwt*", byWord},
	{"Session*", byWord}, {"*-Session*", byWord}, {"*-Api-Key", byWord}, {"*-Apikey", byWord},
	{"*-Secret", byWord}, {"*-Authorization", byWord}, {"*-Assertion", byWord},
}

// neverCredentials are fields that look like credentials and are none.
var neverCredentials = []knownField{
	{"Sec-*", "Fetch Metadata (Sec-Fetch-User): browsers set these of themselves, and scripts cannot"},
	{"X-Vercel-Oidc-Token", "Vercel: of the deployment, and not of a user"},
}

// csrfFields carry a token by which a server knows that its own page has sent the
// request. They are sent along with a session, and have a reason of their own, since
// the remedy is another: scripts need to send them with unsafe methods only.
var csrfFields = []knownField{
	{"*Csrf*", "Rails and Laravel (X-CSRF-Token), Django (X-CSRFToken), Play (Csrf-Token)"},
	{"*Xsrf*", "Angular and axios (X-XSRF-TOKEN)"},
	{"Requestverificationtoken", "ASP.NET Core, antiforgery"},
}

var (
	credentialSet = newFieldSet(knownCredentials)
	neverSet      = newFieldSet(neverCredentials)
	csrfSet       = newFieldSet(csrfFields)
)

// kindOfCredential returns whether a field that is not among the frequent ones is a
// credential. Underscores count as hyphens, as they do for CGI, WSGI and their like.
func kindOfCredential(name string) fieldKind {
	name = withHyphens(name)
	switch {
	case len(name) > maxFieldName:
		return kindCredential // whatever it says, no other client says it
	case neverSet.has(name):
		return 0
	case csrfSet.has(name):
		return kindCSRF
	case credentialSet.has(name):
		return kindCredential
	}
	return 0
}

// credentials returns what in the request may have made its response the user's
// own: all that is neither declared nor a part of the key. For a page of one's own
// site, Authorization is a field as the others, since must-revalidate, by which RFC
// 9111, section 3.5, has an origin allow a shared cache to share the answer, is said
// there out of caution.
//
// apart are credentials that a value of VaryBy depends on. They are in the key, too.
func (p *policy) credentials(r *http.Request, f fieldKind, userCookies []cookie) (c rfc9111.Credentials, apart []string) {
	if len(userCookies) > 0 && p.face != shared && !slices.Contains(p.varyHeaders, "Cookie") {
		c.Fields = append(c.Fields, "Cookie")
	}
	c.Certificate = p.face != shared && hasCertificate(r)
	if !f.has(kindsOfUser) && (!c.Certificate || len(p.varyValues) == 0) {
		return c, nil
	}
	for _, name := range p.credentialFields(r.Header) {
		switch {
		case slices.Contains(p.varyHeaders, name) && !p.literal:
		case p.valuesDependOn(r, name):
			apart = append(apart, name)
		case name == "Authorization" && p.face == shared:
			c.Authorization = true
		default:
			c.Fields = append(c.Fields, name)
		}
	}
	if c.Certificate && p.valuesDependOnCertificate(r) {
		c.Certificate, apart = false, append(apart, certificate)
	}
	return c, apart
}

// isAnonymous reports whether a request has no credentials in other fields than Cookie, but
// for those that are in the key.
func (p *policy) isAnonymous(r *http.Request, f fieldKind) bool {
	if !f.has(kindsOfUser) && r.TLS == nil {
		return true
	}
	c, _ := p.credentials(r, f, nil)
	return c.None()
}

// credentialFields are the names of the credentials of a request in other fields than
// Cookie, in order.
func (p *policy) credentialFields(header http.Header) (names []string) {
	for name, lines := range header {
		if lines != nil && p.isCredential(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// credentialsReason says why a response that varies on these fields and has this permission is
// not shared among clients with these credentials, or reasonNone.
func credentialsReason(c *rfc9111.Credentials, permission rfc9111.Permission, vary []string) reason {
	if c.MayShare(permission, vary) {
		return reasonNone
	}
	isCSRF := func(name string) bool { return kindOf(name) == kindCSRF || slices.Contains(vary, name) }
	if !c.Authorization && !c.Certificate && !slices.ContainsFunc(c.Fields, func(name string) bool { return !isCSRF(name) }) {
		return reasonCSRF
	}
	return reasonCredentials
}

func hasCertificate(r *http.Request) bool { return r.TLS != nil && len(r.TLS.PeerCertificates) > 0 }

// isCredential reports whether a request field, known by its canonical name, is a
// credential to this policy.
func (p *policy) isCredential(name string) bool { return p.kindOf(name)&kindsOfUser != 0 }

// kindOf is kindOf with what options say of the field.
func (p *policy) kindOf(name string) fieldKind {
	kind := kindOf(name)
	if p.fieldRules != nil {
		kind = p.fieldRules.apply(name, kind)
	}
	return kind
}

// maxFieldName is how long the name of a request field may be to be compared with others,
// in bytes. The longest of knownCredentials has 34.
const maxFieldName = 128

// withHyphens is the field for which CGI, WSGI and their like take one that may be
// written with underscores. A name over maxFieldName stays.
func withHyphens(name string) string {
	if len(name) > maxFieldName {
		return name
	}
	if strings.Contains(name, "_") {
		name = strings.ReplaceAll(name, "_", "-")
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}
