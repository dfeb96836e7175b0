package targets

import (
	"context"
	"fmt"
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

// compareReads compares on one processor and on two. Each of others makes, for
// one goroutine, the operation that reads a key.
func (l *Lab) compareReads(keys []string, floor reader, others ...reader) (one, two paired.Comparison) {
	serial := func(r reader) paired.Contestant {
		v := newVisitor()
		return paired.Serial(r.name, func() { r.read(keys[v.visit()]) })
	}
	parallel := func(r reader) paired.Contestant {
		return paired.Parallel(r.name, 2, func() func() {
			v := newVisitor()
			return func() { r.read(keys[v.visit()]) }
		})
	}
	one = l.compare(serial(floor), each(others, serial)...)
	two = l.compareParallel(parallel(floor), each(others, parallel)...)
	return one, two
}

// reader is a contestant that reads keys.
type reader struct {
	name string
	read func(key string)
}

func each[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}

// readerOf returns the reader of a rival.
func readerOf(name string, c rivals.Cache) reader {
	return reader{name, func(key string) {
		if _, found := c.Get(key); !found {
			panic("a miss of " + name)
		}
	}}
}

func bytesFromMemory(ctx context.Context, l *Lab) error {
	keys := keys()
	c, err := l.memoryCache(ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := c.SetBytes(ctx, key, make([]byte, entrySize)); err != nil {
			return err
		}
	}
	otter, err := l.rival(rivals.Otter, keys)
	if err != nil {
		return err
	}
	coarse, err := l.rival(rivals.OtterCoarse, keys)
	if err != nil {
		return err
	}
	shared := reader{"shared", func(key string) { mustFind(c.GetBytes(ctx, key, cache.Shared)) }}
	copied := reader{"copied", func(key string) { mustFind(c.GetBytes(ctx, key)) }}
	one, two := l.compareReads(keys, readerOf("otter", otter), shared, copied, readerOf("coarse", coarse), lookingAt(otter))

	l.report("GetBytes, shared", Allocations, allocations(func() { shared.read(keys[1]) }), AtMost(1))
	l.report("GetBytes, copied", Allocations, allocations(func() { copied.read(keys[1]) }), AtMost(2))
	l.ratio("GetBytes, shared, to otter's Get, 1 core", one, "shared", AtMost(1.15))
	l.ratio("GetBytes, shared, to otter's Get, 2 cores", two, "shared", AtMost(1.15))
	l.ratio("GetBytes, copied, to otter's Get, 1 core", one, "copied", Bound{})
	l.ratio("otter's Get and a look at the value's first byte, 1 core", one, "look", Bound{})
	l.ratio("otter's Get on a coarse clock, 1 core", one, "coarse", Bound{})
	l.ratio("otter's Get on a coarse clock, 2 cores", two, "coarse", Bound{})
	return nil
}

// lookingAt returns the reader of a cache who looks at the value, as whoever uses it
// does. The Get of otter alone never touches it, and it is in memory that no
// processor's cache has.
func lookingAt(c rivals.Cache) reader {
	return reader{"look", func(key string) {
		value, _ := c.Get(key)
		looked.Store(uint32(value[0]))
	}}
}

// looked keeps the look at a value from being optimised away.
var looked atomic.Uint32

// mustFind panics if a read that is measured did not find its value.
func mustFind[T any](_ T, found bool, err error) {
	must(err)
	if !found {
		panic("a miss")
	}
}
