package acceptance_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// beyondDouble is the first integer that a double cannot hold.
const beyondDouble = 1<<53 + 1

// Counters are exact beyond the integers of a double.
func TestCountersAreExactBeyondTheIntegersOfADouble(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		c := open(t, b.URL(t))
		setCounter(t, c, beyondDouble)
		wantCount(t, c, 1, beyondDouble+1)
		wantCount(t, c, 2, beyondDouble+3)
		wantCount(t, c, 1<<62, beyondDouble+3+1<<62)
		wantCount(t, c, -(1 << 62), beyondDouble+3)
		wantCount(t, c, -2, beyondDouble+1)
		wantCounter(t, c, beyondDouble+1)
	})
}

// Counters stop at the largest integer with ErrOverflow.
func TestCountersStopAtTheLargestInteger(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		c := open(t, b.URL(t))
		setCounter(t, c, math.MaxInt64-1)
		wantOverflow(t, c, 2, math.MaxInt64-1)
		wantOverflow(t, c, math.MaxInt64, math.MaxInt64-1)
		wantCount(t, c, 1, math.MaxInt64)
		wantOverflow(t, c, 1, math.MaxInt64)
		wantCount(t, c, -1, math.MaxInt64-1)
	})
}

// Counters stop at the smallest integer with ErrOverflow.
func TestCountersStopAtTheSmallestInteger(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		c := open(t, b.URL(t))
		setCounter(t, c, math.MinInt64+1)
		if b.UnsignedCounters {
			if _, err := c.Incr(t.Context(), counter, -1); !errors.Is(err, cache.ErrNotInteger) {
				t.Errorf("error %v, want ErrNotInteger", err)
			}
			wantCounter(t, c, math.MinInt64+1)
			return
		}
		wantOverflow(t, c, -2, math.MinInt64+1)
		wantCount(t, c, -1, math.MinInt64)
		wantOverflow(t, c, -1, math.MinInt64)
		wantOverflow(t, c, math.MinInt64, math.MinInt64)
		wantCount(t, c, math.MaxInt64, -1)
	})
}

// Every increment of every process counts once.
func TestEveryIncrementOfEveryProcessCountsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		c := open(t, address)
		setCounter(t, c, beyondDouble)
		var counted []int64
		for _, r := range together(t, b, "count", address, c) {
			counted = append(counted, r.Counted...)
		}
		const all = processes * writers * increments
		want := make([]int64, all)
		for i := range want {
			want[i] = beyondDouble + 1 + int64(i)
		}
		slices.Sort(counted)
		if !slices.Equal(counted, want) {
			t.Errorf("Incr gave %d results, %d of them different, want each of the next %d integers once",
				len(counted), len(slices.Compact(slices.Clone(counted))), all)
		}
		wantCounter(t, c, beyondDouble+all)
	})
}

// Of all writers one counts to the largest integer, and none beyond.
func TestOneOfAllWritersCountsToTheLargestIntegerAndNoneBeyond(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		c := open(t, address)
		setCounter(t, c, math.MaxInt64-1)
		var counted []int64
		refused := 0
		for _, r := range together(t, b, "count", address, c) {
			counted, refused = append(counted, r.Counted...), refused+r.Refused
		}
		if !slices.Equal(counted, []int64{math.MaxInt64}) {
			t.Errorf("Incr gave %d, want MaxInt64 once", counted)
		}
		if want := processes*writers*increments - 1; refused != want {
			t.Errorf("%d were refused, want %d", refused, want)
		}
		if b.UnsignedCounters {
			// It may have been counted past the end, and is no integer then.
			var n int64
			if found, err := c.Get(t.Context(), counter, &n); err != nil || found && n != math.MaxInt64 {
				t.Errorf("afterwards %d, %t, %v, want MaxInt64 or nothing", n, found, err)
			}
			return
		}
		wantCounter(t, c, math.MaxInt64)
	})
}

// Of all writers in all processes one adds.
func TestOneOfAllWritersAdds(t *testing.T) {
	onEach(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		c := open(t, address)
		won := make(map[string]int)
		for _, r := range together(t, b, "add", address, c) {
			for key, n := range r.Won {
				won[key] += n
			}
		}
		for i := range addKeys {
			if n := won[addKey(i)]; n != 1 {
				t.Errorf("%s was added %d times", addKey(i), n)
			}
		}
	})
}

func setCounter(t *testing.T, c cache.Cache, n int64) {
	t.Helper()
	if err := c.Set(t.Context(), counter, n); err != nil {
		t.Fatal(err)
	}
}

func wantCount(t *testing.T, c cache.Cache, delta, want int64) {
	t.Helper()
	if n, err := c.Incr(t.Context(), counter, delta); err != nil || n != want {
		t.Errorf("Incr by %d gives %d, %v, want %d", delta, n, err, want)
	}
}

func wantOverflow(t *testing.T, c cache.Cache, delta, stays int64) {
	t.Helper()
	if n, err := c.Incr(t.Context(), counter, delta); !errors.Is(err, cache.ErrOverflow) {
		t.Errorf("Incr by %d gives %d, %v, want ErrOverflow", delta, n, err)
	}
	wantCounter(t, c, stays)
}

func wantCounter(t *testing.T, c cache.Cache, want int64) {
	t.Helper()
	var n int64
	if found, err := c.Get(t.Context(), counter, &n); err != nil || !found || n != want {
		t.Errorf("the counter is %d, %t, %v, want %d", n, found, err, want)
	}
}
