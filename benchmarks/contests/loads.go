package contests

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/targets"
)

// Load is how many requests per second the rivals answer under a load.
type Load struct {
	Name  string
	Rates []Rate
}

// Rate is what a rival does under a Load.
type Rate struct {
	Rival     pages.Rival
	PerSecond float64 // requests on eight connections
	ToNoCache float64 // requests per second, the handler without a cache being 1
	Hits      float64 // the part of the requests for which the handler did not run
}

// The pages of the loads, and how many of them a cache has room for.
const (
	sitePages = 100_000
	siteRoom  = sitePages / 10
)

// load is what the connections ask for. targets returns the targets of one of them, the
// first being 0.
type load struct {
	name    string
	takes   time.Duration // how long the handler takes
	warm    int           // requests before it is measured
	targets func(connection int) (next func() string)
}

// Loads measures the rivals of this process under hits, misses and both.
func Loads(ctx context.Context, effort targets.Effort) ([]Load, error) {
	warm := 100_000
	if effort == targets.Quick {
		warm = 20_000
	}
	trace := zipf(1_000_000, sitePages)
	mixed := func(connection int) func() string {
		at := connection * len(trace) / connections
		return func() string {
			at = (at + 1) % len(trace)
			return pageAt(int(trace[at]))
		}
	}
	var all []Load
	for _, l := range []load{
		{name: "hits", warm: 100, targets: func(int) func() string { return func() string { return pages.Path } }},
		{name: "misses", warm: 2 * siteRoom, targets: misses},
		{name: "mixed: Zipf's law (1.01)", warm: warm, targets: mixed},
		{name: "mixed, the handler takes 1 ms", takes: time.Millisecond, warm: warm / 4, targets: mixed},
	} {
		rates, err := rates(ctx, effort, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		all = append(all, Load{l.name, rates})
	}
	return all, nil
}

func pageAt(number int) string { return pages.Path + "/" + strconv.Itoa(number) }

// misses asks for pages that nobody asks for again.
func misses(connection int) func() string {
	number := connection
	return func() string {
		number += connections
		return pageAt(number)
	}
}

// rates compares the rivals with a handler that is not cached.
func rates(ctx context.Context, effort targets.Effort, l load) ([]Rate, error) {
	var field []paired.Contestant
	var busy []*loaded
	for _, r := range []pages.Rival{pages.Plain, pages.Plain, pages.Larder, pages.Plain, pages.Fiber, pages.GinCache} {
		b, err := newLoaded(ctx, r, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		defer b.stop()
		contestant := b.contestant(l)
		contestant.Run(l.warm)
		b.begin()
		field, busy = append(field, contestant), append(busy, b)
	}
	plan := effort.Plan()
	plan.MinBlock = 20 * time.Millisecond // many requests of each connection, also of the slow handler
	compared := withTwin(plan, field)
	var all []Rate
	for i, b := range busy[2:] {
		ratio := compared.Ratios[i]
		all = append(all, Rate{b.rival, 1 / times(compared.FloorOp, ratio).Seconds(), 1 / ratio.Median, b.hits()})
	}
	return all, nil
}

// loaded is a rival with connections to it.
type loaded struct {
	rival   pages.Rival
	page    *pages.Page
	clients []*loopback.Client
	shut    func()

	requests, runs int64 // those that count, and how often the handler ran before them
}

func newLoaded(ctx context.Context, r pages.Rival, l load) (*loaded, error) {
	b := &loaded{rival: r, page: &pages.Page{
		Body: bytes.Repeat([]byte("p"), 1<<10), TTL: time.Hour, Takes: l.takes, Room: siteRoom,
	}}
	addr, shut, err := r.Serve(ctx, b.page)
	if err != nil {
		return nil, err
	}
	b.shut = shut
	for range connections {
		c, err := loopback.Dial(addr, pages.Path)
		if err != nil {
			b.stop()
			return nil, err
		}
		b.clients = append(b.clients, c)
	}
	return b, nil
}

func (b *loaded) stop() {
	for _, c := range b.clients {
		_ = c.Close() // it has its answers
	}
	b.shut()
}

// contestant sends the load on all connections. Each takes the next request when it has
// its answer: a hit does not wait for another connection's miss.
func (b *loaded) contestant(l load) paired.Contestant {
	next := make([]func() string, len(b.clients))
	for i := range next {
		next[i] = l.targets(i)
	}
	return paired.Contestant{Name: b.rival.Name, Run: func(n int) {
		b.requests += int64(n)
		var taken atomic.Int64
		var all sync.WaitGroup
		for i, client := range b.clients {
			all.Go(func() {
				for taken.Add(1) <= int64(n) {
					got, err := client.Get(next[i]())
					mustBePage(got, err, len(b.page.Body))
				}
			})
		}
		all.Wait()
	}}
}

// begin forgets the requests before.
func (b *loaded) begin() {
	b.requests, b.runs = 0, b.page.Runs()
}

func (b *loaded) hits() float64 {
	return 1 - float64(b.page.Runs()-b.runs)/float64(b.requests)
}
