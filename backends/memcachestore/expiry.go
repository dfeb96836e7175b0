package memcachestore

import (
	"math"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// maxRelative is the longest time that Memcached takes for relative. It takes
// a greater number for seconds since 1970.
const maxRelative = 30 * 24 * time.Hour

// expiration returns ttl as Memcached wants it: whole seconds, rounded up. The
// protocol client has 32 bits for it, so a ttl that ends after January 2038
// ends then.
func expiration(ttl time.Duration, now func() time.Time) int32 {
	switch {
	case ttl == driver.Never:
		return 0
	case ttl <= maxRelative:
		return int32(wholeSeconds(ttl))
	}
	return int32(min(now().Unix()+wholeSeconds(ttl), math.MaxInt32))
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int64 {
	seconds := int64(d / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	return seconds
}
