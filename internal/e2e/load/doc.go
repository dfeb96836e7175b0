// Package load is traffic on a cache for tests that break the cache's server
// meanwhile. Every value names its key and a sequence number, so the traffic
// knows of each read whether it is right: see [Options] for what it may return.
// The package also has the [Proxy] by which a test breaks connections, and
// [Leaks].
package load
