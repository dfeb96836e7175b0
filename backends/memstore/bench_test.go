package memstore_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/backends/memstore"
)

// contestant is a way to get and set the value of the i-th key: otter used
// directly, on strings, or the store, on bytes.
type contestant struct {
	get func(i int) bool
	set func(i int, value []byte)
}

// contestants open each of them on n keys with values of size bytes, which
// fill half of it: the least at which otter allocates its frequency sketch.
var contestants = []struct {
	name string
	open func(b *testing.B, n, size int) contestant
}{
	{"otter", func(b *testing.B, n, _ int) contestant { return openOtter(b, n, nil) }},
	{"otter-coarse", func(b *testing.B, n, _ int) contestant {
		clock := otter.NewCoarseClock(2 * time.Millisecond)
		b.Cleanup(clock.Stop)
		return openOtter(b, n, clock)
	}},
	{"memstore-entries", func(b *testing.B, n, _ int) contestant {
		return openStore(b, n, memstore.Options{MaxEntries: int64(2 * n)})
	}},
	{"memstore-bytes", func(b *testing.B, n, size int) contestant {
		entry := len(benchKey(0)) + size + memstore.EntryOverhead
		return openStore(b, n, memstore.Options{MaxBytes: int64(2 * n * entry)})
	}},
}

func openOtter(b *testing.B, n int, clock otter.Clock) contestant {
	c := otter.Must(&otter.Options[string, []byte]{
		MaximumSize:      2 * n,
		ExpiryCalculator: otter.ExpiryWriting[string, []byte](time.Hour),
		Clock:            clock,
	})
	b.Cleanup(func() { c.StopAllGoroutines() })
	keys := make([]string, n)
	for i := range keys {
		keys[i] = benchKey(i)
	}
	return contestant{
		get: func(i int) bool { _, ok := c.GetIfPresent(keys[i]); return ok },
		set: func(i int, value []byte) {
			c.Set(string([]byte(keys[i])), append([]byte(nil), value...))
		},
	}
}

func openStore(b *testing.B, n int, opts memstore.Options) contestant {
	s := open(b, opts)
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(cancel)
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = []byte(benchKey(i))
	}
	return contestant{
		get: func(i int) bool { _, err := s.Get(ctx, keys[i]); return err == nil },
		set: func(i int, value []byte) {
			if err := s.Set(ctx, keys[i], value, time.Hour); err != nil {
				b.Error(err)
			}
		},
	}
}

func benchKey(i int) string { return fmt.Sprintf(":1:user:%07d", i) }

// spread visits all of n keys in an order that no prefetcher follows.
func spread(i, n int) int { return int(uint64(i) * 11400714819323198485 % uint64(n)) }

func BenchmarkGet(b *testing.B) {
	eachContestant(b, func(c contestant, i int, _ []byte) {
		if !c.get(i) {
			b.Error("a miss")
		}
	})
}

func BenchmarkSet(b *testing.B) {
	eachContestant(b, func(c contestant, i int, value []byte) { c.set(i, value) })
}

// eachContestant runs op serially and in parallel over 100 000 entries of
// 256 bytes.
func eachContestant(b *testing.B, op func(c contestant, i int, value []byte)) {
	const n = 100_000
	value := make([]byte, 256)
	for _, contestant := range contestants {
		c := contestant.open(b, n, len(value))
		for i := range n {
			c.set(i, value)
		}
		b.Run(contestant.name+"/serial", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				op(c, spread(i, n), value)
			}
		})
		b.Run(contestant.name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			var goroutines atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for i := int(goroutines.Add(1)) * 7919; pb.Next(); i++ {
					op(c, spread(i, n), value)
				}
			})
		})
	}
}

// BenchmarkEntryOverhead reports the heap per entry of a full million, less the
// bytes of key and value, after the first write of each and after the second,
// which is updated in place. [memstore.EntryOverhead] is its result.
func BenchmarkEntryOverhead(b *testing.B) {
	const n = 1_000_000
	for _, size := range []int{16, 100, 256, 1000} {
		for _, contestant := range contestants {
			b.Run(fmt.Sprintf("%s/%d", contestant.name, size), func(b *testing.B) {
				value := make([]byte, size)
				for b.Loop() {
					c := contestant.open(b, n, size)
					before := heapInUse()
					for i := range n {
						c.set(i, value)
					}
					once := heapInUse()
					for i := range n {
						c.set(i, value)
					}
					twice := heapInUse()
					accounted := float64(len(benchKey(0)) + size)
					b.ReportMetric(float64(once-before)/n-accounted, "overhead-B/entry")
					b.ReportMetric(float64(twice-before)/n-accounted, "overhead-updated-B/entry")
					b.ReportMetric(float64(once-before)/n, "B/entry")
					runtime.KeepAlive(c)
				}
			})
		}
	}
}

func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
