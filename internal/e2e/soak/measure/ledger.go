package measure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Line says of what a latency is.
type Line struct {
	Backend string
	Op      string
	Broken  bool // the backend was not calm all the while
}

// Entry is what a [Ledger] has of a line.
type Entry struct {
	Line
	Count  int64
	Errors map[string]int64 // by kind
	P50    time.Duration
	P90    time.Duration
	P99    time.Duration
	P999   time.Duration
	Max    time.Duration
}

// Failed returns how many operations ended in an error.
func (e Entry) Failed() (n int64) {
	for _, count := range e.Errors {
		n += count
	}
	return n
}

// Ledger has the latencies of operations, in memory that does not grow with their
// number. The zero value is empty. It is safe for concurrent use.
type Ledger struct {
	mu    sync.Mutex
	lines map[Line]*account
}

type account struct {
	errors    map[string]int64
	latencies *hdrhistogram.Histogram
}

// longest is the longest latency that is distinguished from longer ones, and with
// two digits a latency is known to within 1 %.
const (
	longest = time.Minute
	digits  = 2
)

// Add adds an operation, with the kind of its error unless it ended well.
func (l *Ledger) Add(line Line, took time.Duration, kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.lines[line]
	if a == nil {
		if l.lines == nil {
			l.lines = make(map[Line]*account)
		}
		a = &account{make(map[string]int64), hdrhistogram.New(1, longest.Microseconds(), digits)}
		l.lines[line] = a
	}
	_ = a.latencies.RecordValue(min(max(took.Microseconds(), 1), longest.Microseconds())) // it is in range
	if kind != "" {
		a.errors[kind]++
	}
}

// Entries returns all lines, by backend and operation, the calm before the broken.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := make([]Entry, 0, len(l.lines))
	for line, a := range l.lines {
		at := func(percent float64) time.Duration {
			return time.Duration(a.latencies.ValueAtPercentile(percent)) * time.Microsecond
		}
		entries = append(entries, Entry{
			Line: line, Count: a.latencies.TotalCount(), Errors: maps.Clone(a.errors),
			P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: at(100),
		})
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Backend, b.Backend), cmp.Compare(a.Op, b.Op), order(a.Broken, b.Broken))
	})
	return entries
}

// calmErrors is how many operations of a backend may fail in the calms, of a
// hundred: a time-out of a second can pass on a machine that is busy elsewhere.
const calmErrors = 1

// Uncalm returns the backends whose operations fail in the calms, too.
func Uncalm(entries []Entry) (problems []string) {
	count, failed := make(map[string]int64), make(map[string]int64)
	for _, e := range entries {
		if !e.Broken {
			count[e.Backend] += e.Count
			failed[e.Backend] += e.Failed()
		}
	}
	for _, backend := range slices.Sorted(maps.Keys(failed)) {
		if n := failed[backend]; n*100 > calmErrors*count[backend] {
			problems = append(problems, fmt.Sprintf("%d of %d operations on %s failed while it was not broken", n, count[backend], backend))
		}
	}
	return problems
}

// order has false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
