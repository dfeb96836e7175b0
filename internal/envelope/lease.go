package envelope

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
)

// ErrLease reports that an entry is a lease: nothing is stored there, and a load is under
// way, or was.
var ErrLease = errors.New("a lease")

// Lease is what a load leaves under the key whose value it computes, so that other processes
// know of it, and so that it can store the value only while nobody has changed the key. It is
// an entry without a payload, of the length of the header. Two leases are never equal, and
// none is equal to an entry with a value.
type Lease struct {
	State    LeaseState
	Identity uint64 // of 48 bits, the same for as long as one process holds the lease

	random  uint64 // of 40 bits
	renewed uint32 // how often, modulo 1<<24
}

// LeaseState says what others do who find a lease.
type LeaseState byte

// The states of a lease.
const (
	// Loading is a lease whose value others wait for.
	Loading LeaseState = iota + 1

	// Alone is a lease for whose value nobody waits: others compute one for themselves, and
	// do not store it.
	Alone

	// Free is a lease that was given up: whoever finds it replaces it by its own lease.
	Free

	// Failed is a lease whose load has made nothing that others could use. Whoever finds it
	// replaces it by its own lease, which is Alone, so that callers do not wait for one
	// failing load after the other.
	Failed
)

func isLeaseState(b byte) bool { return Loading <= LeaseState(b) && LeaseState(b) <= Failed }

// kindLease is the kind of a lease. It is not a [Kind] of a value.
const kindLease = 5

// The fields of a lease that an entry with a value does not have.
const (
	leaseStateAt   = 4
	leaseRandomAt  = 20
	leaseRenewedAt = 25
)

// NewLease returns a lease that nobody else has.
func NewLease(state LeaseState) Lease {
	return Lease{State: state, Identity: newIdentity(), random: rand.Uint64() & (1<<40 - 1)}
}

// newIdentity returns an identity that is not 0, which is that of entries without one.
func newIdentity() uint64 { return rand.Uint64()&IdentityMask | 1 }

// Renewed returns the lease as it is after one more renewal.
func (l Lease) Renewed() Lease {
	l.renewed = (l.renewed + 1) & (1<<24 - 1)
	return l
}

// Append appends the lease to dst, with its checksum.
func (l Lease) Append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, magic0, magic1, version, kindLease, byte(l.State), 0)
	dst = binary.BigEndian.AppendUint64(dst, flagsAlways<<48)
	dst = binary.BigEndian.AppendUint16(dst, uint16(l.Identity>>32))
	dst = binary.BigEndian.AppendUint32(dst, uint32(l.Identity))
	dst = binary.BigEndian.AppendUint64(dst, l.random<<24|uint64(l.renewed))
	dst = append(dst, 0, 0, 0, 0)
	Seal(dst[start:])
	return dst
}

// ParseLease reads a lease. It reports false for everything else, a damaged lease included.
func ParseLease(entry []byte) (l Lease, ok bool) {
	if !isLease(entry) || Verify(entry) != nil {
		return Lease{}, false
	}
	numbers := binary.BigEndian.Uint64(entry[leaseRandomAt:])
	return Lease{
		State:    LeaseState(entry[leaseStateAt]),
		Identity: identityOf(entry),
		random:   numbers >> 24,
		renewed:  uint32(numbers & (1<<24 - 1)),
	}, true
}

// isLease reports whether a whole entry is a lease, damaged or not.
func isLease(entry []byte) bool {
	var h Header
	return h.Parse(entry) == ErrLease
}

func identityOf(entry []byte) uint64 { return binary.BigEndian.Uint64(entry[12:]) & IdentityMask }
