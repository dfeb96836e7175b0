package sim

import "fmt"

// ticks is virtual time, in milliseconds.
type ticks int32

// The times of the lease protocol.
const (
	leaseTTL      ticks = 5000
	takeOverAfter ticks = leaseTTL * 3 / 2
	aloneTTL      ticks = 1000
	waitLimit     ticks = 10000
	entryTTL      ticks = 3600_000
)

// kind is what stands under a key.
type kind uint8

const (
	absent kind = iota
	lease
	data
	claim
)

// leaseState is the byte of a lease that says what a caller does who finds it.
type leaseState uint8

const (
	loading leaseState = iota // wait for the value
	alone                     // do not wait: load for yourself, and store nothing
	free                      // given up: anybody replaces it
)

// value is what a store keeps under a key. Two values are equal if their bytes would be.
type value struct {
	kind     kind
	state    leaseState
	stale    bool   // of data: a caller that refuses stale entries refreshes it
	renewals uint8  // the counter of a lease
	id       uint16 // the identity: unique to a lease and to an entry

	// asOf is known to the checkers alone: the version of the database when the value was
	// loaded. What a caller stores by Set and Add is as of the moment when it reaches the store.
	asOf uint16
}

// next is the form of a lease after one more renewal.
func (v value) next() value {
	v.renewals++
	return v
}

// as is the form of a lease in another state.
func (v value) as(s leaseState) value {
	v.state = s
	return v
}

// isLease reports whether v is a lease, in whatever form.
func (v value) isLease() bool { return v.kind == lease }

// isSameLease reports whether both are forms of one lease.
func (v value) isSameLease(other value) bool {
	return v.isLease() && other.isLease() && v.id == other.id
}

func (v value) String() string {
	switch v.kind {
	case lease:
		return fmt.Sprintf("lease %d.%d (%s)", v.id, v.renewals, [...]string{"loading", "alone", "free"}[v.state])
	case data:
		if v.stale {
			return fmt.Sprintf("stale value %d of database version %d", v.id, v.asOf)
		}
		return fmt.Sprintf("value %d of database version %d", v.id, v.asOf)
	case claim:
		return "a claim"
	}
	return "nothing"
}
