// Package sim proves the protocols by which several processes share a store: leases, which
// make one load for all of them and refuse late stores, and tags, which invalidate many
// entries in O(1). It has a model of each protocol, which no program links; its tests walk
// through every interleaving of small worlds, and through random runs with faults, each of
// which a seed repeats. Each rule of a protocol can be broken by name, and a test fails if no
// checker notices.
//
// The model has no goroutines and no real time. docs/design/coherence.md has the rules.
package sim
