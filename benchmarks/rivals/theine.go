package rivals

import "github.com/Yiling-J/theine-go"

// Theine is Yiling-J's, with W-TinyLFU.
var Theine = Rival{Name: "theine", Module: "github.com/Yiling-J/theine-go", Evicts: true, Open: openTheine}

type theineCache struct{ c *theine.Cache[string, []byte] }

func openTheine(capacity, _ int) (Cache, func(), error) {
	c, err := theine.NewBuilder[string, []byte](int64(capacity)).Build()
	if err != nil {
		return nil, nil, err
	}
	return theineCache{c}, c.Close, nil
}

func (c theineCache) Get(key string) ([]byte, bool) { return c.c.Get(key) }
func (c theineCache) Set(key string, value []byte)  { c.c.SetWithTTL(key, value, 1, TTL) }

// Settle waits until the writes are applied.
func (c theineCache) Settle() { c.c.Wait() }
