package rivals

import "github.com/dgraph-io/ristretto/v2"

// Ristretto is dgraph-io's; it drops writes under load and refuses some by its
// admission policy, so that what was set may be missing.
var Ristretto = Rival{Name: "ristretto", Module: "github.com/dgraph-io/ristretto/v2", Evicts: true, Open: openRistretto}

type ristrettoCache struct {
	c *ristretto.Cache[string, []byte]
}

func openRistretto(capacity, _ int) (Cache, func(), error) {
	c, err := ristretto.NewCache(&ristretto.Config[string, []byte]{
		NumCounters:        10 * int64(capacity),
		MaxCost:            int64(capacity),
		BufferItems:        64,
		IgnoreInternalCost: true, // so that MaxCost is a number of entries
	})
	if err != nil {
		return nil, nil, err
	}
	return ristrettoCache{c}, c.Close, nil
}

func (c ristrettoCache) Get(key string) ([]byte, bool) { return c.c.Get(key) }
func (c ristrettoCache) Set(key string, value []byte)  { c.c.SetWithTTL(key, value, 1, TTL) }

// Settle waits until the writes are applied.
func (c ristrettoCache) Settle() { c.c.Wait() }
