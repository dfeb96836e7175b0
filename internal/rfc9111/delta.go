package rfc9111

import "time"

// maxDelta is what delta-seconds that are too large to represent count as
// (section 1.2.2), and maxLifetime the same as a duration. No age or lifetime
// is longer, so that their sums never overflow.
const (
	maxDelta    = 1 << 31
	maxLifetime = maxDelta * time.Second
)

// ParseDeltaSeconds reads delta-seconds: one or more digits and nothing else,
// so no sign, fraction or blank. A value of 2^31 or more is 2^31 seconds.
func ParseDeltaSeconds(s string) (time.Duration, bool) {
	if s == "" {
		return 0, false
	}
	var seconds int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		seconds = min(seconds*10+int64(s[i]-'0'), maxDelta)
	}
	return time.Duration(seconds) * time.Second, true
}
