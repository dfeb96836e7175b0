//go:build !race

package flight_test

// crowd is how many callers are many.
const crowd = 10_000
