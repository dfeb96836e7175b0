package memcachestore_test

import (
	"math"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
)

// A timeout is rounded up to seconds, and sent as an absolute time over thirty days.
// Django, BaseMemcachedCache
func TestATimeoutIsRoundedUpAndAbsoluteOverThirtyDays(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Unix(1_800_000_000, 999_999_999)
	for ttl, want := range map[time.Duration]int32{
		driver.Never:             0,
		1:                        1,
		time.Millisecond:         1,
		time.Second - 1:          1,
		time.Second:              1,
		time.Second + 1:          2,
		300 * time.Second:        300,
		30*day - time.Second:     2_591_999,
		30 * day:                 2_592_000,
		30*day + 1:               1_802_592_001,
		31 * day:                 1_802_678_400,
		200 * 365 * day:          math.MaxInt32,
		driver.Never - 1:         math.MaxInt32,
		30*day - 1:               2_592_000,
		30*day + time.Second:     1_802_592_001,
		30*day + time.Second + 1: 1_802_592_002,
	} {
		if got := memcachestore.Expiration(ttl, now); got != want {
			t.Errorf("a ttl of %v is sent as %d, want %d", ttl, got, want)
		}
	}
}
