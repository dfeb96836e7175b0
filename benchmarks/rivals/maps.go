package rivals

import (
	"sync"

	"github.com/puzpuzpuz/xsync/v4"
)

// SyncMap is the standard library's concurrent map, XSyncMap a faster one:
// floors, since neither expires or evicts anything.
var (
	SyncMap = Rival{Name: "sync.Map", Open: func(int, int) (Cache, func(), error) {
		return new(syncMap), func() {}, nil
	}}
	XSyncMap = Rival{Name: "xsync.Map", Module: "github.com/puzpuzpuz/xsync/v4", Open: func(capacity, _ int) (Cache, func(), error) {
		return xsyncMap{xsync.NewMap[string, []byte](xsync.WithPresize(capacity))}, func() {}, nil
	}}
)

type syncMap struct{ m sync.Map }

func (c *syncMap) Get(key string) ([]byte, bool) {
	value, found := c.m.Load(key)
	if !found {
		return nil, false
	}
	return value.([]byte), true
}

func (c *syncMap) Set(key string, value []byte) { c.m.Store(key, value) }

type xsyncMap struct{ m *xsync.Map[string, []byte] }

func (c xsyncMap) Get(key string) ([]byte, bool) { return c.m.Load(key) }
func (c xsyncMap) Set(key string, value []byte)  { c.m.Store(key, value) }
