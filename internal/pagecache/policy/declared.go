package policy

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/keys"
)

// A declaration on a credential is a declaration: what a page is kept apart by may
// name the user. Its entries are keyed by a digest of that.

// declaresCookies reports whether options say what the cookies of a request mean to
// the pages: some are named, or none counts and a value says for whom a page is. If
// not, a response that depends on cookies is one user's page.
func (p *Policy) declaresCookies() bool {
	if len(p.Cookies.InKey) > 0 || slices.Contains(p.VaryHeaders, "Cookie") {
		return true
	}
	ignored := &p.Cookies.Ignored
	if ignored.isEmpty() {
		return false
	}
	isNamed := func(prefix string) bool { return prefix != "" }
	return len(p.VaryValues) > 0 || len(ignored.names) > 0 || slices.ContainsFunc(ignored.prefixes, isNamed)
}

// Identifies reports whether a request field tells who the user is, and options do not
// say how pages depend on it. A response that depends on it by the word of outer
// middleware, which keeps the session, is then one user's.
func (p *Policy) Identifies(name string) bool {
	if name == "Cookie" {
		return p.Mode != Shared && !p.declaresCookies()
	}
	return p.IsCredential(name) && !slices.Contains(p.VaryHeaders, name) && len(p.VaryValues) == 0
}

// Certificate is the name of the certificate of a TLS client, in keys. It is that of no
// field.
const Certificate = "client certificate"

// appendCredentials appends to a key the credentials that values depend on. So a value that
// names the user is not all that it takes to get that user's page.
func (note KeyNote) appendCredentials(dst []byte, r *http.Request, names []string) []byte {
	for _, name := range names {
		lines := r.Header[name]
		if name == Certificate {
			lines = []string{string(r.TLS.PeerCertificates[0].Raw)}
		}
		dst = note.AppendLines(keys.AppendPart(dst, name), name, lines)
	}
	return dst
}

// valuesDependOn reports whether a value of [VaryBy] depends on a request field: it
// would be another without it, or what it is made of has the field's value in it, as
// what outer middleware puts into the context may.
func (p *Policy) valuesDependOn(r *http.Request, name string) bool {
	if p.Literal || len(p.VaryValues) == 0 {
		return false
	}
	without := *r
	without.Header = maps.Clone(r.Header)
	delete(without.Header, name)
	lines := r.Header[name]
	return p.anyValue(r, func(value string, of func(*http.Request) string) bool {
		return len(lines) == 1 && strings.Contains(value, lines[0]) || of(&without) != value
	})
}

// valuesDependOnCertificate is valuesDependOn for the certificate of a TLS client.
func (p *Policy) valuesDependOnCertificate(r *http.Request) bool {
	without := WithoutCertificate(r)
	return p.anyValue(r, func(value string, of func(*http.Request) string) bool { return of(without) != value })
}

// anyValue reports whether depends is true of a value of VaryBy and its function. A
// function that panics there needs what that request does not have.
func (p *Policy) anyValue(r *http.Request, depends func(value string, of func(*http.Request) string) bool) bool {
	isNeeded := func(value string, of func(*http.Request) string) (is bool) {
		defer func() { is = recover() != nil || is }()
		return depends(value, of)
	}
	return slices.ContainsFunc(p.VaryValues, func(v VaryValue) bool { return isNeeded(v.Of(r), v.Of) })
}

// WithoutCertificate returns the request as it would be without the certificate of its
// client.
func WithoutCertificate(r *http.Request) *http.Request {
	without := *r
	if r.TLS != nil {
		state := *r.TLS
		state.PeerCertificates, state.VerifiedChains = nil, nil
		without.TLS = &state
	}
	return &without
}
