package main

import (
	"context"
	"sync"

	"github.com/larder-go/larder/cache"
)

// tally counts what the caches do. The zero value is ready. It is safe for
// concurrent use.
type tally struct {
	mu     sync.Mutex
	counts map[tallyKey]int
}

type tallyKey struct {
	alias string
	kind  cache.EventKind
}

// record is told of each event: connect it to [cache.Handler.Events].
func (t *tally) record(_ context.Context, _ any, event cache.Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = make(map[tallyKey]int)
	}
	t.counts[tallyKey{event.Alias, event.Kind}]++
	return nil
}

// activity is what one cache has done.
type activity struct {
	Alias                                      string
	Hits, Misses, Loads, Sets, Corrupt, Errors int
}

// HitRate returns how many of a hundred reads found something.
func (a activity) HitRate() int {
	reads := a.Hits + a.Misses + a.Corrupt
	return 100 * a.Hits / max(reads, 1)
}

// of returns what the cache of an alias has done since the program began.
func (t *tally) of(alias string) activity {
	t.mu.Lock()
	defer t.mu.Unlock()
	count := func(kind cache.EventKind) int { return t.counts[tallyKey{alias, kind}] }
	return activity{
		Alias:   alias,
		Hits:    count(cache.EventHit),
		Misses:  count(cache.EventMiss),
		Loads:   count(cache.EventLoad),
		Sets:    count(cache.EventSet),
		Corrupt: count(cache.EventCorrupt),
		Errors:  count(cache.EventError),
	}
}
