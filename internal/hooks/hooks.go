// Package hooks gives the cache of pages what package cache does for it and for nobody
// else. It has no functions of its own; the methods are described at fill.Hooks.
package hooks

import (
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
)

// Cache has the functions of package cache that are not public.
var Cache = fill.Registered[*cache.BaseCache, *cache.Handler, cache.Option]()
