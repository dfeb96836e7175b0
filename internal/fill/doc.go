// Package fill is what package cache offers to the cache of pages and to fragments
// beyond its public names: interfaces that BaseCache.Fill looks for in a loader, a
// handle on the load that is running, and Hooks. Package cache imports this package,
// so nothing here knows the types of package cache; package hooks does.
package fill
