package contests

import (
	"fmt"
	"math/rand"

	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/benchmarks/targets"
)

// Curve is the hit ratio of a rival by its capacity.
type Curve struct {
	Name   string
	Points []Point
}

// Point is one measurement of a Curve.
type Point struct {
	Capacity float64 // the part of the keys for which there is room
	Hits     float64 // the part of the reads that were hits
}

// universe is how many keys there are.
const universe = 1_000_000

// Scans is every how many reads another key is read that is never read again:
// the crawler that spoils a cache of what was used last.
const scanEvery = 5

// HitRatios has rivals that evict serve reads by Zipf's law (exponent 1.01), and
// set what is missing. With scans, every fifth read is of a new key and does not
// count.
func HitRatios(effort targets.Effort, scans bool) ([]Curve, error) {
	capacities, reads := []float64{0.001, 0.01, 0.03, 0.1}, 3_000_000
	if effort == targets.Quick {
		capacities, reads = []float64{0.001, 0.01}, 300_000
	}
	trace := zipf(reads, universe)
	var curves []Curve
	for _, r := range rivals.All() {
		if !r.Evicts || r.Name == rivals.OtterCoarse.Name {
			continue
		}
		curve := Curve{Name: r.Name}
		for _, part := range capacities {
			hits, err := hitRatio(r, int(part*universe), trace, scans)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
			curve.Points = append(curve.Points, Point{part, hits})
		}
		curves = append(curves, curve)
	}
	return append(curves, optimum(capacities, trace)), nil
}

// zipf returns which of so many keys are read, the same for all.
func zipf(reads, keys int) []uint32 {
	law := rand.NewZipf(rand.New(rand.NewSource(1)), 1.01, 1, uint64(keys)-1)
	trace := make([]uint32, reads)
	for i := range trace {
		trace[i] = uint32(law.Uint64())
	}
	return trace
}

// hitRatio counts the second half of the reads; the first fills the cache.
func hitRatio(r rivals.Rival, capacity int, trace []uint32, scans bool) (float64, error) {
	const valueSize = 16
	c, shut, err := r.Open(capacity, valueSize)
	if err != nil {
		return 0, err
	}
	defer shut()
	read := func(key string) (hit bool) {
		if _, hit = c.Get(key); !hit {
			c.Set(key, make([]byte, valueSize))
		}
		return hit
	}
	hits, counted := 0, 0
	for i, key := range trace {
		if scans && i%scanEvery == 0 {
			read(fmt.Sprint("scan:", i))
		}
		hit := read(fmt.Sprint("key:", key))
		if i >= len(trace)/2 {
			counted++
			if hit {
				hits++
			}
		}
	}
	return float64(hits) / float64(counted), nil
}

// optimum keeps the keys that are read most often, which no cache can know.
func optimum(capacities []float64, trace []uint32) Curve {
	curve := Curve{Name: "the most frequent"}
	for _, part := range capacities {
		hits := 0
		// By Zipf's law the frequent keys are the small ones.
		for _, key := range trace {
			if float64(key) < part*universe {
				hits++
			}
		}
		curve.Points = append(curve.Points, Point{part, float64(hits) / float64(len(trace))})
	}
	return curve
}
