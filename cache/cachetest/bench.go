package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// What the benchmarks store: enough keys that goroutines seldom meet, and
// values of the size of a small rendered fragment.
const (
	benchKeys  = 1024
	benchValue = 256
	benchMany  = 100
)

// workload is one operation to measure, over a store that holds benchValue
// bytes under each of the benchKeys keys, and the integer 0 under counters.
type workload struct {
	name  string
	needs Ability
	run   func(ctx context.Context, b *bench, i int) error
}

// bench is what workloads share. Nothing in it changes while they run.
type bench struct {
	store                  driver.Store
	keys, absent, counters [][]byte
	value                  []byte
	many                   driver.Many
	counter                driver.Counter
}

var workloads = []workload{
	{name: "GetHit", run: func(ctx context.Context, b *bench, i int) error {
		_, err := b.store.Get(ctx, b.keys[i%benchKeys])
		return err
	}},
	{name: "GetMiss", run: func(ctx context.Context, b *bench, i int) error {
		if _, err := b.store.Get(ctx, b.absent[i%benchKeys]); err == nil {
			return errors.New("found a key that was never set")
		}
		return nil
	}},
	{name: "Set", run: func(ctx context.Context, b *bench, i int) error {
		return b.store.Set(ctx, b.keys[i%benchKeys], b.value, aWhile)
	}},
	{name: "Add", run: func(ctx context.Context, b *bench, i int) error {
		_, _, err := b.store.Add(ctx, b.keys[i%benchKeys], b.value, aWhile)
		return err
	}},
	{name: "AddThenDelete", run: func(ctx context.Context, b *bench, i int) error {
		key := b.absent[i%benchKeys]
		if _, _, err := b.store.Add(ctx, key, b.value, aWhile); err != nil {
			return err
		}
		_, _, err := b.store.Delete(ctx, key)
		return err
	}},
	{name: "Incr", needs: Counter, run: func(ctx context.Context, b *bench, i int) error {
		_, err := b.counter.Incr(ctx, b.counters[i%benchKeys], 1)
		return err
	}},
	{name: "GetMany100", needs: Many, run: func(ctx context.Context, b *bench, i int) error {
		first := i * benchMany % (benchKeys - benchMany)
		_, err := b.many.GetMany(ctx, b.keys[first:first+benchMany])
		return err
	}},
}

// BenchmarkStore measures the store of h: each operation as a sub-benchmark,
// called by one goroutine and by many. The store has the clock that it has in
// a program, whatever h says.
func BenchmarkStore(b *testing.B, h Harness) {
	for _, w := range workloads {
		if (w.needs|keeping)&^h.traits() != 0 {
			continue
		}
		b.Run(w.name+"/serial", func(b *testing.B) { w.serial(b, newBench(b, h)) })
		b.Run(w.name+"/parallel", func(b *testing.B) { w.parallel(b, newBench(b, h)) })
	}
}

func (w workload) serial(b *testing.B, store *bench) {
	ctx := b.Context()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.run(ctx, store, i); err != nil {
			b.Fatal(err)
		}
	}
}

func (w workload) parallel(b *testing.B, store *bench) {
	ctx := b.Context()
	var goroutines atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		// Goroutines begin far apart, so that they do not walk the keys in step.
		for i := int(goroutines.Add(1)) * 337; pb.Next(); i++ {
			if err := w.run(ctx, store, i); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// newBench opens a store and fills it.
func newBench(b *testing.B, h Harness) *bench {
	b.Helper()
	s := &bench{store: h.open(b, nil), value: bytes.Repeat([]byte("larder, "), benchValue/8)}
	s.many, _ = s.store.(driver.Many)
	s.counter, _ = s.store.(driver.Counter)
	for i := range benchKeys {
		s.keys = append(s.keys, fmt.Appendf(nil, "shop:1:article:%d", i))
		s.absent = append(s.absent, fmt.Appendf(nil, "shop:1:absent:%d", i))
		s.counters = append(s.counters, fmt.Appendf(nil, "shop:1:counter:%d", i))
	}
	for i := range benchKeys {
		if err := s.store.Set(b.Context(), s.keys[i], s.value, aWhile); err != nil {
			b.Fatal(err)
		}
		if err := s.store.Set(b.Context(), s.counters[i], []byte("0"), aWhile); err != nil {
			b.Fatal(err)
		}
	}
	return s
}
