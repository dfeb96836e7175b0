package contests

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/benchmarks/targets"
)

// Read is how a rival reads 100 000 entries of 256 bytes.
type Read struct {
	Rival       rivals.Rival
	One, Two    paired.Ratio  // to the floor, on one core and on two
	OneOp       time.Duration // an operation on one core
	TwoOp       time.Duration // on two cores: their time divided by the operations of both
	Allocations float64
	Lost        float64 // the part of the entries that were set and are missing
}

const (
	readEntries = 100_000
	readSize    = 256
)

// Reads compares the rivals with the bare concurrent map. Each reads a cache of its
// own: the map that is the floor, its twin and the one among the rivals are three.
func Reads(effort targets.Effort) ([]Read, error) {
	keys := make([]string, readEntries)
	for i := range keys {
		keys[i] = fmt.Sprintf("user:%07d", i)
	}
	var all []Read
	var serial, parallel []paired.Contestant
	for _, r := range append([]rivals.Rival{rivals.XSyncMap, rivals.XSyncMap}, rivals.All()...) {
		c, shut, err := r.Open(2*readEntries, readSize)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		defer shut()
		read := Read{Rival: r, Lost: fill(c, keys)}
		read.Allocations = testing.AllocsPerRun(1000, func() { c.Get(keys[1]) })
		all = append(all, read)
		serial = append(serial, paired.Serial(r.Name, reader(c, keys)))
		parallel = append(parallel, paired.Parallel(r.Name, 2, func() func() { return reader(c, keys) }))
	}
	one, two := withTwin(effort.Plan(), serial), withTwin(effort.ParallelPlan(), parallel)
	all = all[2:]
	for i := range all {
		all[i].One, all[i].Two = one.Ratios[i], two.Ratios[i]
		all[i].OneOp, all[i].TwoOp = times(one.FloorOp, all[i].One), times(two.FloorOp, all[i].Two)
	}
	return all, nil
}

// withTwin compares a field of which the first is the floor, and the second its
// twin.
func withTwin(plan paired.Plan, field []paired.Contestant) paired.Comparison {
	floor := field[0]
	floor.Twin = field[1].Run
	return paired.Compare(plan, floor, field[2:]...)
}

func times(floor time.Duration, r paired.Ratio) time.Duration {
	return time.Duration(float64(floor) * r.Median)
}

// fill sets all keys and returns the part that is missing afterwards.
func fill(c rivals.Cache, keys []string) (lost float64) {
	for _, key := range keys {
		c.Set(key, make([]byte, readSize))
	}
	rivals.Settle(c)
	for _, key := range keys {
		if _, found := c.Get(key); !found {
			lost++
		}
	}
	return lost / float64(len(keys))
}

var readers atomic.Uint64

// reader returns an operation that reads the keys in an order that no prefetcher
// follows.
func reader(c rivals.Cache, keys []string) func() {
	next := readers.Add(1) * 7919
	return func() {
		next++
		c.Get(keys[next*11400714819323198485%uint64(len(keys))])
	}
}
