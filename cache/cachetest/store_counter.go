package cachetest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

var counterCases = []storeCase{{
	name: "counter/adds",
	rule: "Incr adds delta to the integer stored under key and returns the new value.",
	run: func(p *probe) {
		p.counts([]count{{"0", 1, 1}, {"1", 1, 2}, {"9", 1, 10}, {"99", 901, 1000}, {"5", 0, 5}, {"7", -3, 4}, {"7", -7, 0}})
	},
}, {
	name:  "counter/adds-below-zero",
	rule:  "Incr adds delta, which may be negative, to the integer stored under key.",
	needs: signedCounter,
	run: func(p *probe) {
		p.counts([]count{
			{"0", -1, -1}, {"-1", 1, 0}, {"-10", 3, -7}, {"5", -8, -3},
			{"0", math.MinInt64, math.MinInt64}, {"-1", math.MaxInt64, math.MaxInt64 - 1},
			{"9223372036854775807", math.MinInt64, -1}, {"-9223372036854775808", math.MaxInt64, -1},
			{"-9223372036854775807", -1, math.MinInt64}, {"-9223372036854775808", 0, math.MinInt64},
		})
	},
}, {
	name: "counter/is-exact",
	rule: "A decimal integer in the form of AppendInteger is one that a Counter can increment.",
	run: func(p *probe) {
		p.counts([]count{
			{"9007199254740992", 1, 1<<53 + 1}, {"9007199254740993", 1, 1<<53 + 2},
			{"9223372036854775806", 1, math.MaxInt64}, {"0", math.MaxInt64, math.MaxInt64}, {"9223372036854775807", 0, math.MaxInt64},
			{"9223372036854775807", -math.MaxInt64, 0}, {"1234567890123456789", 1, 1234567890123456790},
		})
	},
}, {
	name: "counter/continues",
	rule: "Incr adds delta to the integer stored under key in the form of AppendInteger.",
	run: func(p *probe) {
		p.adds(key, "1", driver.Never, true)
		p.incrs(key, 1, 2)
		p.incrs(key, 10, 12)
		p.adds(key, "0", driver.Never, false)
		p.set(key, "40", driver.Never)
		p.incrs(key, 2, 42)
		p.holds(key, "42")
	},
}, {
	name: "counter/keeps-expiry",
	rule: "Incr keeps the expiry.",
	run: func(p *probe) {
		const ends, stays = key, other
		p.set(ends, "1", p.h.short())
		p.set(stays, "1", driver.Never)
		p.incrs(ends, 1, 2)
		p.incrs(stays, 1, 2)
		p.advance(p.h.short())
		p.absent(ends)
		p.holds(stays, "2")
	},
}, {
	name:  "counter/keeps-expiry-to-the-tick",
	rule:  "Incr keeps the expiry.",
	needs: fakeClock,
	run: func(p *probe) {
		p.set(key, "1", p.h.short())
		p.advance(p.h.short() - p.h.tick())
		p.incrs(key, 1, 2)
		p.holds(key, "2")
		p.advance(p.h.tick())
		p.absent(key)
	},
}, {
	name: "counter/missing-is-not-found",
	rule: "A missing key is ErrNotFound.",
	run: func(p *probe) {
		p.incrFails(key, 1, driver.ErrNotFound)
		p.absent(key)
		p.incrFails(key, 0, driver.ErrNotFound)
		p.absent(key)
	},
}, {
	name: "counter/expired-is-not-found",
	rule: "An expired key is ErrNotFound.",
	run: func(p *probe) {
		p.set(key, "1", p.h.short())
		p.advance(p.h.short())
		p.incrFails(key, 1, driver.ErrNotFound)
		p.absent(key)
	},
}, {
	name: "counter/not-an-integer",
	rule: "Any other value is ErrNotInteger, and leaves the entry as it was.",
	run: func(p *probe) {
		p.refuseToCount("", "abc", "1.5", "1e3", "12a", "a12", "0x10", "1,000", "\x00", "\x01larder\x00\x00\x00\x01", "null", "-", "٣",
			strings.Repeat("x", 1000))
	},
}, {
	name:  "counter/not-quite-an-integer",
	rule:  "Any other value is ErrNotInteger, and leaves the entry as it was.",
	needs: signedCounter,
	run: func(p *probe) {
		p.refuseToCount(" 1", "1\x00", "1 ", "1\n", "+1", "01", "00", "-0", "-01", "- 1", "--1", "1_000",
			"9223372036854775808", "-9223372036854775809", "99999999999999999999", strings.Repeat("1", 30))
	},
}, {
	name: "counter/overflow",
	rule: "A result outside of int64 is ErrOverflow.",
	run: func(p *probe) {
		for _, delta := range []int64{1, 2, math.MaxInt64} {
			p.set(key, "9223372036854775807", driver.Never)
			p.incrFails(key, delta, driver.ErrOverflow)
		}
	},
}, {
	name:  "counter/overflow-leaves-entry",
	rule:  "A result outside of int64 is ErrOverflow, and leaves the entry as it was.",
	needs: signedCounter,
	run: func(p *probe) {
		for _, c := range []struct {
			stored string
			delta  int64
		}{
			{"9223372036854775807", 1}, {"9223372036854775807", math.MaxInt64}, {"1", math.MaxInt64},
			{"-9223372036854775808", -1}, {"-9223372036854775808", math.MinInt64}, {"-1", math.MinInt64},
		} {
			p.set(key, c.stored, driver.Never)
			p.incrFails(key, c.delta, driver.ErrOverflow)
			p.holds(key, c.stored)
		}
	},
}, {
	name: "counter/is-atomic",
	rule: "Incr is atomic.",
	run: func(p *probe) {
		p.set(key, "0", driver.Never)
		p.countsTogether(key, func(int) driver.Counter { return ability[driver.Counter](p) })
	},
}}

// count is one Incr: of an entry that holds stored.
type count struct {
	stored      string
	delta, want int64
}

func (p *probe) counts(counts []count) {
	p.Helper()
	for _, c := range counts {
		p.set(key, c.stored, driver.Never)
		p.incrs(key, c.delta, c.want)
		p.holds(key, strconv.FormatInt(c.want, 10))
	}
}

func (p *probe) incrs(key string, delta, want int64) {
	p.Helper()
	n, err := ability[driver.Counter](p).Incr(p.Context(), []byte(key), delta)
	if err != nil || n != want {
		p.Errorf("Incr(%s, %d) = %d, %v, want %d", brief(key), delta, n, err, want)
	}
}

func (p *probe) incrFails(key string, delta int64, want error) {
	p.Helper()
	_, err := ability[driver.Counter](p).Incr(p.Context(), []byte(key), delta)
	p.matches(fmt.Sprintf("Incr(%s, %d)", brief(key), delta), err, want)
}

// refuseToCount fails the case unless none of values can be counted, and all
// stay as they are.
func (p *probe) refuseToCount(values ...string) {
	p.Helper()
	for _, value := range values {
		p.set(key, value, driver.Never)
		_, err := ability[driver.Counter](p).Incr(p.Context(), []byte(key), 1)
		p.matches("Incr of "+brief(value), err, driver.ErrNotInteger)
		p.holds(key, value)
	}
}

// countsTogether lets many goroutines count up key, which holds 0, each with
// the counter that counterOf gives it, and fails the case if a count is lost
// or the same number returned twice.
func (p *probe) countsTogether(key string, counterOf func(i int) driver.Counter) {
	p.Helper()
	const goroutines, rounds = 32, 10
	returned := make([][]int64, goroutines)
	p.together(goroutines, func(i int) error {
		for range rounds {
			n, err := counterOf(i).Incr(p.Context(), []byte(key), 1)
			if err != nil {
				return fmt.Errorf("calling Incr: %w", err)
			}
			returned[i] = append(returned[i], n)
		}
		return nil
	})
	p.holds(key, strconv.Itoa(goroutines*rounds))
	seen := make(map[int64]bool)
	for _, numbers := range returned {
		for _, n := range numbers {
			if seen[n] {
				p.Fatalf("two calls of Incr returned %d", n)
			}
			seen[n] = true
		}
	}
}
