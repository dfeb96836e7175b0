package targets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/cache"
)

// Of the targets in memory, as many entries of so many bytes: more than the
// processor's caches hold.
const (
	entries   = 100_000
	entrySize = 256
)

// keys returns the keys of the entries.
func keys() []string {
	all := make([]string, entries)
	for i := range all {
		all[i] = fmt.Sprintf("user:%07d", i)
	}
	return all
}

// visitor visits the entries in an order that no prefetcher follows.
type visitor struct{ next uint64 }

var visitors atomic.Uint64

// newVisitor returns a visitor that begins somewhere else than the others.
func newVisitor() *visitor { return &visitor{next: visitors.Add(1) * 7919} }

func (v *visitor) visit() int {
	v.next++
	return int(v.next * 11400714819323198485 % entries)
}

// memoryCache returns the whole core on a memory store with room for twice the
// entries.
func (l *Lab) memoryCache(ctx context.Context) (*cache.BaseCache, error) {
	store, err := memstore.New(memstore.Options{MaxEntries: 2 * entries})
	if err != nil {
		return nil, err
	}
	l.cleanup(func() { _ = store.Shutdown(ctx) }) // it returns nil
	return cache.New(store, cache.Config{Timeout: cache.After(rivals.TTL)})
}

// rival opens a rival with the entries in it. It stores them under copies of
// keys: a program asks by a key that it has just made, and strings that are the
// same memory are equal without a look at it.
func (l *Lab) rival(r rivals.Rival, keys []string) (rivals.Cache, error) {
	c, shut, err := r.Open(2*entries, entrySize)
	if err != nil {
		return nil, err
	}
	l.cleanup(shut)
	for _, key := range keys {
		c.Set(strings.Clone(key), make([]byte, entrySize))
	}
	rivals.Settle(c)
	return c, nil
}

// reader is a contestant that reads keys. open makes the cache that it reads.
type reader struct {
	name string
	open func(l *Lab, keys []string) (read func(key string), err error)
}

// serial and parallel make a contestant of a reader for one processor and for two.
func serial(name string, keys []string, read func(key string)) paired.Contestant {
	v := newVisitor()
	return paired.Serial(name, func() { read(keys[v.visit()]) })
}

func parallel(name string, keys []string, read func(key string)) paired.Contestant {
	return paired.Parallel(name, 2, func() func() {
		v := newVisitor()
		return func() { read(keys[v.visit()]) }
	})
}

// compareReads compares others with otter's own Get, on one processor and on two.
// Each has a cache of its own, the control too: of an otter that three contestants
// read, the processor's caches would hold three times as many entries, and its Get
// take a tenth less. The caches are made several times.
func (l *Lab) compareReads(keys []string, others ...reader) (one, two paired.Comparison, err error) {
	others = append(others, otterLookedAt)
	if one, err = l.compareReaders(l.Effort.Plan(), serial, keys, others); err != nil {
		return one, two, err
	}
	two, err = l.compareReaders(l.Effort.ParallelPlan(), parallel, keys, others)
	return one, two, err
}

func (l *Lab) compareReaders(plan paired.Plan, contestant func(string, []string, func(string)) paired.Contestant, keys []string, others []reader) (paired.Comparison, error) {
	caches := new(Lab)
	defer caches.cleanUp()
	return paired.CompareFields(plan, l.Effort.fields(), func() (floor paired.Contestant, field []paired.Contestant, err error) {
		caches.cleanUp()
		for _, r := range slices.Concat([]reader{otterRead, otterRead}, others) {
			read, err := r.open(caches, keys)
			if err != nil {
				return floor, nil, err
			}
			field = append(field, contestant(r.name, keys, read))
		}
		floor = field[0]
		floor.Twin = field[1].Run
		return floor, field[2:], nil
	})
}

// otterRead is otter's own Get, and otterLookedAt one that looks at the value,
// as whoever uses it does. Get alone never touches it, and it is in memory that no
// processor's cache has.
var (
	otterRead     = rivalRead("otter", rivals.Otter, func([]byte) {})
	otterLookedAt = rivalRead("look", rivals.Otter, func(value []byte) { looked.Store(uint32(value[0])) })
)

// looked keeps the look at a value from being optimised away.
var looked atomic.Uint32

// rivalRead returns the reader of a rival who does something with each value.
func rivalRead(name string, r rivals.Rival, use func(value []byte)) reader {
	return reader{name, func(l *Lab, keys []string) (func(key string), error) {
		c, err := l.rival(r, keys)
		return func(key string) {
			value, found := c.Get(key)
			if !found {
				panic("a miss of " + name)
			}
			use(value)
		}, err
	}}
}

func each[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}

// bytesRead returns the reader of larder's byte slices with these options.
func bytesRead(ctx context.Context, name string, opts ...cache.Option) reader {
	return reader{name, func(l *Lab, keys []string) (func(key string), error) {
		c, err := l.memoryCache(ctx)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if err := c.SetBytes(ctx, key, make([]byte, entrySize)); err != nil {
				return nil, err
			}
		}
		return func(key string) { mustFind(c.GetBytes(ctx, key, opts...)) }, nil
	}}
}

func bytesFromMemory(ctx context.Context, l *Lab) error {
	keys := keys()
	shared, copied := bytesRead(ctx, "shared", cache.Shared), bytesRead(ctx, "copied")
	for _, read := range []struct {
		reader
		most float64
	}{{shared, 1}, {copied, 2}} {
		get, err := read.open(l, keys)
		if err != nil {
			return err
		}
		l.report("GetBytes, "+read.name, Allocations, allocations(func() { get(keys[1]) }), AtMost(read.most))
	}
	coarse := rivalRead("coarse", rivals.OtterCoarse, func([]byte) {})
	one, two, err := l.compareReads(keys, shared, copied, coarse)
	if err != nil {
		return err
	}
	l.ratio("GetBytes, shared, to otter's Get, 1 core", one, "shared", AtMost(1.15))
	l.ratio("GetBytes, shared, to otter's Get, 2 cores", two, "shared", AtMost(1.15))
	l.ratio("GetBytes, copied, to otter's Get, 1 core", one, "copied", Bound{})
	l.ratio("otter's Get and a look at the value's first byte, 1 core", one, "look", Bound{})
	l.ratio("otter's Get on a coarse clock, 1 core", one, "coarse", Bound{})
	l.ratio("otter's Get on a coarse clock, 2 cores", two, "coarse", Bound{})
	return nil
}

// mustFind panics if a read that is measured did not find its value.
func mustFind[T any](_ T, found bool, err error) {
	must(err)
	if !found {
		panic("a miss")
	}
}
