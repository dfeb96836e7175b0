// Package race tells tests whether they run with the race detector, which allocates and
// takes ten times as long. What is counted there is counted by `make test-plain` instead.
package race
