//go:build !race

package codec_test

import (
	"testing"
	"time"

	"github.com/larder-go/larder/cache/codec"
)

// The race detector allocates for itself, so this test runs without it.

// Checking a map before it is encoded allocates nothing for each entry.
func TestLookingAtAMapAllocatesNothingForEachEntry(t *testing.T) {
	tables := func(entries int) (nested map[int][]any, times map[int]time.Time) {
		nested, times = make(map[int][]any), make(map[int]time.Time)
		for i := range entries {
			nested[i], times[i] = []any{"a"}, time.Unix(int64(i), 0)
		}
		return nested, times
	}
	buf := make([]byte, 0, 1<<16)
	allocations := func(v any) float64 {
		return testing.AllocsPerRun(20, func() {
			if _, err := codec.CBOR.Append(buf, v); err != nil {
				t.Error(err)
			}
		})
	}
	few, fewTimes := tables(10)
	many, manyTimes := tables(210)
	if n := allocations(many) - allocations(few); n > 5 {
		t.Errorf("200 lists more in a map: %v allocations", n)
	}
	// The codec itself allocates the text of a time.
	if n := allocations(manyTimes) - allocations(fewTimes); n > 205 {
		t.Errorf("200 times more in a map: %v allocations", n)
	}
}
