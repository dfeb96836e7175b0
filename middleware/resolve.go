package middleware

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
)

// resolve makes of all options together what a policy goes by, or returns all that is
// wrong with them. The result depends on the set of options alone, not on their order.
func (s *optionSet) resolve(f face, ttl time.Duration) (*policy, error) {
	p := &policy{face: f, ttl: ttl}
	s.resolveStorage(p)
	s.resolveTimes(p)
	s.resolveBrowsers(p)
	s.resolveResponses(p)
	s.resolveVary(p)
	s.resolveCookies(p)
	s.resolveQuery(p)
	s.resolveHosts(p)
	s.resolveFields(p)
	s.resolveAccess(p)
	if len(s.problems) > 0 {
		return nil, optionsError(sorted(s.problems))
	}
	return p, nil
}

// resolveStorage is about where pages are stored.
func (s *optionSet) resolveStorage(p *policy) {
	p.alias = theOne(s, "Alias", s.alias, cache.DefaultAlias, s.checkAlias)
	p.keyPrefix = theOne(s, "KeyPrefix", s.keyPrefix, "", s.checkPrintable)
	p.maxBody = theOne(s, "MaxBody", s.maxBody, DefaultMaxBody, s.checkMaxBody)
}

// resolveTimes is about how long pages are fresh, and how long others wait for them.
func (s *optionSet) resolveTimes(p *policy) {
	s.notNegative("; 0 stores nothing")("ttl", p.ttl)
	ttl := theOne(s, "DefaultTTL", s.defaultTTL, p.ttl, s.notNegative("; 0 stores no response that does not say how long it is fresh"))
	if p.face != perView {
		p.ttl = ttl
	}
	p.grace = theOne(s, "Grace", s.grace, 0, s.notNegative("; 0 serves no stale page"))
	p.patience = theOne(s, "Patience", s.patience, DefaultPatience, s.notNegative("; 0 is no limit"))
	p.refreshTimeout = theOne(s, "RefreshTimeout", s.refreshTimeout, DefaultRefreshTimeout, s.checkRefreshTimeout)
	runs := DefaultMaxConcurrentRuns
	if p.face == perView {
		runs = 1 // its owner says that the page is for all
	}
	p.maxRuns = theOne(s, "MaxConcurrentRuns", s.maxRuns, runs, s.checkMaxRuns)
}

// resolveBrowsers is about what browsers are told, by the ttl that all options together
// give.
func (s *optionSet) resolveBrowsers(p *policy) {
	p.browserTTL = theOne(s, "BrowserTTL", s.browserTTL, 0, s.notNegative("; 0 lets browsers keep nothing without asking"))
	if !s.djangoHeaders {
		return
	}
	p.djangoHeaders, p.browserTTL = true, p.ttl
	if len(s.browserTTL) > 0 {
		s.problem("BrowserTTL", "DjangoHeaders says as well for how long browsers keep a page; give one of the two")
	}
}

// resolveResponses is about which responses are stored, and by which of their fields.
func (s *optionSet) resolveResponses(p *policy) {
	p.literal, p.stripSetCookie = s.literal, s.stripSetCookie
	if p.literal && p.stripSetCookie {
		s.problem("StripSetCookie", "Literal stores responses with Set-Cookie as they are; give one of the two")
	}
	p.heedRequests = s.heedRequests || p.face == shared
	var standard []string
	if p.face == shared {
		standard = []string{"Cdn-Cache-Control"} // RFC 9213, section 3.1
	}
	p.targets = theOne(s, "Targets", s.targets, standard, s.checkTargets)
	if len(s.statusTTL) > 0 {
		p.statusTTL = make(map[int]time.Duration, len(s.statusTTL))
	}
	for status, ttls := range s.statusTTL {
		p.statusTTL[status] = s.statusLifetime(status, ttls)
	}
}

// resolveVary is about what pages depend on.
func (s *optionSet) resolveVary(p *policy) {
	p.normalize = s.normalize
	p.varyHeaders = sorted(canonicalNames(s.names["VaryByHeader"]))
	s.checkVaryHeaders(p.varyHeaders)
	s.checkValues()
	p.varyValues = slices.SortedFunc(slices.Values(s.varyValues), func(a, b varyValue) int { return strings.Compare(a.name, b.name) })
	p.varyValues = slices.CompactFunc(p.varyValues, func(a, b varyValue) bool { return a.name == b.name })
}

func (s *optionSet) resolveCookies(p *policy) {
	ignored := sorted(s.names["IgnoreCookies"])
	p.cookies.inKey = sorted(s.names["VaryByCookie"])
	s.checkCookies(ignored, p.cookies.inKey)
	p.cookies.ignored.add(ignored)
}

func (s *optionSet) resolveQuery(p *policy) {
	ignored, allowed := sorted(s.names["IgnoreQuery"]), sorted(s.names["OnlyQuery"])
	s.checkQuery(ignored, allowed)
	p.query.ignored.add(ignored)
	p.query.allowed.add(allowed)
	p.query.restricted, p.query.sorted = s.onlyQuery, s.sortQuery
}

// resolveFields makes fieldRules of the options about credentials.
func (s *optionSet) resolveFields(p *policy) {
	p.credentialHeaders, p.ignoredHeaders = sorted(s.names["CredentialHeaders"]), sorted(s.names["IgnoreHeaders"])
	rules := fieldRules{unknown: p.face == shared}
	for _, text := range p.credentialHeaders {
		if s.checkField("CredentialHeaders", text) {
			rules.credentials.add(text)
		}
	}
	for _, text := range p.ignoredHeaders {
		if s.checkField("IgnoreHeaders", text) {
			s.checkIgnored(text, p)
			rules.ignored.add(text)
		}
	}
	if rules.unknown || len(p.credentialHeaders)+len(p.ignoredHeaders) > 0 {
		p.fieldRules = &rules
	}
}

// resolveAccess is about which requests are answered from the cache, and whom it
// believes.
func (s *optionSet) resolveAccess(p *policy) {
	p.when = s.when
	if slices.ContainsFunc(s.when, func(wanted func(*http.Request) bool) bool { return wanted == nil }) {
		s.problem("When", "the function is nil")
	}
	s.checkProxies()
	byText := func(a, b netip.Prefix) int { return cmp.Compare(a.String(), b.String()) }
	p.trustedProxies = slices.Compact(slices.SortedFunc(slices.Values(s.trustedProxies), byText))
	if text := theOne(s, "Explain", s.explainTo, "", s.checkSecret); len(s.explainTo) > 0 {
		known := newSecret(text)
		p.explainTo = &known
	}
}

// canonicalNames returns names of fields as they are in an http.Header.
func canonicalNames(names []string) []string {
	var canonical []string
	for _, name := range names {
		canonical = append(canonical, textproto.CanonicalMIMEHeaderKey(name))
	}
	return canonical
}
