package rivals

import "github.com/viccon/sturdyc"

// Sturdyc is viccon's. It evicts the tenth that expires first of a shard that
// is full.
var Sturdyc = Rival{Name: "sturdyc", Module: "github.com/viccon/sturdyc", Evicts: true, Open: func(capacity, _ int) (Cache, func(), error) {
	const shards, evictedPercent = 64, 10
	c := sturdyc.New[[]byte](capacity, shards, TTL, evictedPercent, sturdyc.WithNoContinuousEvictions())
	return sturdycCache{c}, func() {}, nil
}}

type sturdycCache struct{ c *sturdyc.Client[[]byte] }

func (c sturdycCache) Get(key string) ([]byte, bool) { return c.c.Get(key) }
func (c sturdycCache) Set(key string, value []byte)  { c.c.Set(key, value) }
