package policy

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Mode is what a cache is to the handler behind it.
type Mode uint8

const (
	PerView Mode = iota // of one handler, for a time that its owner gave
	PerSite             // of a whole site, for as long as each response says
	Shared              // a shared cache of RFC 9111, before an origin
)

// Policy is what the options of one cache of pages add up to.
type Policy struct {
	Mode              Mode
	TTL               time.Duration // of PerView; otherwise of responses that do not say
	StatusTTL         map[int]time.Duration
	Alias             string
	KeyPrefix         string
	MaxBody           int64
	BrowserTTL        time.Duration
	DjangoHeaders     bool
	Grace             time.Duration
	MaxWait           time.Duration
	LeaseWait         time.Duration
	MaxRuns           int
	RefreshTimeout    time.Duration
	Literal           bool
	HeedRequests      bool
	StripSetCookie    bool
	When              []func(*http.Request) bool
	Cookies           cookieRules
	Query             queryRules
	Hosts             HostAliases
	VaryHeaders       []string
	VaryValues        []VaryValue
	Normalize         bool
	Targets           []string
	CredentialHeaders []string
	IgnoredHeaders    []string
	FieldRules        *FieldRules // of these, nil if they change nothing
	TrustedProxies    []netip.Prefix
	ExplainTo         *Secret // nil for nobody
	NotesValues       bool    // those of varyValues, in the attachment of a request
}

// Control is what a response says to this cache.
func (p *Policy) Control(header http.Header) rfc9111.Control {
	return rfc9111.ControlOf(header, p.Targets)
}

// Freshness is how long a response is fresh, and what may be done with it then.
// Of a mode with a lifetime of its own that begins when the response is there:
// it is added to the age that the response has by then.
func (p *Policy) Freshness(c *rfc9111.Control, status int, header http.Header, received time.Time, age time.Duration) rfc9111.Freshness {
	f := rfc9111.FreshnessOf(c, status, header, received, p.heuristic())
	if ttl, own := p.OwnLifetime(status, f.Source); own {
		f.Lifetime = age + ttl
	}
	if !f.HasStaleWhileRevalidate {
		f.StaleWhileRevalidate = p.Grace
	}
	if !f.HasStaleIfError {
		f.StaleIfError = p.Grace
	}
	return f
}

// heuristic is how a lifetime is guessed: by a shared cache only. The others are
// told by their owner.
func (p *Policy) heuristic() rfc9111.Heuristic {
	if p.Mode != Shared {
		return rfc9111.Heuristic{Max: -1}
	}
	return rfc9111.Heuristic{}
}

// OwnLifetime is the lifetime that the cache gives to a response, if it does.
func (p *Policy) OwnLifetime(status int, says rfc9111.Source) (ttl time.Duration, own bool) {
	if ttl, ok := p.StatusTTL[status]; ok {
		return ttl, true
	}
	explicit := says != rfc9111.SourceNone && says != rfc9111.SourceHeuristic
	switch {
	case p.Mode == PerView:
		return p.TTL, status == http.StatusOK
	case p.Mode == PerSite:
		return p.TTL, status == http.StatusOK && !explicit
	}
	return p.TTL, p.TTL > 0 && says == rfc9111.SourceNone && rfc9111.IsHeuristicallyCacheable(status)
}

// Keep is for how long an entry is stored: as long as it may be served, and if
// the origin can validate it for some time more.
func (p *Policy) Keep(f *rfc9111.Freshness, age time.Duration, validatable bool) time.Duration {
	stale := max(f.StaleWhileRevalidate, f.StaleIfError)
	if validatable || p.Mode == Shared {
		stale = max(stale, p.keepStale(f.Lifetime))
	}
	return f.Lifetime - age + stale
}

// keepStale is for how long a response that can be validated is kept beyond its
// lifetime. A shared cache also serves clients that say max-stale.
func (p *Policy) keepStale(lifetime time.Duration) time.Duration {
	const longest = 24 * time.Hour
	if p.Mode == Shared {
		return longest
	}
	return min(max(lifetime, 0), longest)
}

// trusts reports whether the peer's forwarded fields count.
func (p *Policy) trusts(remote netip.Addr) bool {
	return slices.ContainsFunc(p.TrustedProxies, func(prefix netip.Prefix) bool {
		return prefix.Contains(remote.Unmap())
	})
}
