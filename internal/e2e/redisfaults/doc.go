// Package redisfaults has only tests: Redis, alone and with replicas, Sentinels
// or as a cluster, fails under load, and the caches over it go on.
package redisfaults
