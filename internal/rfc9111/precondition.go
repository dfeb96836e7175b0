package rfc9111

import (
	"net/http"
	"strings"
	"time"
)

// Validators is what conditions are held against (RFC 9110, section 8.8).
type Validators struct {
	ETag         ETag
	LastModified time.Time // zero if the response does not say, or not validly
	Date         time.Time // when it was made, or received; zero if it is not to stand in for LastModified
}

// ValidatorsOf reads the validators of a response that was received at that
// time.
func ValidatorsOf(header map[string][]string, received time.Time) Validators {
	modified, _ := singleDate(header["Last-Modified"], received)
	return Validators{ETag: ParseETag(header["Etag"]), LastModified: modified, Date: DateOf(header, received)}
}

// hasStrongDate reports whether Last-Modified is a strong validator: the
// response was made at least a second later, so it cannot have changed twice
// within it (RFC 9110, section 8.8.2.2).
func (v *Validators) hasStrongDate() bool {
	return !v.LastModified.IsZero() && v.Date.Sub(v.LastModified) >= time.Second
}

// Outcome is what the conditions of a request make of the answer to it.
type Outcome uint8

// The outcomes.
const (
	OutcomeProceed            Outcome = iota // as if there were no condition; Range counts
	OutcomeNotModified                       // 304
	OutcomePreconditionFailed                // 412
	OutcomeIgnoreRange                       // the whole representation, whatever Range says
)

// Evaluate holds the conditions of a request against a stored response with
// these validators, in the order of RFC 9110, section 13.2.2. Conditions only
// count where the answer were 2xx without them (section 13.2.1), which is for the
// caller to know. now is for dates with a year of two digits.
//
// If-Match and If-Unmodified-Since protect what is at the origin, and "are not
// applicable to a cache" (RFC 9111, section 4.3.2): a proxy passes such a request
// on instead. A cache in front of its own handlers is the origin.
func (v *Validators) Evaluate(method string, request map[string][]string, now time.Time) Outcome {
	if !v.meetsProtection(request, now) {
		return OutcomePreconditionFailed
	}
	reads := method == http.MethodGet || method == http.MethodHead
	if lines := request["If-None-Match"]; lines != nil {
		switch {
		case !v.ETag.matchesAny(lines, ETag.WeakEqual):
			// If-Modified-Since does not count, even if this is malformed.
		case reads:
			return OutcomeNotModified
		default:
			return OutcomePreconditionFailed
		}
	} else if reads && v.isUnmodifiedSince(request["If-Modified-Since"], now) {
		return OutcomeNotModified
	}
	if method == http.MethodGet && request["Range"] != nil && !v.meetsIfRange(request["If-Range"], now) {
		return OutcomeIgnoreRange
	}
	return OutcomeProceed
}

// meetsProtection evaluates If-Match or, without it, If-Unmodified-Since (RFC
// 9110, sections 13.1.1 and 13.1.4).
func (v *Validators) meetsProtection(request map[string][]string, now time.Time) bool {
	if lines := request["If-Match"]; lines != nil {
		return v.ETag.matchesAny(lines, ETag.StrongEqual)
	}
	since, ok := singleDate(request["If-Unmodified-Since"], now)
	return !ok || v.LastModified.IsZero() || !v.LastModified.After(since)
}

// isUnmodifiedSince evaluates If-Modified-Since (RFC 9110, section 13.1.3).
// Without Last-Modified, Date stands in for it (RFC 9111, section 4.3.2).
func (v *Validators) isUnmodifiedSince(lines []string, now time.Time) bool {
	since, ok := singleDate(lines, now)
	if !ok {
		return false
	}
	modified := v.LastModified
	if modified.IsZero() {
		modified = v.Date.Truncate(time.Second)
	}
	return !modified.IsZero() && !modified.After(since)
}

// meetsIfRange evaluates If-Range (RFC 9110, section 13.1.5): a strong tag that
// matches, or exactly the date, if that is strong.
func (v *Validators) meetsIfRange(lines []string, now time.Time) bool {
	if len(lines) == 0 {
		return true
	}
	if len(lines) > 1 {
		return false
	}
	if strings.Contains(lines[0], `"`) {
		return v.ETag.StrongEqual(ParseETag(lines))
	}
	date, ok := ParseDateAt(lines[0], now)
	return ok && v.hasStrongDate() && date.Equal(v.LastModified)
}
