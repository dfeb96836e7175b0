package measure

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"time"
)

// Sample is the size of the process at one time.
type Sample struct {
	At         time.Duration // since the start
	Heap       int64         // bytes in use after a garbage collection
	Goroutines int           // except for those of toxiproxy
	Files      int           // open file descriptors; 0 where they cannot be counted
}

// String describes the sample in a line.
func (s Sample) String() string {
	if s == (Sample{}) {
		return "no sample yet"
	}
	return fmt.Sprintf("heap %.1f MiB, %d goroutines, %d files", s.MiB(), s.Goroutines, s.Files)
}

// Take takes a sample of this process.
func Take(started time.Time) Sample {
	runtime.GC()
	runtime.GC() // the first only hands what pools hold to the second
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return Sample{
		At:         time.Since(started),
		Heap:       int64(memory.HeapAlloc),
		Goroutines: goroutines(),
		Files:      files(),
	}
}

// group begins each group of equal goroutines in a goroutine profile.
var group = regexp.MustCompile(`(?m)^(\d+) @`)

// goroutines counts the goroutines that have nothing of toxiproxy on their stacks:
// it leaves some behind for good when it heals a fault, see [load.OfProxy].
func goroutines() (n int) {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer takes everything
	for stack := range bytes.SplitSeq(profile.Bytes(), []byte("\n\n")) {
		found := group.FindSubmatch(stack)
		if found == nil || bytes.Contains(stack, []byte("Shopify/toxiproxy")) {
			continue
		}
		count, _ := strconv.Atoi(string(found[1])) // digits, and few
		n += count
	}
	return n
}

func files() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// What may be more at the end than at the beginning. The caches fill, and the
// traffic keeps a byte for each change of a key. The pools and the client of
// the pages may have opened what they did not need before; each of their
// connections has one descriptor at either end, and up to three goroutines.
const (
	heapFactor      = 1.25
	heapMore        = 16 << 20
	goroutinesMore  = 96
	descriptorsMore = 64
)

// Growth compares the medians of the first and the last third of the samples, which
// were taken when all was calm, and returns what has grown more than chance and
// the filling of caches explain. Fewer than three samples tell nothing.
func Growth(samples []Sample) (problems []string) {
	third := len(samples) / 3
	if third == 0 {
		return nil
	}
	first, last := samples[:third], samples[len(samples)-third:]
	grown := func(what string, of func(Sample) int64, limit func(int64) int64) {
		before, after := median(first, of), median(last, of)
		if after > limit(before) {
			problems = append(problems, fmt.Sprintf("%s grew from %d to %d, more than %d", what, before, after, limit(before)))
		}
	}
	grown("the heap", func(s Sample) int64 { return s.Heap }, func(n int64) int64 { return int64(heapFactor*float64(n)) + heapMore })
	grown("the number of goroutines", func(s Sample) int64 { return int64(s.Goroutines) }, func(n int64) int64 { return n + goroutinesMore })
	grown("the number of open files", func(s Sample) int64 { return int64(s.Files) }, func(n int64) int64 { return n + descriptorsMore })
	return problems
}

func median(samples []Sample, of func(Sample) int64) int64 {
	values := make([]int64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// MiB returns the heap in MiB.
func (s Sample) MiB() float64 { return float64(s.Heap) / (1 << 20) }
