package rfc9111

import "slices"

// Credentials is what a request carries that may have made its response the
// user's own.
type Credentials struct {
	// Authorization says that the request has an Authorization field.
	Authorization bool

	// Fields are the canonical names of other fields that identify a user:
	// Cookie, X-Api-Key.
	Fields []string

	// Certificate says that the client has authenticated itself with TLS.
	Certificate bool
}

// None reports whether the request carries nothing of the kind.
func (c Credentials) None() bool {
	return !c.Authorization && !c.Certificate && len(c.Fields) == 0
}

// MayShare reports whether a response to a request with such credentials, with
// these directives and Vary fields, may be stored for others or served to them.
//
// For Authorization that is RFC 9111, section 3.5: the response says public,
// s-maxage or must-revalidate. RFC 9111 says nothing of cookies, client
// certificates and keys in other fields, which identify users just as well:
// there the response must say public or s-maxage, or vary on the field.
func (c Credentials) MayShare(d Directives, vary []string) bool {
	if d.Public || d.HasSMaxAge {
		return true
	}
	if c.Authorization && !d.MustRevalidate || c.Certificate {
		return false
	}
	for _, field := range c.Fields {
		if !slices.Contains(vary, field) {
			return false
		}
	}
	return true
}
