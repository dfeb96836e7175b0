// Package launch starts real servers on loopback, each with its data in a
// temporary folder of its own, waits until they answer, and stops them by their
// process ids. It knows nothing of tests: internal/testserver gives it to them,
// and internal/services to a developer.
package launch
