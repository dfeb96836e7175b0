package rivals

import (
	"context"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// Larder is this module: the whole core on a memory store, sharing values.
var Larder = Rival{Name: "larder", Module: "github.com/larder-go/larder", Evicts: true, Open: openLarder}

type larder struct {
	ctx   context.Context
	cache *cache.BaseCache
}

func openLarder(capacity, _ int) (Cache, func(), error) {
	store, err := memstore.New(memstore.Options{MaxEntries: int64(capacity)})
	if err != nil {
		return nil, nil, err
	}
	c, err := cache.New(store, cache.Config{Timeout: cache.After(TTL)})
	if err != nil {
		return nil, nil, err
	}
	ctx := context.Background()
	return larder{ctx, c}, func() { _ = store.Shutdown(ctx) }, nil // it returns nil
}

func (l larder) Get(key string) ([]byte, bool) {
	value, found, err := l.cache.GetBytes(l.ctx, key, cache.Shared)
	return value, found && err == nil
}

func (l larder) Set(key string, value []byte) {
	_ = l.cache.SetBytes(l.ctx, key, value) // a failure shows as a miss
}
