// Package targets has what larder promises about speed, P1 to P17 and P28 on, each as
// something that is measured. A target is a function that measures its jobs in a
// [Lab] and tells it what came out; the lab decides whether a job is as fast as
// it has to be.
//
// What larder is measured against is always in the same process and the same
// minute, so that only ratios count: see package paired.
package targets
