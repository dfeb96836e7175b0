package targets

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// distinctPages requests pages that all differ as fast as it can.
func distinctPages(ctx context.Context, l *Lab) error {
	length, bound := time.Minute, int64(missBound)
	if l.Effort == Quick {
		length, bound = 4*time.Second, missBound/4
	}
	body := bytes.Repeat([]byte("p"), 1<<10)
	page := threeHeaders(body)
	before := heap()
	caches, err := l.cachesOf(ctx, cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": bound}})
	if err != nil {
		return err
	}
	cached := crawl(ctx, behindMux.cached(caches, page), len(body), length)
	after := heap()
	without := crawl(ctx, behindMux.plain(page), len(body), length/4)

	l.report("distinct pages for "+length.String(), Requests, float64(cached.requests), Bound{})
	l.report("what the heap has grown by afterwards, to max_bytes", Ratio, (after-before)/float64(bound), AtMost(1.05))
	l.report("the most that it grew by, with what was allocated during the collection", Ratio, (cached.most()-before)/float64(bound), Bound{})
	l.report("the most in the last quarter of the time, to the second quarter", Ratio, cached.quarter(3)/cached.quarter(1), AtMost(1.05))
	l.report("the collector's part of the processors' time", Percent, 100*cached.collector/cached.processors, Bound{})
	l.report("the same without a cache", Percent, 100*without.collector/without.processors, Bound{})
	l.report("the collector's time for each page", Microseconds, 1e6*cached.collector/float64(cached.requests), Bound{})
	l.report("the same without a cache", Microseconds, 1e6*without.collector/float64(without.requests), Bound{})
	return nil
}

// crawled is what a crawl has cost.
type crawled struct {
	requests              int64
	live                  []float64 // bytes that the last collection found in use, at equal intervals
	collector, processors float64   // seconds
}

// crawl requests pages of h that all differ for so long, in a goroutine for each processor.
func crawl(ctx context.Context, h http.Handler, size int, length time.Duration) crawled {
	var c crawled
	collector, processors := processorTime()
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var done sync.WaitGroup
	var requests atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			own, w, r := alwaysNew(h), newDiscard(), pageRequest(context.WithoutCancel(ctx))
			count := int64(0)
			for ; ctx.Err() == nil; count++ {
				w.request(own, r, size)
			}
			requests.Add(count)
		})
	}
	ticks := time.NewTicker(length / 200)
	defer ticks.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticks.C:
			c.live = append(c.live, liveHeap())
		case <-ctx.Done():
		}
	}
	done.Wait()
	c.requests = requests.Load()
	collectorNow, processorsNow := processorTime()
	c.collector, c.processors = collectorNow-collector, processorsNow-processors
	return c
}

// most returns the largest live heap.
func (c crawled) most() float64 { return slices.Max(c.live) }

// quarter returns the largest live heap of a quarter of the time, the first being 0.
func (c crawled) quarter(i int) float64 {
	return slices.Max(c.live[i*len(c.live)/4 : (i+1)*len(c.live)/4])
}

// liveHeap returns the bytes that the last collection found in use: what HeapAlloc is
// directly after it, and no collection has to be forced.
func liveHeap() float64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// processorTime returns how many seconds the processors have spent in the collector and
// in all, up to a collection that it makes: the runtime adds them up then.
func processorTime() (collector, all float64) {
	runtime.GC()
	samples := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
	metrics.Read(samples)
	return samples[0].Value.Float64(), samples[1].Value.Float64()
}
