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
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// resolve makes of all options together what a policy goes by, or returns all that is
// wrong with them. The result depends on the set of options alone, not on their order.
func (s *optionSet) resolve(f policy.Mode, ttl time.Duration) (*policy.Policy, error) {
	p := &policy.Policy{Mode: f, TTL: ttl}
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
func (s *optionSet) resolveStorage(p *policy.Policy) {
	p.Alias = theOne(s, "Alias", s.alias, cache.DefaultAlias, s.checkAlias)
	p.KeyPrefix = theOne(s, "KeyPrefix", s.keyPrefix, "", s.checkPrintable)
	p.MaxBody = theOne(s, "MaxBody", s.maxBody, DefaultMaxBody, s.checkMaxBody)
}

// resolveTimes is about how long pages are fresh, and how long others wait for them.
func (s *optionSet) resolveTimes(p *policy.Policy) {
	s.notNegative("; 0 stores nothing")("ttl", p.TTL)
	ttl := theOne(s, "DefaultTTL", s.defaultTTL, p.TTL, s.notNegative("; 0 stores no response that does not say how long it is fresh"))
	if p.Mode != policy.PerView {
		p.TTL = ttl
	}
	p.Grace = theOne(s, "Grace", s.grace, 0, s.notNegative("; 0 serves no stale page"))
	p.MaxWait = theOne(s, "MaxWait", s.maxWait, DefaultMaxWait, s.notNegative("; 0 is no limit"))
	p.LeaseWait = theOne(s, "LeaseWait", s.leaseWait, 0, s.notNegative("; 0 does not wait for other processes"))
	p.RefreshTimeout = theOne(s, "RefreshTimeout", s.refreshTimeout, DefaultRefreshTimeout, s.checkRefreshTimeout)
	runs := DefaultMaxConcurrentRuns
	if p.Mode == policy.PerView {
		runs = 1 // its owner says that the page is for all
	}
	p.MaxRuns = theOne(s, "MaxConcurrentRuns", s.maxRuns, runs, s.checkMaxRuns)
}

// resolveBrowsers is about what browsers are told, by the ttl that all options together
// give.
func (s *optionSet) resolveBrowsers(p *policy.Policy) {
	p.BrowserTTL = theOne(s, "BrowserTTL", s.browserTTL, 0, s.notNegative("; 0 lets browsers keep nothing without asking"))
	if !s.djangoHeaders {
		return
	}
	p.DjangoHeaders, p.BrowserTTL = true, p.TTL
	if len(s.browserTTL) > 0 {
		s.problem("BrowserTTL", "DjangoHeaders says as well for how long browsers keep a page; give one of the two")
	}
}

// resolveResponses is about which responses are stored, and by which of their fields.
func (s *optionSet) resolveResponses(p *policy.Policy) {
	p.Literal, p.StripSetCookie = s.literal, s.stripSetCookie
	if p.Literal && p.StripSetCookie {
		s.problem("StripSetCookie", "Literal stores responses with Set-Cookie as they are; give one of the two")
	}
	p.HeedRequests = s.heedRequests || p.Mode == policy.Shared
	var standard []string
	if p.Mode == policy.Shared {
		standard = []string{"Cdn-Cache-Control"} // RFC 9213, section 3.1
	}
	p.Targets = theOne(s, "Targets", s.targets, standard, s.checkTargets)
	if len(s.statusTTL) > 0 {
		p.StatusTTL = make(map[int]time.Duration, len(s.statusTTL))
	}
	for status, ttls := range s.statusTTL {
		p.StatusTTL[status] = s.statusLifetime(status, ttls)
	}
}

// resolveVary is about what pages depend on.
func (s *optionSet) resolveVary(p *policy.Policy) {
	p.Normalize = s.normalize
	p.VaryHeaders = sorted(canonicalNames(s.names["VaryByHeader"]))
	s.checkVaryHeaders(p.VaryHeaders)
	s.checkValues()
	p.VaryValues = slices.SortedFunc(slices.Values(s.varyValues), func(a, b policy.VaryValue) int { return strings.Compare(a.Name, b.Name) })
	p.VaryValues = slices.CompactFunc(p.VaryValues, func(a, b policy.VaryValue) bool { return a.Name == b.Name })
}

func (s *optionSet) resolveCookies(p *policy.Policy) {
	ignored := sorted(s.names["IgnoreCookies"])
	p.Cookies.InKey = sorted(s.names["VaryByCookie"])
	s.checkCookies(ignored, p.Cookies.InKey)
	p.Cookies.Ignored.Add(ignored)
}

func (s *optionSet) resolveQuery(p *policy.Policy) {
	ignored, allowed := sorted(s.names["IgnoreQuery"]), sorted(s.names["OnlyQuery"])
	s.checkQuery(ignored, allowed)
	p.Query.Ignored.Add(ignored)
	p.Query.Allowed.Add(allowed)
	p.Query.Restricted, p.Query.Sorted = s.onlyQuery, s.sortQuery
}

// resolveFields makes the [policy.FieldRules] of the options about credentials.
func (s *optionSet) resolveFields(p *policy.Policy) {
	p.CredentialHeaders, p.IgnoredHeaders = sorted(s.names["CredentialHeaders"]), sorted(s.names["IgnoreHeaders"])
	rules := policy.FieldRules{Unknown: p.Mode == policy.Shared}
	for _, text := range p.CredentialHeaders {
		if s.checkField("CredentialHeaders", text) {
			rules.Credentials.Add(text)
		}
	}
	for _, text := range p.IgnoredHeaders {
		if s.checkField("IgnoreHeaders", text) {
			s.checkIgnored(text, p)
			rules.Ignored.Add(text)
		}
	}
	if rules.Unknown || len(p.CredentialHeaders)+len(p.IgnoredHeaders) > 0 {
		p.FieldRules = &rules
	}
}

// resolveAccess is about which requests are answered from the cache, and whom it
// believes.
func (s *optionSet) resolveAccess(p *policy.Policy) {
	p.When = s.when
	if slices.ContainsFunc(s.when, func(wanted func(*http.Request) bool) bool { return wanted == nil }) {
		s.problem("When", "the function is nil")
	}
	s.checkProxies()
	byText := func(a, b netip.Prefix) int { return cmp.Compare(a.String(), b.String()) }
	p.TrustedProxies = slices.Compact(slices.SortedFunc(slices.Values(s.trustedProxies), byText))
	if text := theOne(s, "Explain", s.explainTo, "", s.checkSecret); len(s.explainTo) > 0 {
		known := policy.NewSecret(text)
		p.ExplainTo = &known
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
