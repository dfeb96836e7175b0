//go:build race

package echo5cache_test

// raceEnabled says that the race detector is on, which allocates too.
const raceEnabled = true
