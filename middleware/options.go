package middleware

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/larder-go/larder/internal/funcname"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// PageOption changes what [CachePage], [Site] and [Shared] do. Options are a set: their
// order means nothing. An option that holds one value is given at most once; names add
// up. Options that are wrong, that contradict each other, or that mean nothing to the
// kind of cache they are given to, make the constructor panic once with all of that; see
// [CheckOptions].
type PageOption func(*optionSet)

// Alias stores pages in the cache of this alias instead of "default".
func Alias(name string) PageOption {
	return func(s *optionSet) { s.alias = append(s.alias, name) }
}

// KeyPrefix keeps these pages apart from those of other CachePages with the
// same URLs in the same cache.
func KeyPrefix(prefix string) PageOption {
	return func(s *optionSet) { s.keyPrefix = append(s.keyPrefix, prefix) }
}

// MaxBody is the length in bytes over which a response is passed on and not
// stored; the default is [DefaultMaxBody]. It is above zero.
func MaxBody(bytes int64) PageOption {
	return func(s *optionSet) { s.maxBody = append(s.maxBody, bytes) }
}

// DefaultTTL is for how long [Site] keeps a response that does not say; the
// default is [DefaultSiteTTL], and zero keeps none. With [Shared] it is
// for responses of which a shared cache may guess the lifetime and that give no
// clue; the default is none. It is not for [CachePage], which has a ttl.
func DefaultTTL(d time.Duration) PageOption {
	return func(s *optionSet) {
		s.mean("DefaultTTL")
		s.defaultTTL = append(s.defaultTTL, d)
	}
}

// StatusTTL is for how long responses with this status code are kept, whatever
// they say of it themselves; zero keeps none. What forbids to store them
// still does. The status is that of a final response (200 to 599) except 206 and
// 304, which are never stored.
//
//	middleware.CachePage(time.Hour, middleware.StatusTTL(http.StatusNotFound, 10*time.Second))
func StatusTTL(status int, d time.Duration) PageOption {
	return func(s *optionSet) { s.addStatusTTL(status, d) }
}

// Grace is for how long a stale page may still be served, while it is refreshed
// in the background or when the handler fails: it panics, or answers with 500,
// 502, 503, 504, 408, 425 or 429. Any other answer below 500 that is not stored
// removes the page (RFC 9111, section 4.3.3). Grace stands in for stale-while-revalidate and stale-if-error
// (RFC 5861) where a response has none. The default is zero.
func Grace(d time.Duration) PageOption {
	return func(s *optionSet) { s.grace = append(s.grace, d) }
}

// RefreshTimeout is how long refreshing a page in the background may take; the
// default is [DefaultRefreshTimeout]. It is above zero.
func RefreshTimeout(d time.Duration) PageOption {
	return func(s *optionSet) { s.refreshTimeout = append(s.refreshTimeout, d) }
}

// MaxWait is for how long a request waits for the first byte of a run that
// another request has started; then it runs the handler itself. The default is
// [DefaultMaxWait], and zero is no limit.
func MaxWait(d time.Duration) PageOption {
	return func(s *optionSet) { s.maxWait = append(s.maxWait, d) }
}

// MaxConcurrentRuns is how many runs of the handler for one URL may be under way for
// requests that wait. If a run has not written its header after a second, one of
// those who wait starts another, and after each further second one more, as nginx
// does with proxy_cache_lock_age. The first that has a response for all answers all
// who wait; each of the others answers the request that started it. Those who start
// none wait on, see [MaxWait]. So an application whose answers take long, such as
// long polling, hears of several clients before the first of them is answered.
//
// The default is [DefaultMaxConcurrentRuns] for [Site] and [Shared]. For
// [CachePage] it is 1, where nobody starts another: its owner says that the page
// is for all. It is 1 or more.
func MaxConcurrentRuns(n int) PageOption {
	return func(s *optionSet) { s.maxRuns = append(s.maxRuns, n) }
}

// When has requests bypass the cache for which wanted is false. It must depend
// on the request alone, and may be called from many goroutines.
func When(wanted func(*http.Request) bool) PageOption {
	return func(s *optionSet) { s.when = append(s.when, wanted) }
}

// VaryByHeader declares that pages depend on these request fields, and names them in
// the pages' Vary, for outer caches. Fields that the handler does not get, such as
// X-Forwarded-For, are an error: see [TrustProxies] and [VaryByNamed].
func VaryByHeader(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("VaryByHeader", names) }
}

// VaryBy declares that pages depend on a value that the function makes of the
// request: the part of a path, or what outer middleware has put into the
// context. What users it distinguishes get pages of their own. Outer caches cannot see it:
// with a [BrowserTTL] they are told that the page is private, where the handler says
// nothing.
//
// A credential without which the value would be another is declared by that: pages for
// requests with Authorization are shared among all for whom the value is the same. To
// find out, the function is also called for the request without its credentials. It must
// depend on the request alone, and may be called from many goroutines.
//
// The key has the name of the value, besides the value: a page for user 3 must never be
// that for team 3 when a later release varies by teams. A function has no name that says
// what it does, so here the name is of the program's file as well: pages of one release
// are not found by another, nor by another program on the same store. [VaryByNamed] has
// pages outlive a release.
func VaryBy(value func(*http.Request) string) PageOption {
	v := policy.VaryValue{Of: value, Part: "VaryBy"}
	if value != nil {
		v.Name = "function " + funcname.Of(value)
	}
	return func(s *optionSet) { s.varyValues = append(s.varyValues, v) }
}

// VaryByNamed is [VaryBy] with a name for what the value is a value of, such as "user".
// Programs and releases that use the same store, name and value share pages, so give
// the value another name when it comes to mean something else.
func VaryByNamed(name string, value func(*http.Request) string) PageOption {
	v := policy.VaryValue{Of: value, Part: "VaryBy " + name, Given: true}
	if name != "" {
		v.Name = namedValue + name
	}
	return func(s *optionSet) { s.varyValues = append(s.varyValues, v) }
}

// namedValue is before the names that were given, so that none is that of a function.
const namedValue = "named "

// Normalize has values of request fields that mean the same select the same
// variant (RFC 9111, section 4.1): languages of the same weight in another order
// or case, and lists with other blanks. Handlers get Accept-Language in that
// form. Accept-Encoding is always normalised.
func Normalize() PageOption {
	return func(s *optionSet) { s.normalize = true }
}

// HeedRequests obeys what requests say in Cache-Control and Pragma (RFC 9111,
// section 5.2.1), as [Shared] always does. Clients can then make the handler run for
// each of their requests.
func HeedRequests() PageOption {
	return func(s *optionSet) {
		s.mean("HeedRequests")
		s.heedRequests = true
	}
}

// Targets names the fields that stand in for Cache-Control where a response has
// them (RFC 9213), the first before the others. The default is CDN-Cache-Control
// for [Shared] and none for the others. Targets() is for a [Shared] that goes by
// Cache-Control alone.
func Targets(fields ...string) PageOption {
	return func(s *optionSet) {
		if len(fields) == 0 {
			s.mean("Targets()")
		}
		s.targets = append(s.targets, canonicalNames(fields))
	}
}

// Literal has [Shared] follow RFC 9111 to the letter where larder is more
// careful: responses with Set-Cookie are stored with it, and so are those with
// private="field", without that field. The first is dangerous before any origin
// that does not know of it. Ranges are cut from every stored page, which is wrong inside of
// compression. It is for [Shared] only.
func Literal() PageOption {
	return func(s *optionSet) {
		s.mean("Literal")
		s.literal = true
	}
}

// DjangoHeaders tells browsers what Django's cache_page does: an Expires of the ttl
// after the page was made, unless the handler gives one, and the ttl as max-age, unless
// the handler gives a smaller one (patch_response_headers in django.utils.cache). The ttl
// is that of [CachePage], or of [DefaultTTL] with [Site]; if it is zero, nothing is added
// to what the response says. A purge of the cache then does
// not reach browsers. It replaces [BrowserTTL], and is not for [Shared].
func DjangoHeaders() PageOption {
	return func(s *optionSet) {
		s.mean("DjangoHeaders")
		s.djangoHeaders = true
	}
}

// BrowserTTL lets browsers keep pages for d without asking, where the handler
// says nothing; a purge of the cache does not reach those. The max-age that they are
// told is d and the Age of the page, since it counts from the time at which that was
// made (RFC 9111, section 4.2.3). By default they are
// told to ask every time: max-age=0, must-revalidate. It is not for [Shared], which tells
// browsers what the origin says.
func BrowserTTL(d time.Duration) PageOption {
	return func(s *optionSet) {
		s.mean("BrowserTTL")
		s.browserTTL = append(s.browserTTL, d)
	}
}

// StripSetCookie stores a response with Set-Cookie without that field, instead of
// not storing it. The first client gets it. [Literal] stores it with the field, so
// there can only be one of the two.
func StripSetCookie() PageOption {
	return func(s *optionSet) { s.stripSetCookie = true }
}

// IgnoreCookies declares that the page does not depend on these cookies. A
// name may end in * for all that begin so, and "*" is all there are. They are taken out of the request
// that the handler gets, and a request that has no others counts as one without
// cookies.
//
// Outer middleware has read them by then. If it puts the user into the context, as that
// of sessions does, IgnoreCookies("*") alone would give one user's page to all: use it
// together with [VaryByNamed] or [VaryBy] and the user. Where that middleware says Vary:
// Cookie, requests bypass the cache until there is such a value.
func IgnoreCookies(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreCookies", names) }
}

// VaryByCookie declares that the page depends on the value of these cookies,
// which become a part of the key, so that clients with the same values share
// it. Vary names the field Cookie, for outer caches. A "*" stands for nothing here:
// [VaryByHeader] with the name Cookie is for all cookies.
func VaryByCookie(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("VaryByCookie", names) }
}

// CredentialHeaders names more request fields that identify a user, besides
// Authorization, Cookie and those that [CachePage] and [Site] know: the fields in which
// proxies name the signed-in user, such as X-Forwarded-User, keys and tokens, and what
// ends in -User, -Token or the like. A "*" before or behind a name stands for anything:
// "X-Acme-*", "*-Account". [Shared] goes by RFC 9111 and knows none but Authorization;
// behind a proxy that signs users in, name its fields here.
func CredentialHeaders(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("CredentialHeaders", names) }
}

// IgnoreHeaders declares that the page does not depend on these request fields, though
// they may look like credentials. Names are as in [CredentialHeaders]. The fields are
// taken out of the request that the handler gets when it answers for all. For a field
// that the page depends on there is [VaryByHeader].
func IgnoreHeaders(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreHeaders", names) }
}

// IgnoreQuery declares that the page does not depend on these query
// parameters. A name may end in * for all that begin so, as in utm_*. They are
// taken out of the request that the handler gets.
func IgnoreQuery(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreQuery", names) }
}

// OnlyQuery declares that the page depends on no query parameters but these,
// as IgnoreQuery of all others.
func OnlyQuery(names ...string) PageOption {
	return func(s *optionSet) {
		s.names["OnlyQuery"] = append(s.names["OnlyQuery"], names...)
		s.onlyQuery = true
	}
}

// SortQuery declares that the order of query parameters with different names
// means nothing, so that ?a=1&b=2 and ?b=2&a=1 are one page. The handler gets
// them in order.
func SortQuery() PageOption {
	return func(s *optionSet) { s.sortQuery = true }
}

// TrustProxies believes X-Forwarded-Proto and X-Forwarded-Host from peers with
// these addresses. From others, they and their like are taken out of the
// request that the handler gets.
func TrustProxies(prefixes ...netip.Prefix) PageOption {
	return func(s *optionSet) {
		if len(prefixes) == 0 {
			s.problem("TrustProxies", "no address is given; without the option no peer is trusted")
		}
		s.trustedProxies = append(s.trustedProxies, prefixes...)
	}
}
