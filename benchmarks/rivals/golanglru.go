package rivals

import "github.com/hashicorp/golang-lru/v2/expirable"

// GolangLRU is hashicorp's LRU with expiry. Its goroutine never ends.
var GolangLRU = Rival{Name: "golang-lru", Module: "github.com/hashicorp/golang-lru/v2", Evicts: true, Open: func(capacity, _ int) (Cache, func(), error) {
	c := expirable.NewLRU[string, []byte](capacity, nil, TTL)
	return golangLRU{c}, c.Purge, nil
}}

type golangLRU struct {
	c *expirable.LRU[string, []byte]
}

func (c golangLRU) Get(key string) ([]byte, bool) { return c.c.Get(key) }
func (c golangLRU) Set(key string, value []byte)  { c.c.Add(key, value) }
