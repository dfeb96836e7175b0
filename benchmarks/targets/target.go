package targets

import "context"

// Target is something that larder promises about speed.
type Target struct {
	Name    string // P1
	Job     string
	measure func(context.Context, *Lab) error
}

// All returns the targets in order.
func All() []Target {
	return []Target{
		{"P1", "Get of bytes from memory", bytesFromMemory},
		{"P2", "typed Get of a native struct", structsFromMemory},
		{"P3", "get-or-set of a missing key", loadsOnce},
		{"P4", "CachePage hit in process", pagesInProcess},
		{"P5", "CachePage hit through gin and echo", pagesThroughFrameworks},
		{"P6", "CachePage hit over loopback", pagesOverLoopback},
		{"P7", "500 cold requests", coldPages},
		{"P8", "a stale hot key under load", stalePages},
		{"P9", "Redis through the core", redisThroughCore},
		{"P10", "Redis, pipelined", redisPipelined},
		{"P11", "Memcached and PostgreSQL through the core", otherServers},
		{"P12", "a page hit on Redis", pagesOnRedis},
		{"P13", "memory per entry", memory},
		{"P14", "around a route that is not cached", uncachedRoutes},
	}
}
