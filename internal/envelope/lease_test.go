package envelope_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

var leaseStates = []envelope.LeaseState{envelope.Loading, envelope.Alone, envelope.Free, envelope.Failed}

// A lease is all in the head of its entry, is read back as it was written, and is an entry
// for nobody who looks for a value.
func TestALeaseIsAHeadAndNoValue(t *testing.T) {
	for _, state := range leaseStates {
		lease := envelope.NewLease(state)
		b := lease.Append(nil)
		if len(b) != driver.HeadSize {
			t.Fatalf("a lease has %d bytes", len(b))
		}
		if got, ok := envelope.ParseLease(b); !ok || got != lease {
			t.Errorf("%+v is read back as %+v, %v", lease, got, ok)
		}
		if _, err := parse(b); !errors.Is(err, envelope.ErrLease) {
			t.Errorf("Parse of a lease: %v", err)
		}
		if _, err := parseHead(b); !errors.Is(err, envelope.ErrLease) {
			t.Errorf("ParseHead of a lease: %v", err)
		}
		if head, unique := envelope.UniqueHead(b); !unique || !bytes.Equal(head, b) {
			t.Errorf("UniqueHead of a lease: %x, %v", head, unique)
		}
		if _, err := parse(append(b, 'x')); !errors.Is(err, envelope.ErrReserved) {
			t.Errorf("a lease with a payload: %v", err)
		}
	}
}

// A renewed lease has other bytes, but is the same one; the counter of renewals wraps around
// without touching what is beside it.
func TestARenewedLeaseIsTheSameOneInOtherBytes(t *testing.T) {
	first := envelope.NewLease(envelope.Loading)
	lease, seen := first, map[string]bool{}
	for range 1 << 10 {
		b := lease.Append(nil)
		if seen[string(b)] {
			t.Fatalf("%x was there before", b)
		}
		seen[string(b)] = true
		if envelope.Identity(b) != first.Identity || first.Identity == 0 {
			t.Fatalf("identity %x, before %x", envelope.Identity(b), first.Identity)
		}
		lease = lease.Renewed()
	}
	for range 1<<24 - 1<<10 {
		lease = lease.Renewed()
	}
	if lease != first {
		t.Errorf("after 2^24 renewals %+v, before %+v", lease, first)
	}
	if other := envelope.NewLease(envelope.Loading); other.Identity == first.Identity {
		t.Error("two leases have one identity")
	}
}

// Every change of one byte of a lease is found: it is damaged, or of a later release.
func TestADamagedLeaseIsNoLease(t *testing.T) {
	whole := envelope.NewLease(envelope.Loading).Append(nil)
	for i := range whole {
		for change := 1; change < 256; change++ {
			damaged := bytes.Clone(whole)
			damaged[i] ^= byte(change)
			if l, ok := envelope.ParseLease(damaged); ok {
				t.Fatalf("byte %d changed by %08b is read as %+v", i, change, l)
			}
		}
	}
}

// Integers and values without an identity have none; values and leases have one.
func TestIdentity(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("12"), []byte("something"), entry[:20]} {
		if id := envelope.Identity(b); id != 0 {
			t.Errorf("%q has the identity %x", b, id)
		}
	}
	value := sealed(envelope.Header{Kind: envelope.KindString, Identity: 7, Length: 4}, "text")
	if id := envelope.Identity(value[:driver.HeadSize]); id != 7 {
		t.Errorf("a value of identity 7 has %x", id)
	}
}

// The stores tell a lease by its head, whatever its state, and nothing else is one to them.
func TestTheStoresTellALeaseByItsHead(t *testing.T) {
	for _, state := range leaseStates {
		if b := envelope.NewLease(state).Append(nil); !driver.IsLease(b) {
			t.Errorf("not a lease to package driver: %x", b)
		}
	}
	for kind := envelope.KindNil; kind <= envelope.KindEncoded; kind++ {
		b := envelope.Header{Kind: kind, Length: 1}.Append(nil)
		if b = append(b, 'x'); driver.IsLease(b) {
			t.Errorf("a lease to package driver: %x", b)
		}
	}
}
