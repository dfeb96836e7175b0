package rfc9111

import (
	"slices"
	"time"
)

// Source says what gave a response its freshness lifetime.
type Source uint8

// The sources, the one that counts first before the others (section 4.2.1).
const (
	SourceNone      Source = iota // nothing did: to be validated before each use
	SourceSMaxAge                 // s-maxage
	SourceMaxAge                  // max-age
	SourceExpires                 // Expires less Date
	SourceHeuristic               // a guess from Last-Modified (section 4.2.2)
)

// String returns the name of the source as it is in a response.
func (s Source) String() string {
	return [...]string{"none", "s-maxage", "max-age", "Expires", "heuristic"}[s]
}

// Freshness is what the reuse of a stored response depends on except for its age.
// It is read once, when the response is stored.
type Freshness struct {
	Lifetime time.Duration // freshness_lifetime, at most 2^31 seconds
	Source   Source

	// StaleWhileRevalidate and StaleIfError are the windows of RFC 5861, counted
	// from the end of the lifetime. A cache with windows of its own puts them
	// in where the response says nothing, which is what the other two say.
	StaleWhileRevalidate    time.Duration
	StaleIfError            time.Duration
	HasStaleWhileRevalidate bool
	HasStaleIfError         bool

	NoCache   bool // never to be reused without validation
	Immutable bool // RFC 8246

	// MustRevalidate says that it must not be served stale: must-revalidate or
	// proxy-revalidate.
	MustRevalidate bool

	// SharedRevalidate says that s-maxage, by which a stale response must not
	// be served either (section 5.2.2.10), is there. The windows that the same
	// response gives are stronger: many origins send both, and mean it.
	SharedRevalidate bool
}

// Heuristic says how a lifetime is guessed where a response gives none (section
// 4.2.2).
type Heuristic struct {
	// Percent of the time since Last-Modified; 0 is 10.
	Percent int

	// Max is the longest lifetime that is guessed; 0 is 24 hours, and less
	// forbids to guess.
	Max time.Duration
}

// FreshnessOf returns the freshness of a response with this control, status
// code and header, received at that time.
func FreshnessOf(c *Control, status int, header map[string][]string, received time.Time, h Heuristic) Freshness {
	f := Freshness{
		StaleWhileRevalidate:    c.StaleWhileRevalidate,
		StaleIfError:            c.StaleIfError,
		HasStaleWhileRevalidate: c.HasStaleWhileRevalidate,
		HasStaleIfError:         c.HasStaleIfError,
		NoCache:                 c.NoCache || slices.ContainsFunc(c.NoCacheFields, IsEssential),
		Immutable:               c.Immutable,
		MustRevalidate:          c.MustRevalidate || c.ProxyRevalidate,
		SharedRevalidate:        c.HasSMaxAge,
	}
	f.Lifetime, f.Source = lifetime(c, status, header, received, h)
	return f
}

func lifetime(c *Control, status int, header map[string][]string, received time.Time, h Heuristic) (time.Duration, Source) {
	switch {
	case c.HasSMaxAge:
		return c.SMaxAge, SourceSMaxAge
	case c.HasMaxAge:
		return c.MaxAge, SourceMaxAge
	case c.hasExpires(header):
		return expiresLifetime(header, received), SourceExpires
	case !IsHeuristicallyCacheable(status) && !c.Public:
		return 0, SourceNone
	}
	return h.lifetime(header, received)
}

// expiresLifetime returns Expires less Date. A date that cannot be read is in
// the past (section 5.3), and so are lines that contradict each other (section
// 4.2.1).
func expiresLifetime(header map[string][]string, received time.Time) time.Duration {
	lines := header["Expires"]
	expires, ok := ParseDateAt(lines[0], received)
	for _, line := range lines[1:] {
		ok = ok && line == lines[0]
	}
	if !ok {
		return 0
	}
	return min(max(expires.Sub(DateOf(header, received)), 0), maxLifetime)
}

func (h Heuristic) lifetime(header map[string][]string, received time.Time) (time.Duration, Source) {
	modified, ok := singleDate(header["Last-Modified"], received)
	if !ok || h.Max < 0 {
		return 0, SourceNone
	}
	if h.Percent == 0 {
		h.Percent = 10
	}
	if h.Max == 0 {
		h.Max = 24 * time.Hour
	}
	age := min(max(DateOf(header, received).Sub(modified), 0), maxLifetime)
	return min(age/100*time.Duration(h.Percent), h.Max, maxLifetime), SourceHeuristic
}
