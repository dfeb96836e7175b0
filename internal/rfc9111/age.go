package rfc9111

import (
	"strconv"
	"strings"
	"time"
)

// ParseAge reads the lines of Age (section 5.1). Of a list, and of several
// lines, the first member counts. A value that is no number of seconds is
// ignored: ok is false then, and if there is no line. A number of 2^31 or more
// is 2^31 seconds.
//
// Parameters, which Age does not have, are cut off rather than the whole value
// ignored: that can only make a response older.
func ParseAge(lines []string) (age time.Duration, ok bool) {
	if len(lines) == 0 {
		return 0, false
	}
	first, _, _ := strings.Cut(lines[0], ",")
	first, _, _ = strings.Cut(first, ";")
	return ParseDeltaSeconds(strings.Trim(first, " \t"))
}

// InitialAge returns the corrected_initial_age of a response (section 4.2.3):
// what it was old when it was received. requested and received are the times of
// the request that it answers and of its arrival, by the cache's own clock.
func InitialAge(header map[string][]string, requested, received time.Time) time.Duration {
	value, _ := ParseAge(header["Age"])
	corrected := value + min(max(received.Sub(requested), 0), maxLifetime)
	return max(apparentAge(header, received), corrected)
}

// apparentAge is how far Date is behind. Date has no fractions, so the second
// in which the response arrived counts and not the instant: else all that is
// made in this process would be up to a second old at birth.
func apparentAge(header map[string][]string, received time.Time) time.Duration {
	date := DateOf(header, received)
	return min(max(received.Truncate(time.Second).Sub(date), 0), maxLifetime)
}

// CurrentAge returns the current_age of a stored response (section 4.2.3) from
// its InitialAge and the time at which it was received. A clock that went
// backwards does not make it younger.
func CurrentAge(initial time.Duration, received, now time.Time) time.Duration {
	return initial + min(max(now.Sub(received), 0), maxLifetime)
}

// AppendAge appends the value of the Age field to send: whole seconds, at most
// 2^31 (section 1.2.2).
func AppendAge(dst []byte, age time.Duration) []byte {
	seconds := min(max(age, 0), maxLifetime) / time.Second
	return strconv.AppendInt(dst, int64(seconds), 10)
}
