package contests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/targets"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// Hit is how fast a rival serves a page of 1 KiB over loopback.
type Hit struct {
	Rival     pages.Rival
	Latency   paired.Ratio  // to no cache, one request after the other on one connection
	Op        time.Duration // a request
	Busy      paired.Ratio  // to no cache, on eight connections at once
	PerSecond float64       // requests on eight connections

	Skipped error // why it was not measured
}

// connections is how many there are at once where requests per second count.
const connections = 8

// Hits compares the rivals with a handler that is not cached. Each has a server and
// connections of its own: the handler that is the floor, its twin and the one among
// the rivals are three.
func Hits(ctx context.Context, effort targets.Effort) (hits []Hit, err error) {
	var one, many []paired.Contestant
	for i, r := range append([]pages.Rival{pages.Plain, pages.Plain}, pages.All()...) {
		p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: time.Hour}
		addr, stop, err := r.Serve(ctx, p)
		if errors.Is(err, launch.ErrNotInstalled) {
			hits = append(hits, Hit{Rival: r, Skipped: err})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		defer stop()
		clients := make([]*loopback.Client, connections)
		for i := range clients {
			if clients[i], err = loopback.Dial(addr, pages.Path); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
			defer clients[i].Close()
		}
		next := 0
		one = append(one, paired.Serial(r.Name, request(clients[0], len(p.Body))))
		many = append(many, paired.Parallel(r.Name, connections, func() func() {
			next++
			return request(clients[next-1], len(p.Body))
		}))
		if i >= 2 {
			hits = append(hits, Hit{Rival: r})
		}
	}
	latency, busy := withTwin(effort.Plan(), one), withTwin(effort.ParallelPlan(), many)
	for i := range hits {
		if hits[i].Skipped != nil {
			continue
		}
		name := hits[i].Rival.Name
		hits[i].Latency, hits[i].Busy = latency.Ratio(name), busy.Ratio(name)
		hits[i].Op = times(latency.FloorOp, hits[i].Latency)
		hits[i].PerSecond = 1 / times(busy.FloorOp, hits[i].Busy).Seconds()
	}
	return hits, nil
}

// request returns an operation that must be answered with the page.
func request(c *loopback.Client, length int) func() {
	return func() {
		got, err := c.Do()
		mustBePage(got, err, length)
	}
}

// mustBePage panics if what was answered is no page: something else would be measured.
func mustBePage(got loopback.Response, err error, length int) {
	if err != nil || got.Status != http.StatusOK || got.Length != length {
		panic(fmt.Sprintf("the wrong answer: %+v, %v", got, err))
	}
}
