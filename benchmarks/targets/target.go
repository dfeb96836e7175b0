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
		{"P1", "Get of bytes from memory", bytesFromMemory, ""},
		{"P2", "typed Get of a native struct", structsFromMemory, "" +
			"The struct has to be read, which otter's Get, the floor, does not do: otter and a look at the first byte of the value is 1.12 to 1.23 times the floor by itself. " +
			"Making and checking the key is the rest."},
		{"P3", "get-or-set of a missing key", loadsOnce, "" +
			"A hit is P2 with a second hash of the key, by which a deletion during a load is noticed. " +
			"Of 10 000 goroutines the last has to be woken on two processors."},
		{"P4", "CachePage hit in process", pagesInProcess, "" +
			"A hit sets four fields more than the floor (Cache-Status, Age, ETag, Content-Length), and each costs what one of the floor's does: setting fields is two thirds of a hit. " +
			"Their lines are in memory of the client's own; memory shared between clients would save a fifth, and would let one client's middleware edit everybody's page."},
		{"P5", "CachePage hit through gin and echo", pagesThroughFrameworks, "" +
			"As P4: gin-cache sets the fields of the handler and no others, and shares their memory between clients."},
		{"P6", "CachePage hit over loopback", pagesOverLoopback, "" +
			"A request over loopback costs the system far more than copying 32 KiB does; the rest of the answer is the same."},
		{"P7", "500 cold requests", coldPages, ""},
		{"P8", "a stale hot key under load", stalePages, ""},
		{"P9", "Redis through the core", redisThroughCore, "" +
			"GetMany gives a map of values that were checked: keys made (28 000 instructions of 308 000), envelopes checked and hits told (32 000), the map (25 000). " +
			"Set copies the value into its envelope."},
		{"P10", "Redis, pipelined", redisPipelined, "" +
			"Who is answered has to be woken, which a pipeline of 32 commands in one goroutine does not pay; the asynchronous twins do not either."},
		{"P11", "Memcached and PostgreSQL through the core", otherServers, ""},
		{"P12", "a page hit on Redis", pagesOnRedis, ""},
		{"P13", "memory per entry", memory, ""},
		{"P14", "around a route that is not cached", uncachedRoutes, "" +
			"What passes CachePage is judged, has its key made to see that its last response was not stored, and gets a Cache-Status: about 4 000 instructions."},
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
