package middleware

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// maxVary is how many fields a response may vary on. One that names more might
// as well say Vary: *, and each is a dimension for a client to fill a store in.
const maxVary = 16

// unusable says why a stored page must not be given to a request, or
// reasonNone. It is asked of every page that is found, so that neither a
// collision of keys nor a mistake in filling shows one client another's.
func (p *policy) unusable(found *page, canonical []byte, j *judgement) reason {
	switch {
	case !bytes.Equal(found.key, canonical):
		return reasonCollision
	case !j.codings.Accepts(found.contentEncoding):
		return reasonEncoding
	case !j.credentials.MayShare(found.directives, found.vary):
		return reasonCredentials
	}
	return reasonNone
}

// unstorable says why a complete response must not be stored for others, or
// reasonNone.
func (p *policy) unstorable(response recorded, j *judgement, now time.Time) reason {
	header := response.header
	vary, _ := rfc9111.VaryNames(header["Vary"])
	switch {
	case response.status != http.StatusOK:
		return reasonStatus
	case isNested(header["Cache-Status"]):
		return reasonNested
	case response.truncated:
		return reasonTruncated
	}
	if reason := p.withheld(header, now); reason != reasonNone {
		return reason
	}
	if !j.credentials.MayShare(rfc9111.ParseDirectives(header["Cache-Control"]), vary) {
		return reasonCredentials
	}
	return reasonNone
}

// withheld says why a header, that of a complete response or what is there of
// it before the handler runs, keeps the response from being stored for others,
// or reasonNone.
func (p *policy) withheld(header http.Header, now time.Time) reason {
	directives := rfc9111.ParseDirectives(header["Cache-Control"])
	vary, varyAny := rfc9111.VaryNames(header["Vary"])
	switch {
	case directives.NoStore:
		return reasonNoStore
	case directives.Private:
		return reasonPrivate
	case header["Set-Cookie"] != nil && !p.stripSetCookie:
		return reasonSetCookie
	case varyAny || len(vary) > maxVary:
		return reasonVaryAny
	case directives.NoCache || slices.ContainsFunc(directives.NoCacheFields, rfc9111.IsEssential):
		return reasonNoCache
	case isExpired(directives, header, now):
		return reasonExpired
	}
	return reasonNone
}

// isExpired reports whether a response says of itself that it is stale. Of
// s-maxage, max-age and Expires the first that is there counts (RFC 9111,
// section 4.2.1), an Age that a cache further in has given counts against the
// first two, and an invalid Expires is in the past (section 5.3).
func isExpired(d rfc9111.Directives, header http.Header, now time.Time) bool {
	switch lines := header["Expires"]; {
	case d.HasSMaxAge:
		return d.SMaxAge <= ageOf(header["Age"])
	case d.HasMaxAge:
		return d.MaxAge <= ageOf(header["Age"])
	case len(lines) > 0:
		expires, ok := rfc9111.ParseDate(lines[0])
		return !ok || !expires.After(now)
	}
	return false
}

// ageOf reads an Age field. One that is not valid is ignored (RFC 9111, section
// 5.1).
func ageOf(lines []string) time.Duration {
	if len(lines) == 0 {
		return 0
	}
	age, _ := rfc9111.ParseDeltaSeconds(lines[0])
	return age
}
