package rfc9111

import "time"

// Decision is what a cache does with a stored response that was selected for a
// request.
type Decision uint8

// The decisions.
const (
	Serve              Decision = iota // as it is; fresh, or stale and allowed
	ServeAndRevalidate                 // stale; serve it, and validate it meanwhile (RFC 5861, section 3)
	Validate                           // ask the origin first
	GatewayTimeout                     // to be validated, and the client forbids it: 504 (section 5.2.1.7)
)

// String returns the decision in words.
func (d Decision) String() string {
	return [...]string{"serve", "serve and revalidate", "validate", "504"}[d]
}

// Cause is why a Decision was made.
type Cause uint8

// The causes.
const (
	CauseFresh                Cause = iota // section 4.2
	CauseStale                             // section 4.2
	CauseMustRevalidate                    // stale, and not to be served so (sections 5.2.2.2, 5.2.2.8, 5.2.2.10)
	CauseNoCache                           // no-cache in the response (section 5.2.2.4)
	CauseRequestNoCache                    // no-cache in the request (section 5.2.1.4)
	CauseRequestMaxAge                     // older than the request's max-age (section 5.2.1.1)
	CauseRequestMinFresh                   // not fresh for as long as min-fresh (section 5.2.1.3)
	CauseRequestMaxStale                   // stale, within max-stale (section 5.2.1.2)
	CauseStaleWhileRevalidate              // stale, within the window (RFC 5861, section 3)
)

// causes has for each cause its words and its section.
var causes = [...]struct{ text, section string }{
	CauseFresh:                {"fresh", "RFC 9111, section 4.2"},
	CauseStale:                {"stale", "RFC 9111, section 4.2"},
	CauseMustRevalidate:       {"stale, and must be revalidated", "RFC 9111, section 4.2.4"},
	CauseNoCache:              {"no-cache in the response", "RFC 9111, section 5.2.2.4"},
	CauseRequestNoCache:       {"no-cache in the request", "RFC 9111, section 5.2.1.4"},
	CauseRequestMaxAge:        {"older than the request's max-age", "RFC 9111, section 5.2.1.1"},
	CauseRequestMinFresh:      {"not fresh for as long as the request's min-fresh", "RFC 9111, section 5.2.1.3"},
	CauseRequestMaxStale:      {"stale, within the request's max-stale", "RFC 9111, section 5.2.1.2"},
	CauseStaleWhileRevalidate: {"stale, within stale-while-revalidate", "RFC 5861, section 3"},
}

// String returns the cause in words.
func (c Cause) String() string { return causes[c].text }

// Section returns where the rule is.
func (c Cause) Section() string { return causes[c].section }

// Reuse decides whether a response of this current_age may answer a request with
// these directives without being validated (sections 4 and 4.2.4). A cache that
// does not heed requests passes the zero RequestDirectives.
//
// A request's no-store forbids to store, not to serve what is stored (section
// 5.2.1.5).
func (f *Freshness) Reuse(age time.Duration, r *RequestDirectives) (Decision, Cause) {
	decision, cause := f.reuse(age, r)
	if decision == Validate && r.OnlyIfCached {
		decision = GatewayTimeout
	}
	return decision, cause
}

func (f *Freshness) reuse(age time.Duration, r *RequestDirectives) (Decision, Cause) {
	fresh := f.Lifetime > age
	switch {
	case f.NoCache:
		return Validate, CauseNoCache
	case r.NoCache:
		return Validate, CauseRequestNoCache
	case r.isTooOld(age) && !(f.Immutable && fresh): // RFC 8246: a reload need not be passed on
		return Validate, CauseRequestMaxAge
	case r.MinFresh > 0 && r.MinFresh > f.Lifetime-age:
		return Validate, CauseRequestMinFresh
	case fresh:
		return Serve, CauseFresh
	}
	return f.reuseStale(age-f.Lifetime, r)
}

// reuseStale decides about a response that has been stale for that long.
func (f *Freshness) reuseStale(staleness time.Duration, r *RequestDirectives) (Decision, Cause) {
	switch {
	case f.MustRevalidate:
		return Validate, CauseMustRevalidate
	case staleness < f.StaleWhileRevalidate && (f.HasStaleWhileRevalidate || !f.SharedRevalidate) && r.takesStale():
		return ServeAndRevalidate, CauseStaleWhileRevalidate
	case f.SharedRevalidate:
		return Validate, CauseMustRevalidate
	case r.HasMaxStale && staleness <= r.MaxStale:
		return Serve, CauseRequestMaxStale
	}
	return Validate, CauseStale
}

// AllowsOnError reports whether a response of this current_age may be served instead
// of an error that validating it has met with: 500, 502, 503, 504, or no
// response at all (RFC 5861, section 4), or what the cache counts as one. Response and request may each allow
// it. A cache with a window of its own has put it into StaleIfError where
// HasStaleIfError is not set.
func (f *Freshness) AllowsOnError(age time.Duration, r *RequestDirectives) bool {
	switch {
	case f.NoCache, f.MustRevalidate, r.NoCache:
		return false
	case f.SharedRevalidate && !f.HasStaleIfError:
		return false
	}
	return age-f.Lifetime < max(f.StaleIfError, r.StaleIfError)
}
