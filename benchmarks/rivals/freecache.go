package rivals

import (
	"time"

	"github.com/coocood/freecache"
)

// FreeCache is coocood's: bytes in a ring of fixed size. Get copies.
var FreeCache = Rival{Name: "freecache", Module: "github.com/coocood/freecache", Evicts: true, Copies: true, Open: func(capacity, valueSize int) (Cache, func(), error) {
	return freeCache{freecache.NewCache(capacity * entrySize(valueSize))}, func() {}, nil
}}

type freeCache struct{ c *freecache.Cache }

func (c freeCache) Get(key string) ([]byte, bool) {
	value, err := c.c.Get([]byte(key))
	return value, err == nil
}

func (c freeCache) Set(key string, value []byte) {
	_ = c.c.Set([]byte(key), value, int(TTL/time.Second)) // a failure shows as a miss
}
