package rivals

import (
	"context"
	"io"
	"log"

	"github.com/allegro/bigcache/v3"
)

// BigCache is allegro's: bytes in a few large slices, which the garbage
// collector does not look into. Get copies.
var BigCache = Rival{Name: "bigcache", Module: "github.com/allegro/bigcache/v3", Evicts: true, Copies: true, Open: openBigCache}

type bigCache struct{ c *bigcache.BigCache }

func openBigCache(capacity, valueSize int) (Cache, func(), error) {
	config := bigcache.DefaultConfig(TTL)
	config.CleanWindow = 0
	config.MaxEntriesInWindow = capacity
	config.MaxEntrySize = valueSize
	config.HardMaxCacheSize = max(1, capacity*entrySize(valueSize)>>20) // MiB
	config.Verbose = false
	config.Logger = log.New(io.Discard, "", 0)
	c, err := bigcache.New(context.Background(), config)
	if err != nil {
		return nil, nil, err
	}
	return bigCache{c}, func() { _ = c.Close() }, nil // nothing is lost by it
}

// entrySize is about what an entry takes in a cache that is bounded by bytes.
func entrySize(valueSize int) int { return valueSize + 64 }

func (c bigCache) Get(key string) ([]byte, bool) {
	value, err := c.c.Get(key)
	return value, err == nil
}

func (c bigCache) Set(key string, value []byte) {
	_ = c.c.Set(key, value) // a failure shows as a miss
}
