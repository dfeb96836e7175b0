package cachetest_test

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var timeoutMutants = []mutant{{
	how:   "expires one tick late",
	fails: []string{"timeout/expired-when-now-equals-expiry", "timeout/renewed-from-now", "counter/keeps-expiry-to-the-tick"},
	bend: func(b *bent) {
		b.expired = func(now, expiry time.Time) bool { return !expiry.IsZero() && now.After(expiry) }
	},
}, {
	how:   "expires one tick early",
	fails: []string{"timeout/present-until-expiry", "timeout/rounds-up"},
	bend: func(b *bent) {
		right := b.expired
		b.expired = func(now, expiry time.Time) bool { return right(now.Add(1), expiry) }
	},
}, {
	how:   "takes a jump of the clock for a mistake",
	fails: []string{"timeout/ended-when-the-clock-jumps-forward"},
	bend: func(b *bent) {
		right := b.expired
		b.expired = func(now, expiry time.Time) bool { return right(now, expiry) && now.Sub(expiry) < time.Minute }
	},
}, {
	how:   "nothing expires",
	fails: []string{"timeout/ends", "timeout/each-entry-its-own", "async/ttl"},
	bend:  func(b *bent) { b.expired = func(_, _ time.Time) bool { return false } },
}, {
	how:      "nothing expires, on its own clock",
	fails:    []string{"timeout/ends", "touch/shortens", "many/get-expired-is-nil"},
	ownClock: true,
	bend:     func(b *bent) { b.expired = func(_, _ time.Time) bool { return false } },
}, {
	how:   "never is a second",
	fails: []string{"timeout/never"},
	bend:  func(b *bent) { bendNever(b, time.Second) },
}, {
	how:   "never is 30 years",
	fails: []string{"timeout/never-in-a-hundred-years", "expirer/never"},
	bend:  func(b *bent) { bendNever(b, 30*365*24*time.Hour) },
}, {
	how:      "a ttl below a second is none",
	fails:    []string{"timeout/rounds-up"},
	ownClock: true,
	bend: func(b *bent) {
		right := b.expiry
		b.expiry = func(now time.Time, ttl time.Duration) time.Time {
			if ttl < time.Second {
				ttl = driver.Never
			}
			return right(now, ttl)
		}
	},
}, {
	how:   "the expiry overflows",
	fails: []string{"timeout/does-not-overflow"},
	bend: func(b *bent) {
		right := b.expiry
		b.expiry = func(now time.Time, ttl time.Duration) time.Time {
			if ttl == driver.Never {
				return right(now, ttl)
			}
			return time.Unix(0, now.UnixNano()+int64(ttl))
		}
	},
}, {
	how:   "Touch adds to the old expiry",
	fails: []string{"timeout/renewed-from-now"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			old, _ := b.raw(key)
			head, err := b.memory.Touch(ctx, key, ttl)
			b.alter(key, func(e *entry) { e.expiry = old.expiry.Add(ttl) })
			return head, err
		}
	},
}}

// bendNever makes never something else.
func bendNever(b *bent, instead time.Duration) {
	right := b.expiry
	b.expiry = func(now time.Time, ttl time.Duration) time.Time {
		return right(now, min(ttl, instead))
	}
}
