// Package e2e has no code of its own. Its module holds the tests that need heavy
// tools, so that these stay out of the module that users depend on:
//
//   - load is the traffic that the tests let run while they break things, and the
//     proxy that they break connections with;
//   - redisfaults breaks Redis, replicas, Sentinels and a cluster;
//   - faults breaks Memcached and PostgreSQL, one server of several, and the
//     connections of all backends;
//   - soak is a command that does all of this at once for minutes or hours, to
//     pages too;
//   - connections counts those that a web program holds, at the servers;
//   - browser visits an example with Chromium.
//
// The servers are real processes, which the tests start and stop. From the root of
// the repository,
//
//	go run ./internal/services -- go -C internal/e2e test -race ./...
//
// runs them all. Each fault happens under load, and after it a test asks four
// things: that no read ever returned a wrong value, that errors were of the
// documented kinds, that the cache recovered by itself, and that no goroutine and
// no connection is left.
package e2e
