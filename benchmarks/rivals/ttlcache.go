package rivals

import "github.com/jellydator/ttlcache/v3"

// TTLCache is jellydator's.
var TTLCache = Rival{Name: "ttlcache", Module: "github.com/jellydator/ttlcache/v3", Evicts: true, Open: func(capacity, _ int) (Cache, func(), error) {
	c := ttlcache.New(
		ttlcache.WithTTL[string, []byte](TTL),
		ttlcache.WithCapacity[string, []byte](uint64(capacity)),
		ttlcache.WithDisableTouchOnHit[string, []byte](),
	)
	go c.Start()
	return ttlCache{c}, c.Stop, nil
}}

type ttlCache struct {
	c *ttlcache.Cache[string, []byte]
}

func (c ttlCache) Get(key string) ([]byte, bool) {
	item := c.c.Get(key)
	if item == nil {
		return nil, false
	}
	return item.Value(), true
}

func (c ttlCache) Set(key string, value []byte) { c.c.Set(key, value, ttlcache.DefaultTTL) }
