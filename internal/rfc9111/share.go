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

// Permission is what a response says about requests with credentials. It is read
// strictly: a directive that is malformed permits nothing.
type Permission struct {
	Public         bool // it is for all
	SMaxAge        bool // it has a lifetime for caches that many share
	MustRevalidate bool // it may be shared, and is not used when it is stale
}

// Permission returns what the directives permit (section 3.5).
func (d *Directives) Permission() Permission {
	return Permission{d.Public, d.HasSMaxAge && !d.SMaxAgeInvalid, d.MustRevalidate && !d.RevalidateInvalid}
}

// MayShare reports whether a response to a request with such credentials, with
// this permission and these Vary fields, may be stored for others or served to them.
//
// For Authorization that is RFC 9111, section 3.5: the response says public,
// s-maxage or must-revalidate. RFC 9111 says nothing of cookies, client
// certificates and keys in other fields, which identify users just as well:
// there the response must say public or s-maxage, or vary on the field.
func (c Credentials) MayShare(p Permission, vary []string) bool {
	if p.Public || p.SMaxAge {
		return true
	}
	if c.Authorization && !p.MustRevalidate || c.Certificate {
		return false
	}
	for _, field := range c.Fields {
		if !slices.Contains(vary, field) {
			return false
		}
	}
	return true
}
