package rfc9111

import (
	"math"
	"time"
)

// RequestDirectives are the directives of a request (section 5.2.1). A cache may
// leave them unheeded; the zero value is a request without any.
//
// What cannot be read counts as the client's strictest wish; of two values, the
// stricter counts.
type RequestDirectives struct {
	NoCache      bool
	NoStore      bool
	OnlyIfCached bool

	// MaxAge is the greatest age that the client takes, if HasMaxAge is set.
	MaxAge    time.Duration
	HasMaxAge bool

	// MinFresh is for how long the response is to be fresh still.
	MinFresh time.Duration

	// MaxStale is for how long it may have been stale, if HasMaxStale is set:
	// any time, the longest Duration, for max-stale without an argument.
	MaxStale    time.Duration
	HasMaxStale bool

	// StaleIfError is for how long it may have been stale if there is an error
	// (RFC 5861, section 4).
	StaleIfError    time.Duration
	HasStaleIfError bool
}

// ParseRequestDirectives reads the lines of Cache-Control and, if there are
// none, those of Pragma, whose no-cache is the same (section 5.4). A request of
// the usual form costs no allocation.
func ParseRequestDirectives(cacheControl, pragma []string) RequestDirectives {
	var d RequestDirectives
	if len(cacheControl) == 0 {
		for next := range eachDirective(pragma) {
			d.NoCache = d.NoCache || next.name == "no-cache"
		}
		return d
	}
	for next := range eachDirective(cacheControl) {
		d.set(next)
	}
	return d
}

func (d *RequestDirectives) set(next directive) {
	seconds, ok := ParseDeltaSeconds(next.argument)
	switch next.name {
	case "no-cache":
		d.NoCache = true
	case "no-store":
		d.NoStore = true
	case "only-if-cached":
		d.OnlyIfCached = true
	case "max-age":
		d.MaxAge, d.HasMaxAge = smaller(seconds, d.MaxAge, d.HasMaxAge), true
	case "min-fresh":
		if !ok {
			seconds = maxLifetime
		}
		d.MinFresh = max(d.MinFresh, seconds)
	case "max-stale":
		if !next.assigned {
			seconds = math.MaxInt64
		}
		d.MaxStale, d.HasMaxStale = smaller(seconds, d.MaxStale, d.HasMaxStale), true
	case "stale-if-error":
		d.StaleIfError, d.HasStaleIfError = smaller(seconds, d.StaleIfError, d.HasStaleIfError), true
	}
}

// smaller returns the smaller of two values if there is an earlier one.
func smaller(value, earlier time.Duration, repeated bool) time.Duration {
	if repeated {
		return min(value, earlier)
	}
	return value
}

// isTooOld reports whether max-age refuses a response of this age. max-age=0
// refuses all, however short the time since the response was made.
func (d *RequestDirectives) isTooOld(age time.Duration) bool {
	return d.HasMaxAge && (age > d.MaxAge || d.MaxAge == 0)
}

// takesStale reports whether the client has not said that it wants no stale
// response, as it has with max-age and without max-stale (section 5.2.1.1).
func (d *RequestDirectives) takesStale() bool { return !d.HasMaxAge || d.HasMaxStale }
