package load

import (
	"cmp"
	"time"
)

// Options say how much traffic there is and what it may see. With the zero value
// a server may fail, but not forget: after an acknowledged write a read returns
// that value or a later one. Where a test takes the data away itself, it says so
// by [Traffic.Lost] at that moment, and the options stay strict for the rest.
type Options struct {
	// Workers is how many goroutines there are; the default is 8.
	Workers int

	// Keys is how many keys each worker writes; the default is 8. All workers
	// read all keys.
	Keys int

	// ValueSize is the length of the longest values in bytes; the default is
	// 1024. The shortest have a quarter of it.
	ValueSize int

	// Pace is the time from the start of one operation of a worker to that of
	// the next, unless the first takes longer; the default is 4 ms.
	Pace time.Duration

	// Timeout is that of the context of each operation; the default is 10 s.
	Timeout time.Duration

	// Skew, above 1, has some keys be used more often than others, as Zipf's law
	// with this exponent says. With the default of zero all are used alike.
	Skew float64

	// Prefix begins the keys; the default is "load". On a cluster, one in braces
	// puts them all into one slot.
	Prefix string

	// Stale allows every value that was ever stored under its key, and a miss
	// at any time: for reads from replicas.
	Stale bool

	// Drops allows what Stale does, and bounds the results of Incr only from
	// above: for aliases that drop writes (cache.MissOnError).
	Drops bool

	// Lossy allows a miss at any time: for servers that may evict.
	Lossy bool

	// Late allows what ended in an error to be done at any later time: for
	// faults that hold a command back and deliver it when its caller has gone.
	Late bool

	// NoIncr leaves the counters out: for backends that have none.
	NoIncr bool

	// Kind names the documented errors of a backend that are neither one of
	// package cache, nor of a context, nor of the network. It returns "" for
	// all others, which fail the test. nil knows none.
	Kind func(error) string

	// Observe, unless it is nil, is told of each operation by the name of its
	// method when it began, how long it took, and the kind of its error, which
	// is empty if it ended well. Several goroutines call it at the same time.
	Observe func(op string, began time.Time, took time.Duration, kind string)
}

func (o Options) withDefaults() Options {
	o.Stale = o.Stale || o.Drops
	o.Prefix = cmp.Or(o.Prefix, "load")
	o.Workers = cmp.Or(o.Workers, 8)
	o.Keys = cmp.Or(o.Keys, 8)
	o.ValueSize = cmp.Or(o.ValueSize, 1024)
	o.Pace = cmp.Or(o.Pace, 4*time.Millisecond)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	return o
}
