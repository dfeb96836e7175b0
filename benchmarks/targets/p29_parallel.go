package targets

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
)

// crowds are the numbers of goroutines that miss at once.
var crowds = []int{2, 4, 8, 16, 32, 64}

// parallelMisses compares how misses of different keys scale with how the handler and
// the load alone do.
func parallelMisses(ctx context.Context, l *Lab) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	caches, err := l.cachesOf(ctx, cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": missBound}})
	if err != nil {
		return err
	}
	c, err := caches.Cache(cache.DefaultAlias)
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("p"), 1<<10)
	page := threeHeaders(body) // which counts nothing: a counter would be what all goroutines share
	request := func(h http.Handler) func() func() {
		return func() func() {
			own, w, r := alwaysNew(h), newDiscard(), pageRequest(ctx)
			return func() { w.request(own, r, len(body)) }
		}
	}
	people := cache.For[person](c)
	load := func() func() {
		number := visitors.Add(1)
		return withNewKeys(func(key string) {
			_, err := people.GetOrSet(ctx, key+":"+strconv.FormatUint(number, 10), loadPerson)
			must(err)
		})
	}
	for _, contest := range []struct {
		job string
		op  func() func()
	}{
		{"the handler alone, behind a mux", request(behindMux.plain(page))},
		{"pages that nobody has asked for, behind a mux", request(behindMux.cached(caches, page))},
		{"GetOrSets that load a struct", load},
	} {
		l.scaling(contest.job, contest.op)
	}
	return nil
}

// scaling tells how the throughput of an operation grows with the goroutines that do
// it. op is called once for each of them.
func (l *Lab) scaling(job string, op func() func()) {
	var contestants []paired.Contestant
	for _, n := range crowds {
		contestants = append(contestants, paired.Parallel(strconv.Itoa(n), n, op))
	}
	plan := l.halfPlan()
	plan.MinBlock = 5 * time.Millisecond // to begin 64 goroutines is a small part of it
	c := paired.Compare(plan, paired.Parallel("1", 1, op), contestants...)
	for _, n := range crowds {
		l.inverse(fmt.Sprintf("%s: throughput of %d goroutines to that of one", job, n), c, strconv.Itoa(n), Bound{})
	}
}
