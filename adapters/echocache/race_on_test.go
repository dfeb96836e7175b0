//go:build race

package echocache_test

// raceEnabled says that the race detector is on, which allocates too.
const raceEnabled = true
