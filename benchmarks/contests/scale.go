package contests

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/benchmarks/targets"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// Growth is how the cost of something grows with a number.
type Growth struct {
	Job    string
	Per    string // what the cost is of
	Points []Cost
}

// Cost is one point of a Growth.
type Cost struct {
	N    int
	Time time.Duration
}

// Growths measures how larder grows in memory, each point beside the others in
// one comparison.
func Growths(ctx context.Context, effort targets.Effort) ([]Growth, error) {
	var all []Growth
	for _, measure := range []func(context.Context, targets.Effort) (Growth, error){
		entriesGrow, goroutinesGrow, bodiesGrow, keysGrow, waitersGrow, variantsGrow,
	} {
		g, err := measure(ctx, effort)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.Job, err)
		}
		all = append(all, g)
	}
	return all, nil
}

// costs compares contestants, each with its number, and returns the time of an
// operation. The first is the floor.
func costs(plan paired.Plan, numbers []int, contestants []paired.Contestant) []Cost {
	c := paired.Compare(plan, contestants[0], contestants...)
	points := make([]Cost, len(numbers))
	for i, n := range numbers {
		points[i] = Cost{n, times(c.FloorOp, c.Ratios[i])}
	}
	return points
}

func entriesGrow(_ context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "entries in memory", Per: "GetBytes of any of them"}
	numbers := []int{1, 1000, 100_000, 1_000_000}
	if effort == targets.Quick {
		numbers = numbers[:3]
	}
	var contestants []paired.Contestant
	for _, n := range numbers {
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf("user:%07d", i)
		}
		c, shut, err := rivals.Larder.Open(2*n+100, readSize)
		if err != nil {
			return g, err
		}
		defer shut()
		fill(c, keys)
		contestants = append(contestants, paired.Serial(strconv.Itoa(n), reader(c, keys)))
	}
	g.Points = costs(effort.Plan(), numbers, contestants)
	return g, nil
}

func goroutinesGrow(_ context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "goroutines that read at once", Per: "GetBytes, all of them together"}
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("user:%07d", i)
	}
	c, shut, err := rivals.Larder.Open(2*len(keys), readSize)
	if err != nil {
		return g, err
	}
	defer shut()
	fill(c, keys)
	numbers := []int{1, 2, 8, 64}
	var contestants []paired.Contestant
	for _, n := range numbers {
		contestants = append(contestants, paired.Parallel(strconv.Itoa(n), n, func() func() { return reader(c, keys) }))
	}
	g.Points = costs(effort.ParallelPlan(), numbers, contestants)
	return g, nil
}

// memoryPages returns the context of requests whose pages are in memory.
func memoryPages(ctx context.Context) (scope context.Context, shut func(), err error) {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		return nil, nil, err
	}
	return caches.Scope(ctx), func() { _ = caches.Shutdown(context.WithoutCancel(ctx)) }, nil
}

// nowhere is a ResponseWriter that drops the body.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) WriteHeader(int)             {}
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }

// pageHit returns the operation that requests a page, which has to be a hit.
func pageHit(page http.Handler, r *http.Request) (func(), error) {
	w := nowhere{http.Header{}}
	op := func() {
		clear(w.header)
		page.ServeHTTP(w, r)
	}
	// The page itself, its list of variants and the variant may each take one.
	for range 3 {
		op()
	}
	if status := w.header.Get("Cache-Status"); !strings.Contains(status, "hit") {
		return nil, fmt.Errorf("no hit: %s", status)
	}
	return op, nil
}

func bodiesGrow(ctx context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "bytes of a page", Per: "CachePage hit"}
	scope, shut, err := memoryPages(ctx)
	if err != nil {
		return g, err
	}
	defer shut()
	numbers := []int{100, 10 << 10, 1 << 20, 8 << 20}
	var contestants []paired.Contestant
	for _, n := range numbers {
		body := bytes.Repeat([]byte("p"), n)
		page := middleware.CachePage(time.Hour, middleware.KeyPrefix(strconv.Itoa(n)))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(body)
		}))
		op, err := pageHit(page, httptest.NewRequestWithContext(scope, http.MethodGet, "http://bench.example/page", nil))
		if err != nil {
			return g, err
		}
		contestants = append(contestants, paired.Serial(strconv.Itoa(n), op))
	}
	g.Points = costs(effort.Plan(), numbers, contestants)
	return g, nil
}

func variantsGrow(ctx context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "variants of a URL", Per: "CachePage hit of one of them"}
	scope, shut, err := memoryPages(ctx)
	if err != nil {
		return g, err
	}
	defer shut()
	numbers := []int{1, 10, 100, 1000}
	var contestants []paired.Contestant
	for _, n := range numbers {
		page := middleware.CachePage(time.Hour, middleware.KeyPrefix(strconv.Itoa(n)))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", "X-Kind")
			_, _ = w.Write([]byte("a page"))
		}))
		ops := make([]func(), n)
		for i := range ops {
			r := httptest.NewRequestWithContext(scope, http.MethodGet, "http://bench.example/page", nil)
			r.Header.Set("X-Kind", strconv.Itoa(i))
			if ops[i], err = pageHit(page, r); err != nil {
				return g, err
			}
		}
		next := 0
		contestants = append(contestants, paired.Serial(strconv.Itoa(n), func() {
			next++
			ops[next%n]()
		}))
	}
	g.Points = costs(effort.Plan(), numbers, contestants)
	return g, nil
}

func keysGrow(ctx context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "keys of a GetMany", Per: "each key"}
	c, shut, err := memoryCache(ctx, memstore.Options{MaxEntries: 100_000})
	if err != nil {
		return g, err
	}
	defer shut()
	numbers := []int{1, 10, 100, 1000, 10_000}
	var contestants []paired.Contestant
	keys := make([]string, numbers[len(numbers)-1])
	for i := range keys {
		keys[i] = fmt.Sprintf("user:%07d", i)
		if err := c.SetBytes(ctx, keys[i], make([]byte, readSize)); err != nil {
			return g, err
		}
	}
	for _, n := range numbers {
		// As many keys in each block, whatever the number of a GetMany.
		contestants = append(contestants, paired.Contestant{Name: strconv.Itoa(n), Run: func(ops int) {
			for done := 0; done < ops; done += n {
				got, err := c.GetMany(ctx, keys[:n])
				if err != nil || len(got) != n {
					panic(fmt.Sprint("a wrong answer: ", len(got), err))
				}
			}
		}})
	}
	plan := effort.Plan()
	plan.Block = len(keys)
	g.Points = costs(plan, numbers, contestants)
	return g, nil
}

// memoryCache returns a cache in memory, and what ends it.
func memoryCache(ctx context.Context, opts memstore.Options) (c *cache.BaseCache, shut func(), err error) {
	store, err := memstore.New(opts)
	if err != nil {
		return nil, nil, err
	}
	c, err = cache.New(store, cache.Config{})
	return c, func() { _ = store.Shutdown(ctx) }, err // memory has nothing to lose
}

// waitersGrow measures until all who wait for one load have its value, less the
// time that the load takes.
func waitersGrow(ctx context.Context, effort targets.Effort) (Growth, error) {
	g := Growth{Job: "goroutines that wait for one load", Per: "each of them, beside the load's time"}
	c, shut, err := memoryCache(ctx, memstore.Options{})
	if err != nil {
		return g, err
	}
	defer shut()
	numbers := []int{1, 100, 10_000, 100_000}
	if effort == targets.Quick {
		numbers = numbers[:3]
	}
	view := cache.For[string](c)
	for _, n := range numbers {
		const attempts = 3
		best := time.Hour
		for attempt := range attempts {
			best = min(best, crowdOn(ctx, view, fmt.Sprint(n, ":", attempt), n))
		}
		g.Points = append(g.Points, Cost{n, best / time.Duration(n)})
	}
	return g, nil
}

// crowdOn has n goroutines wait for one load, which ends when all are there, and
// returns how long it takes from then on until all have the value.
func crowdOn(ctx context.Context, view cache.View[string], key string, n int) time.Duration {
	var there, done sync.WaitGroup
	there.Add(n)
	var ended time.Time
	load := func(context.Context) (string, error) {
		there.Wait()
		ended = time.Now()
		return "a value", nil
	}
	for range n {
		done.Go(func() {
			there.Done()
			if got, err := view.GetOrSet(ctx, key, load); err != nil || got != "a value" {
				panic(fmt.Sprint("a wrong answer: ", got, err))
			}
		})
	}
	done.Wait()
	return time.Since(ended)
}
