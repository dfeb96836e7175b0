package targets

import "context"

// Target is something that larder promises about speed.
type Target struct {
	Name    string // P1
	Job     string
	measure func(context.Context, *Lab) error

	// Costs says what stands between what is measured and a bound that is not met.
	// It is "" if nothing is known to.
	Costs string
}

// All returns the targets in order. The instructions that their costs speak of are
// counted in docs/performance/notes.md.
func All() []Target {
	return []Target{
		{"P1", "Get of bytes from memory", bytesFromMemory, "" +
			"Beside otter's own 545 instructions a Get takes 700: options, a key that is made and checked, a look at the context, telling of the hit. " +
			"What they add to the time depends on how long the entry takes to come from memory."},
		{"P2", "typed Get of a native struct", structsFromMemory, "" +
			"The struct has to be read, from memory that no processor's cache has; otter's Get, the floor, does not look at its value, and the line of one that does says what that costs. " +
			"Adding up options, making and checking the key and telling of the hit are the rest, 700 instructions as in P1."},
		{"P3", "get-or-set of a missing key", loadsOnce, "" +
			"A hit is P2 and a mark, by which a deletion during a load is noticed. " +
			"Of 10 000 goroutines the last has to be woken on two processors: the line of a channel that is closed says what that takes by itself."},
		{"P4", "CachePage hit in process", pagesInProcess, "" +
			"A hit has five fields more than the floor's three: Date, ETag, Content-Length, Age and Cache-Status. The line of its fields alone says what it costs to set them in memory of the client's own, " +
			"and to look at what the request has: that is over the bound by itself. Memory that all clients share would spare half of it, but middleware of one could then edit everybody's page. " +
			"The rest: finding the page, making sure that the store has it still, the time. Behind a mux, Lifecycle adds a scope and net/http's copy of the request."},
		{"P5", "CachePage hit through gin and echo", pagesThroughFrameworks, "" +
			"As P4: gin-cache sets the fields of the handler and no others, and does not look at what the request has. The line of a hit's fields alone, through gin, leaves little for finding the page."},
		{"P6", "CachePage hit over loopback", pagesOverLoopback, "" +
			"A hit finds its page, and looks at the request and the time, where the floor has its answer at hand."},
		{"P7", "500 cold requests", coldPages, ""},
		{"P8", "a stale hot key under load", stalePages, "" +
			"The lines of the same crowd without a cache say what the machine does by itself: where they have requests over 50 ms, others were at work on it."},
		{"P9", "Redis through the core", redisThroughCore, "" +
			"Whatever is done with an answer finds its code gone from the processor's caches, since the system has waited for the server meanwhile. The line of the raw client and a Get of otter after it " +
			"says what that costs: a Get that takes a tenth of a microsecond by itself takes as long there as all of larder's part of an operation, which is 1 260 instructions to the client's 12 000. " +
			"GetMany gives a map of values that were checked. The line of the raw client says what a map alone costs; keys, envelopes and telling of hits are the rest."},
		{"P10", "Redis, pipelined", redisPipelined, "" +
			"Who is answered has to be woken, which a pipeline of 32 commands in one goroutine does not pay; the asynchronous twins do not either."},
		{"P11", "Memcached and PostgreSQL through the core", otherServers, "" +
			"Behind a wait for the server everything is slow, as in P9: the line of the raw client and a Get of otter says how slow. " +
			"No operation waits for a silent server without end. The line of the raw client with a time-out says what that costs pgx."},
		{"P12", "a page hit on Redis", pagesOnRedis, "" +
			"The lines of the raw client and a handler say what a page costs that is not judged, has no key and is known to be the same; that with a Get of otter, what one look into memory adds, " +
			"since behind a wait for the server everything is slow, as in P9. A hit takes 7 300 instructions beyond the GET's 12 300: it finds its way, looks at the request, the purges and the time, and compares."},
		{"P13", "memory per entry", memory, ""},
		{"P14", "around a route that is not cached", uncachedRoutes, "" +
			"What passes CachePage says so in Cache-Status: the line of a handler that does the same says what that costs within a Lifecycle. The rest is a look at the request."},
		{"P15", "a page that nobody has asked for", missedPages, "" +
			"A run has what several clients need even if there is one: a copy of the request, a header that is compared with what outer middleware adds, a page with its fields sorted, hashed and counted. " +
			"The least that a page cache does is a copy of the request, a recorded response with Date, ETag and Content-Length, and a Set of otter."},
		{"P16", "GetOrSet that loads", loads, "" +
			"A load runs in a goroutine of its own, so that its caller can leave, and its value is encoded. The lines of a goroutine and with Native say what these cost."},
		{"P17", "hits in the recommended wiring", wiredPages, "" +
			"A hit sends more fields than its handler sets: ETag, Age and Cache-Status. The line of the handler's fields alone says what sending them costs. " +
			"The rest is finding the page, and a scope and net/http's copy of the request in Lifecycle."},
		{"P28", "misses on servers", missesOnServers, "" +
			"The line of the raw client in a goroutine of its own says what it costs that a load does not end with its caller: where a processor would wait for the server, it wakes another first. " +
			"A page's run needs none; the rest is as in P15 and P16. GetOrSet stores only if nobody has stored meanwhile, which the raw client does not ask for."},
		{"P29", "misses of different keys in parallel", parallelMisses, ""},
		{"P30", "distinct pages at full speed", distinctPages, ""},
	}
}

// Costs returns what is known to stand between a target and its bounds, or "".
func Costs(target string) string {
	for _, t := range All() {
		if t.Name == target {
			return t.Costs
		}
	}
	return ""
}
