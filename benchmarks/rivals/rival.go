package rivals

import "time"

// TTL is the timeout of all entries: long enough that none expires while it is
// measured, and there, since finding out that an entry has not expired is a
// part of every Get.
const TTL = time.Hour

// Cache is what all of them can do. Keys and values belong to the cache after
// Set, and what Get returns is not changed by the caller.
type Cache interface {
	Get(key string) (value []byte, found bool)
	Set(key string, value []byte)
}

// Rival is a library with which larder is compared.
type Rival struct {
	Name   string
	Module string // its path, from which the report has the version

	// Evicts says that the number of entries is bounded. One that does not keeps
	// everything until it expires.
	Evicts bool

	// Copies says that Get returns a copy, which the caller may change.
	Copies bool

	// Open returns an empty cache for so many entries of valueSize bytes; those
	// that are bounded by bytes need the latter.
	Open func(capacity, valueSize int) (c Cache, shut func(), err error)
}

// All returns the rivals in the order of reports: larder, the floor and the
// others by name.
func All() []Rival {
	return []Rival{
		Larder, SyncMap, XSyncMap,
		BigCache, FreeCache, GoCache, GolangLRU, Otter, OtterCoarse, Ristretto, Sturdyc, Theine, TTLCache,
	}
}
