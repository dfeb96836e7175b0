package middleware

import (
	"net/netip"
	"net/textproto"
	"time"

	"github.com/larder-go/larder/cache"
)

// DefaultMaxBody is the length in bytes over which a response is not stored.
const DefaultMaxBody = 8 << 20

// PageOption changes what [CachePage] does.
type PageOption func(*policy)

// policy is what the options of one CachePage add up to.
type policy struct {
	ttl               time.Duration
	alias             string
	keyPrefix         string
	maxBody           int64
	browserTTL        time.Duration
	stripSetCookie    bool
	cookies           cookieRules
	query             queryRules
	credentialHeaders []string
	trustedProxies    []netip.Prefix
}

func newPolicy(ttl time.Duration, opts []PageOption) *policy {
	p := &policy{
		ttl:               ttl,
		alias:             cache.DefaultAlias,
		maxBody:           DefaultMaxBody,
		credentialHeaders: []string{"X-Api-Key"},
	}
	for _, opt := range opts {
		opt(p)
	}
	return p
}

// Alias stores pages in the cache of this alias in place of "default".
func Alias(name string) PageOption {
	return func(p *policy) { p.alias = name }
}

// KeyPrefix keeps these pages apart from those of other CachePages with the
// same URLs in the same cache.
func KeyPrefix(prefix string) PageOption {
	return func(p *policy) { p.keyPrefix = prefix }
}

// MaxBody is the length in bytes over which a response is passed on and not
// stored; the default is [DefaultMaxBody].
func MaxBody(bytes int64) PageOption {
	return func(p *policy) { p.maxBody = bytes }
}

// BrowserTTL lets browsers keep pages for d without asking, where the handler
// says nothing; a purge of the cache does not reach those. By default they are
// told to ask every time: max-age=0, must-revalidate.
func BrowserTTL(d time.Duration) PageOption {
	return func(p *policy) { p.browserTTL = d }
}

// StripSetCookie stores a response with Set-Cookie without that field, in
// place of not storing it. The first client gets it.
func StripSetCookie() PageOption {
	return func(p *policy) { p.stripSetCookie = true }
}

// IgnoreCookies declares that the page does not depend on these cookies. A
// name may end in * for all that begin so, and "*" is all there are. They are taken out of the request
// that the handler gets, and a request that has no others counts as one without
// cookies.
func IgnoreCookies(names ...string) PageOption {
	return func(p *policy) { p.cookies.ignored = append(p.cookies.ignored, names...) }
}

// VaryByCookie declares that the page depends on the value of these cookies,
// which become a part of the key, so that clients with the same values share
// it.
func VaryByCookie(names ...string) PageOption {
	return func(p *policy) { p.cookies.inKey = append(p.cookies.inKey, names...) }
}

// CredentialHeaders names more request fields that identify a user, besides
// Authorization, Cookie and X-Api-Key: X-Forwarded-User, for example, behind a
// proxy that signs users in.
func CredentialHeaders(names ...string) PageOption {
	return func(p *policy) {
		for _, name := range names {
			p.credentialHeaders = append(p.credentialHeaders, textproto.CanonicalMIMEHeaderKey(name))
		}
	}
}

// IgnoreQuery declares that the page does not depend on these query
// parameters. A name may end in * for all that begin so, as in utm_*. They are
// taken out of the request that the handler gets.
func IgnoreQuery(names ...string) PageOption {
	return func(p *policy) { p.query.ignored = append(p.query.ignored, names...) }
}

// OnlyQuery declares that the page depends on no query parameters but these,
// as IgnoreQuery of all others.
func OnlyQuery(names ...string) PageOption {
	return func(p *policy) {
		p.query.allowed = append(p.query.allowed, names...)
		p.query.restricted = true
	}
}

// SortQuery declares that the order of query parameters with different names
// means nothing, so that ?a=1&b=2 and ?b=2&a=1 are one page. The handler gets
// them in order.
func SortQuery() PageOption {
	return func(p *policy) { p.query.sorted = true }
}

// TrustProxies believes X-Forwarded-Proto and X-Forwarded-Host from peers with
// these addresses. From others, they and their like are taken out of the
// request that the handler gets.
func TrustProxies(prefixes ...netip.Prefix) PageOption {
	return func(p *policy) { p.trustedProxies = append(p.trustedProxies, prefixes...) }
}
