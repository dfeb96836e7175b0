package cache

import "github.com/larder-go/larder/internal/flight"

// loads are the loads of a store, or of a namespace in it, that this process runs. Two aliases
// that reach the same keys have them in common.
type loads struct {
	*flight.Group[*loadResult]
	leases heldLeases
	tags   localTags // of a store that only this process has
}

func newLoads() *loads { return &loads{Group: flight.New[*loadResult]()} }
