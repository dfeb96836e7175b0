package policy

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/identity"
	"github.com/larder-go/larder/internal/pagecache/reason"
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
func kindOfCredential(name string) FieldKind {
	name = WithHyphens(name)
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
// inKey are credentials that a value of VaryBy depends on. They are in the key, too.
func (p *Policy) credentials(r *http.Request, f FieldKind, userCookies []cookie) (c rfc9111.Credentials, inKey []string) {
	if len(userCookies) > 0 && p.Mode != Shared && !slices.Contains(p.VaryHeaders, "Cookie") {
		c.Fields = append(c.Fields, "Cookie")
	}
	c.Certificate = p.Mode != Shared && HasCertificate(r)
	if !f.Has(KindsOfUser) && (!c.Certificate || len(p.VaryValues) == 0) {
		return c, nil
	}
	for _, name := range p.credentialFields(r.Header) {
		switch {
		case slices.Contains(p.VaryHeaders, name) && !p.Literal:
		case p.valuesDependOn(r, name):
			inKey = append(inKey, name)
		case name == "Authorization" && p.Mode == Shared:
			c.Authorization = true
		default:
			c.Fields = append(c.Fields, name)
		}
	}
	if c.Certificate && p.valuesDependOnCertificate(r) {
		c.Certificate, inKey = false, append(inKey, Certificate)
	}
	return c, inKey
}

// IsAnonymous reports whether a request has no credentials in other fields than Cookie, except
// for those that are in the key.
func (p *Policy) IsAnonymous(r *http.Request, f FieldKind) bool {
	if !f.Has(KindsOfUser) && r.TLS == nil {
		return true
	}
	c, _ := p.credentials(r, f, nil)
	return c.None()
}

// credentialFields are the names of the credentials of a request in other fields than
// Cookie, in order.
func (p *Policy) credentialFields(header http.Header) (names []string) {
	for name, lines := range header {
		if lines != nil && p.IsCredential(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// CredentialsReason says why a response that varies on these fields and has this permission is
// not shared among clients with these credentials, or reason.None.
func CredentialsReason(c *rfc9111.Credentials, permission rfc9111.Permission, vary []string) reason.Reason {
	if c.MayShare(permission, vary) {
		return reason.None
	}
	isCSRF := func(name string) bool { return KindOf(name) == kindCSRF || slices.Contains(vary, name) }
	if !c.Authorization && !c.Certificate && !slices.ContainsFunc(c.Fields, func(name string) bool { return !isCSRF(name) }) {
		return reason.CSRF
	}
	return reason.Credentials
}

func HasCertificate(r *http.Request) bool { return r.TLS != nil && len(r.TLS.PeerCertificates) > 0 }

// IsCredential reports whether a request field, known by its canonical name, is a
// credential to this policy.
func (p *Policy) IsCredential(name string) bool { return p.kindOf(name)&KindsOfUser != 0 }

// KindOf is kindOf with what options say of the field.
func (p *Policy) kindOf(name string) FieldKind {
	kind := KindOf(name)
	if p.FieldRules != nil {
		kind = p.FieldRules.apply(name, kind)
	}
	return kind
}

// maxFieldName is how long the name of a request field may be to be compared with others,
// in bytes. The longest of knownCredentials has 34.
const maxFieldName = 128

// WithHyphens is the field for which CGI, WSGI and their like take one that may be
// written with underscores. A name over maxFieldName stays.
func WithHyphens(name string) string {
	if len(name) > maxFieldName {
		return name
	}
	if strings.Contains(name, "_") {
		name = strings.ReplaceAll(name, "_", "-")
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// IsPlain reports whether a request with these fields gets a page that everyone
// gets, if there are no credentials in other fields.
func (p *Policy) IsPlain(f FieldKind) bool {
	return !f.Has(KindCookie|kindAuthorization) && !(p.HeedRequests && f.Has(kindDirectives))
}
