// Package allbackends registers every backend of larder by importing it, for the command
// larder and for tests. It links the clients of all of them; other programs import the
// packages of the backends that they use.
package allbackends

import (
	_ "github.com/larder-go/larder/backends/dummystore"    // "dummy"
	_ "github.com/larder-go/larder/backends/filestore"     // "file"
	_ "github.com/larder-go/larder/backends/memcachestore" // "memcached"
	_ "github.com/larder-go/larder/backends/memstore"      // "memory"
	_ "github.com/larder-go/larder/backends/pgstore"       // "postgres" and "postgresql"
	_ "github.com/larder-go/larder/backends/redisstore"    // "redis", "rediss", "redis+sentinel" ...
)
