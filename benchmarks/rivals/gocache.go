package rivals

import gocache "github.com/patrickmn/go-cache"

// GoCache is patrickmn's: a map and a lock, without a bound.
var GoCache = Rival{Name: "go-cache", Module: "github.com/patrickmn/go-cache", Open: func(int, int) (Cache, func(), error) {
	// Without its janitor, which would walk through all entries meanwhile.
	return goCache{gocache.New(TTL, 0)}, func() {}, nil
}}

type goCache struct{ c *gocache.Cache }

func (c goCache) Get(key string) ([]byte, bool) {
	value, found := c.c.Get(key)
	if !found {
		return nil, false
	}
	return value.([]byte), true
}

func (c goCache) Set(key string, value []byte) { c.c.SetDefault(key, value) }
