package middleware

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/larder-go/larder/internal/funcname"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// PageOption is an option of [CachePage], [Site], [Shared] and the policies. The order of options
// does not matter. An option with one value may be given once; names add up. Options that are
// wrong, that contradict each other, or that the kind of cache does not have, make the
// constructor panic once, with a list of everything that is wrong: see [CheckOptions].
type PageOption func(*optionSet)

// Alias stores pages in the cache of this alias instead of "default".
func Alias(name string) PageOption {
	return func(s *optionSet) { s.alias = append(s.alias, name) }
}

// KeyPrefix separates these pages from those of other handlers with the same URLs in the same
// cache.
func KeyPrefix(prefix string) PageOption {
	return func(s *optionSet) { s.keyPrefix = append(s.keyPrefix, prefix) }
}

// MaxBody is the greatest length of a stored response, in bytes. Longer responses are sent and
// not stored. It must be above zero; the default is [DefaultMaxBody].
func MaxBody(bytes int64) PageOption {
	return func(s *optionSet) { s.maxBody = append(s.maxBody, bytes) }
}

// DefaultTTL is the lifetime of responses that do not say theirs. For [Site] the default is
// [DefaultSiteTTL]. For [Shared] it applies where RFC 9111 allows a heuristic lifetime and there
// is nothing to derive one from; the default is zero. With zero such responses are not stored.
// It is not for [CachePage], which has a ttl.
func DefaultTTL(d time.Duration) PageOption {
	return func(s *optionSet) {
		s.mean("DefaultTTL")
		s.defaultTTL = append(s.defaultTTL, d)
	}
}

// StatusTTL is the lifetime of responses with this status code, whatever lifetime they say. With
// zero they are not stored. Other reasons not to store still apply. The status is one of 200 to
// 599 except 206 and 304, which are never stored.
//
//	middleware.CachePage(time.Hour, middleware.StatusTTL(http.StatusNotFound, 10*time.Second))
func StatusTTL(status int, d time.Duration) PageOption {
	return func(s *optionSet) { s.addStatusTTL(status, d) }
}

// Grace is for how long a stale page may still be served: while it is refreshed in the
// background, and when the handler fails, which is a panic or status 500, 502, 503, 504, 408, 425
// or 429. Any other response below 500 that is not stored removes the page (RFC 9111, section
// 4.3.3). Grace applies where a response has no stale-while-revalidate or stale-if-error
// (RFC 5861). The default is zero.
func Grace(d time.Duration) PageOption {
	return func(s *optionSet) { s.grace = append(s.grace, d) }
}

// RefreshTimeout limits how long a refresh in the background may take. It must be above zero; the
// default is [DefaultRefreshTimeout]. A page whose refresh took over 5 minutes is not stored.
func RefreshTimeout(d time.Duration) PageOption {
	return func(s *optionSet) { s.refreshTimeout = append(s.refreshTimeout, d) }
}

// MaxWait is for how long a request waits for the first byte of a run that another request has
// started. After that it runs the handler itself. The default is [DefaultMaxWait]; zero is no
// limit.
func MaxWait(d time.Duration) PageOption {
	return func(s *optionSet) { s.maxWait = append(s.maxWait, d) }
}

// LeaseWait is for how long a request waits for a run that another process has started, with
// the same Redis, Memcached, PostgreSQL or directory. After that it runs the handler itself,
// and the response of the other process is stored. The response of another process can be
// sent only when it is complete, so clients have its first byte later. That is why the
// default is zero: each process runs the handler once, and one of them stores the response.
//
// No request waits for a response that the handler has flushed, that could not be shared, or
// that failed less than a second ago. A page that a handler asks for under the context of its
// request, without the network, does not wait either; over the network it waits for d at most.
func LeaseWait(d time.Duration) PageOption {
	return func(s *optionSet) { s.leaseWait = append(s.leaseWait, d) }
}

// MaxConcurrentRuns limits how many runs of the handler for one URL waiting requests may have
// started. If a run has not written its header after a second, one waiting request starts
// another, and one more after each further second, as with nginx's proxy_cache_lock_age. The
// first run that has a response for all answers all waiting requests; each of the others
// answers the request that started it. So an application that answers late, such as long
// polling, gets the requests of several clients before it has answered the first.
//
// The default is [DefaultMaxConcurrentRuns] for [Site] and [Shared]. For [CachePage] it is 1, with
// which no request starts another run: its owner says that the page is for all. It must be 1 or
// more.
func MaxConcurrentRuns(n int) PageOption {
	return func(s *optionSet) { s.maxRuns = append(s.maxRuns, n) }
}

// When makes requests for which wanted is false bypass the cache. The function must depend only on
// the request, and may be called concurrently.
func When(wanted func(*http.Request) bool) PageOption {
	return func(s *optionSet) { s.when = append(s.when, wanted) }
}

// VaryByHeader declares that pages depend on these request fields. They are named in the pages'
// Vary, for outer caches. Fields that the handler does not get, such as X-Forwarded-For, are an
// error: see [TrustProxies] and [VaryByNamed].
func VaryByHeader(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("VaryByHeader", names) }
}

// VaryBy declares that pages depend on a value that the function derives from the request, such as
// a part of the path, or what outer middleware has put into the context. Requests with different
// values get different pages. Outer caches cannot see the value: with a [BrowserTTL], browsers are
// told that the page is private, unless the handler says otherwise.
//
// VaryBy also declares a credential on which the value depends: a request with such a credential is
// then answered from the cache. The credential is in the key, too: two clients share a page only if
// both the value and the credential are the same. To find that out, the function is called for the
// request without its credentials, too. It must depend only on the request, and may be called
// concurrently.
//
// The key holds a name beside the value: a page for user 3 must not become one for team 3 when a
// later release varies by teams. A function has no name of its own, so its name includes the
// program's file: another release, or another program on the same store, does not find these
// pages. With [VaryByNamed] pages outlive a release.
func VaryBy(value func(*http.Request) string) PageOption {
	v := policy.VaryValue{Of: value, Part: "VaryBy"}
	if value != nil {
		v.Name = "function " + funcname.Of(value)
	}
	return func(s *optionSet) { s.varyValues = append(s.varyValues, v) }
}

// VaryByNamed is [VaryBy] with a name for the kind of value, such as "user". Programs and releases
// that use the same store, name and value share pages. Choose another name when the value gets
// another meaning.
func VaryByNamed(name string, value func(*http.Request) string) PageOption {
	v := policy.VaryValue{Of: value, Part: "VaryBy " + name, Given: true}
	if name != "" {
		v.Name = namedValue + name
	}
	return func(s *optionSet) { s.varyValues = append(s.varyValues, v) }
}

// namedValue precedes the names that were given, so that none is that of a function.
const namedValue = "named "

// Normalize makes request fields with equivalent values select the same variant (RFC 9111,
// section 4.1): languages of the same weight in another order or case, and lists with other
// spaces. Handlers get Accept-Language in that form. Accept-Encoding is always normalised.
func Normalize() PageOption {
	return func(s *optionSet) { s.normalize = true }
}

// HeedRequests obeys Cache-Control and Pragma of requests (RFC 9111, section 5.2.1), as [Shared]
// always does. Clients can then make the handler run for each of their requests.
func HeedRequests() PageOption {
	return func(s *optionSet) {
		s.mean("HeedRequests")
		s.heedRequests = true
	}
}

// Targets names the fields that replace Cache-Control in responses that have them (RFC 9213), in
// order of precedence. The default is CDN-Cache-Control for [Shared], and none for the others.
// Targets() makes a [Shared] use Cache-Control only.
func Targets(fields ...string) PageOption {
	return func(s *optionSet) {
		if len(fields) == 0 {
			s.mean("Targets()")
		}
		s.targets = append(s.targets, canonicalNames(fields))
	}
}

// Literal makes [Shared] follow RFC 9111 to the letter where larder is more careful. Responses with
// Set-Cookie are stored with it, and responses with private="field" without that field. The first
// is dangerous in front of an origin that does not expect it. Ranges are cut from every stored
// page, which is wrong inside of compression. It is for [Shared] only.
func Literal() PageOption {
	return func(s *optionSet) {
		s.mean("Literal")
		s.literal = true
	}
}

// DjangoHeaders gives browsers the lifetime that Django's cache_page gives them
// (patch_response_headers in django.utils.cache): Expires is the ttl after the page was made,
// unless the handler sets it, and max-age is the ttl, unless the handler's is smaller. The ttl is
// that of [CachePage], or of [DefaultTTL] with [Site]; with zero nothing is added. A purge of the
// cache then does not reach browsers. It replaces [BrowserTTL], and is not for [Shared].
func DjangoHeaders() PageOption {
	return func(s *optionSet) {
		s.mean("DjangoHeaders")
		s.djangoHeaders = true
	}
}

// BrowserTTL lets browsers keep pages for d without revalidation, unless the handler says
// otherwise. A purge of the cache does not reach those. They get d plus the Age of the page as
// max-age, since max-age counts from the time at which the page was made (RFC 9111, section
// 4.2.3). By default browsers have to revalidate each time: max-age=0, must-revalidate. It is not
// for [Shared], which passes on what the origin says.
func BrowserTTL(d time.Duration) PageOption {
	return func(s *optionSet) {
		s.mean("BrowserTTL")
		s.browserTTL = append(s.browserTTL, d)
	}
}

// StripSetCookie stores a response with Set-Cookie without that field, instead of not storing it.
// The client that started the run gets the field. It cannot be combined with [Literal], which
// stores the field.
func StripSetCookie() PageOption {
	return func(s *optionSet) { s.stripSetCookie = true }
}

// IgnoreCookies declares that the page does not depend on these cookies. A name may end in *, for
// every name with that prefix; "*" is all cookies. They are removed from the request that the
// handler gets. A request without other cookies counts as one without cookies.
//
// Outer middleware has read the cookies before that. If it puts the user into the context, as
// session middleware does, IgnoreCookies("*") alone would give one user's page to all: combine it
// with [VaryByNamed] or [VaryBy] and the user. If that middleware sends Vary: Cookie, requests
// bypass the cache until there is such a value.
func IgnoreCookies(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreCookies", names) }
}

// VaryByCookie declares that the page depends on the values of these cookies. They become part of
// the key, so clients with the same values share a page. Vary names Cookie, for outer caches. "*"
// has no special meaning here: for all cookies use [VaryByHeader] with Cookie.
func VaryByCookie(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("VaryByCookie", names) }
}

// CredentialHeaders names more request fields that identify a user, besides Authorization, Cookie
// and those that [CachePage] and [Site] know: fields in which proxies name the signed-in user, such
// as X-Forwarded-User, keys and tokens, and names that end in -User, -Token or the like. A "*" at
// the beginning or end of a name stands for anything: "X-Acme-*", "*-Account". [Shared] goes by
// RFC 9111 and knows only Authorization: behind a proxy that signs users in, name its fields here.
func CredentialHeaders(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("CredentialHeaders", names) }
}

// IgnoreHeaders declares that the page does not depend on these request fields, though they may
// look like credentials. Names are as in [CredentialHeaders]. The fields are removed from the
// request that the handler gets when it answers for all. For a field on which the page depends use
// [VaryByHeader].
func IgnoreHeaders(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreHeaders", names) }
}

// IgnoreQuery declares that the page does not depend on these query parameters. A name may end in
// *, for every name with that prefix: utm_*. They are removed from the request that the handler
// gets.
func IgnoreQuery(names ...string) PageOption {
	return func(s *optionSet) { s.addNames("IgnoreQuery", names) }
}

// OnlyQuery declares that the page depends on no query parameters except these. The others are
// removed, as by IgnoreQuery.
func OnlyQuery(names ...string) PageOption {
	return func(s *optionSet) {
		s.names["OnlyQuery"] = append(s.names["OnlyQuery"], names...)
		s.onlyQuery = true
	}
}

// SortQuery declares that the order of query parameters with different names does not matter, so
// that ?a=1&b=2 and ?b=2&a=1 are one page. The handler gets them in order.
func SortQuery() PageOption {
	return func(s *optionSet) { s.sortQuery = true }
}

// TrustProxies uses X-Forwarded-Proto and X-Forwarded-Host of peers with these addresses. From other
// peers, these and similar fields are removed from the request that the handler gets.
func TrustProxies(prefixes ...netip.Prefix) PageOption {
	return func(s *optionSet) {
		if len(prefixes) == 0 {
			s.problem("TrustProxies", "no address is given; without the option no peer is trusted")
		}
		s.trustedProxies = append(s.trustedProxies, prefixes...)
	}
}
