package middleware

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/reason"

	"github.com/larder-go/larder/internal/identity"
	"github.com/larder-go/larder/internal/rfc9111"
)

// knownField is a request field, or a pattern of [fieldPattern] for such, with who
// sends it or reads it.
type knownField = identity.Field

// knownCredentials are the request fields that name the user, or authenticate the
// client. A response to a request with one of them is taken for the user's own by
// [CachePage] and [Site].
//
// [Shared] goes by RFC 9111, where Authorization alone is a credential (section
// 3.5) and an origin says private, or Vary, of all else; see [CredentialHeaders].
var knownCredentials = identity.Fields

// neverCredentials are fields that look like credentials and are none.
var neverCredentials = []knownField{
	{Name: "Sec-*", Source: "Fetch Metadata (Sec-Fetch-User): browsers set these of themselves, and scripts cannot"},
	{Name: "X-Vercel-Oidc-Token", Source: "Vercel: of the deployment, and not of a user"},
}

// csrfFields carry a token by which a server knows that its own page has sent the
// request. They are sent along with a session, and have a reason of their own, since
// the remedy is another: scripts need to send them with unsafe methods only.
var csrfFields = []knownField{
	{Name: "*Csrf*", Source: "Rails and Laravel (X-CSRF-Token), Django (X-CSRFToken), Play (Csrf-Token)"},
	{Name: "*Xsrf*", Source: "Angular and axios (X-XSRF-TOKEN)"},
	{Name: "Requestverificationtoken", Source: "ASP.NET Core, antiforgery"},
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
func credentialsReason(c *rfc9111.Credentials, permission rfc9111.Permission, vary []string) reason.Reason {
	if c.MayShare(permission, vary) {
		return reason.None
	}
	isCSRF := func(name string) bool { return kindOf(name) == kindCSRF || slices.Contains(vary, name) }
	if !c.Authorization && !c.Certificate && !slices.ContainsFunc(c.Fields, func(name string) bool { return !isCSRF(name) }) {
		return reason.CSRF
	}
	return reason.Credentials
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

// isPlain reports whether a request with these fields gets a page that everyone
// gets, if there are no credentials in other fields.
func (p *policy) isPlain(f fieldKind) bool {
	return !f.has(kindCookie|kindAuthorization) && !(p.heedRequests && f.has(kindDirectives))
}
