package middleware

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/rfc9111"
)

// face is what a cache is to the handler behind it.
type face uint8

const (
	perView face = iota // of one handler, for a time that its owner gave
	perSite             // of a whole site, for as long as each response says
	shared              // a shared cache of RFC 9111, before an origin
)

// policy is what the options of one cache of pages add up to.
type policy struct {
	face              face
	ttl               time.Duration // of perView; otherwise of responses that do not say
	statusTTL         map[int]time.Duration
	alias             string
	keyPrefix         string
	maxBody           int64
	browserTTL        time.Duration
	djangoHeaders     bool
	grace             time.Duration
	patience          time.Duration
	maxRuns           int
	refreshTimeout    time.Duration
	literal           bool
	heedRequests      bool
	stripSetCookie    bool
	when              []func(*http.Request) bool
	cookies           cookieRules
	query             queryRules
	hosts             hostAliases
	varyHeaders       []string
	varyValues        []varyValue
	normalize         bool
	targets           []string
	credentialHeaders []string
	ignoredHeaders    []string
	fieldRules        *fieldRules // of these, nil if they change nothing
	trustedProxies    []netip.Prefix
	explainTo         *secret // nil for nobody
	notesValues       bool    // those of varyValues, in the attachment of a request
}

const (
	// DefaultMaxBody is the length in bytes over which a response is not stored.
	DefaultMaxBody = 8 << 20

	// DefaultSiteTTL is for how long [Site] keeps a response that does not say.
	DefaultSiteTTL = cache.DefaultTimeout

	// DefaultPatience is for how long a request waits for the run that another
	// has started.
	DefaultPatience = 30 * time.Second

	// DefaultMaxConcurrentRuns is how many runs of the handler for one URL [Site]
	// and [Shared] have under way for requests that wait.
	DefaultMaxConcurrentRuns = 8

	// DefaultRefreshTimeout is how long a refresh in the background may take.
	DefaultRefreshTimeout = 30 * time.Second
)

// control is what a response says to this cache.
func (p *policy) control(header http.Header) rfc9111.Control {
	return rfc9111.ControlOf(header, p.targets)
}

// freshness is how long a response is fresh, and what may be done with it then.
// Of a face with a lifetime of its own that begins when the response is there:
// it is added to the age that the response has by then.
func (p *policy) freshness(c *rfc9111.Control, status int, header http.Header, received time.Time, age time.Duration) rfc9111.Freshness {
	f := rfc9111.FreshnessOf(c, status, header, received, p.heuristic())
	if ttl, own := p.ownLifetime(status, f.Source); own {
		f.Lifetime = age + ttl
	}
	if !f.HasStaleWhileRevalidate {
		f.StaleWhileRevalidate = p.grace
	}
	if !f.HasStaleIfError {
		f.StaleIfError = p.grace
	}
	return f
}

// heuristic is how a lifetime is guessed: by a shared cache only. The others are
// told by their owner.
func (p *policy) heuristic() rfc9111.Heuristic {
	if p.face != shared {
		return rfc9111.Heuristic{Max: -1}
	}
	return rfc9111.Heuristic{}
}

// ownLifetime is the lifetime that the cache gives to a response, if it does.
func (p *policy) ownLifetime(status int, says rfc9111.Source) (ttl time.Duration, own bool) {
	if ttl, ok := p.statusTTL[status]; ok {
		return ttl, true
	}
	explicit := says != rfc9111.SourceNone && says != rfc9111.SourceHeuristic
	switch {
	case p.face == perView:
		return p.ttl, status == http.StatusOK
	case p.face == perSite:
		return p.ttl, status == http.StatusOK && !explicit
	}
	return p.ttl, p.ttl > 0 && says == rfc9111.SourceNone && rfc9111.IsHeuristicallyCacheable(status)
}

// keep is for how long an entry is stored: as long as it may be served, and if
// the origin can validate it for some time more.
func (p *policy) keep(f *rfc9111.Freshness, age time.Duration, validatable bool) time.Duration {
	stale := max(f.StaleWhileRevalidate, f.StaleIfError)
	if validatable || p.face == shared {
		stale = max(stale, p.keepStale(f.Lifetime))
	}
	return f.Lifetime - age + stale
}

// keepStale is for how long a response that can be validated is kept beyond its
// lifetime. A shared cache also serves clients that say max-stale.
func (p *policy) keepStale(lifetime time.Duration) time.Duration {
	const longest = 24 * time.Hour
	if p.face == shared {
		return longest
	}
	return min(max(lifetime, 0), longest)
}

// trusts reports whether the peer's forwarded fields count.
func (p *policy) trusts(remote netip.Addr) bool {
	return slices.ContainsFunc(p.trustedProxies, func(prefix netip.Prefix) bool {
		return prefix.Contains(remote.Unmap())
	})
}
