//go:build race

package flight_test

// crowd is how many callers are many. The race detector ends the process at
// some eight thousand goroutines.
const crowd = 5_000
