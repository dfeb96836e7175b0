package targets

import (
	"context"
	"fmt"
	"runtime"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/cache"
)

func memory(ctx context.Context, l *Lab) error {
	n := 1_000_000
	bound := int64(256 << 20)
	if l.Effort == Quick {
		n, bound = 200_000, 64<<20
	}
	ours, err := BytesPerEntry(rivals.Larder, n, entrySize)
	if err != nil {
		return err
	}
	otters, err := BytesPerEntry(rivals.Otter, n, entrySize)
	if err != nil {
		return err
	}
	l.report("heap per entry of 256 B", Bytes, ours, Bound{})
	l.report("heap per entry of 256 B, otter", Bytes, otters, Bound{})
	l.report("heap per entry, to otter's", Ratio, ours/otters, AtMost(1.1))

	used, err := bounded(ctx, bound)
	if err != nil {
		return err
	}
	l.report("heap of a full store, to its bound in bytes", Ratio, used/float64(bound), AtMost(1.05))
	return nil
}

// BytesPerEntry returns the heap that an entry of size bytes takes in a rival
// that holds n of them, its key included.
func BytesPerEntry(r rivals.Rival, n, size int) (float64, error) {
	before := heap()
	c, shut, err := r.Open(n, size)
	if err != nil {
		return 0, err
	}
	for i := range n {
		c.Set(fmt.Sprintf("user:%07d", i), make([]byte, size))
	}
	rivals.Settle(c)
	used := heap() - before
	runtime.KeepAlive(c)
	shut()
	return used / float64(n), nil
}

// bounded returns the heap of a store that was bounded by bytes and filled with
// four times as many.
func bounded(ctx context.Context, bound int64) (float64, error) {
	before := heap()
	store, err := memstore.New(memstore.Options{MaxBytes: bound})
	if err != nil {
		return 0, err
	}
	c, err := cache.New(store, cache.Config{})
	if err != nil {
		return 0, err
	}
	const size = 1000
	for i := range int(4 * bound / size) {
		if err := c.SetBytes(ctx, fmt.Sprintf("user:%07d", i), make([]byte, size)); err != nil {
			return 0, err
		}
	}
	used := heap() - before
	runtime.KeepAlive(c)
	return used, store.Shutdown(ctx)
}

// heap returns the bytes that are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first has finalised
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
