package engine

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"
)

// negativeCache remembers for a while which keys had a response that could not be shared,
// so that their requests do not wait for each other before each runs the handler itself.
//
// It is a table of fixed size, so clients cannot fill it; a key pushes another
// out of its slot. It takes no lock, and until something is remembered a
// look-up is one atomic load. The zero value is ready.
type negativeCache struct {
	table atomic.Pointer[[memorySize]atomic.Uint64]
}

const (
	memorySize = 4096

	// memoryTime is for how long requests bypass the cache after such a response.
	memoryTime = 10 * time.Second

	// unsharedTime is for how long it is known after that that the response could not be
	// shared: requests look up the page, and the responses of their runs may be stored.
	unsharedTime = 10 * time.Minute
)

var memorySeed = maphash.MakeSeed()

// A slot holds 23 bits of the hash of a key, the reason for which its response was
// not shared, whether nothing is stored under it, whether the response may be
// stored, and in the lower half until when it counts, in seconds since 1970.
const (
	slotUntil    uint64 = 1<<32 - 1
	slotAbsent   uint64 = 1 << 32
	slotStorable uint64 = 1 << 33
	slotReason   uint64 = 1<<reasonBits - 1<<34
	slotHash            = ^(slotUntil | slotAbsent | slotStorable | slotReason)

	reasonBits = 41 // where the hash begins
)

// memoryKey is a key whose response is remembered. Requests that identify a user are
// remembered separately: their responses say nothing about those of others.
type memoryKey struct {
	canonical  []byte
	identified bool // the request identifies a user
}

func (k memoryKey) hash() uint64 {
	hash := maphash.Bytes(memorySeed, k.canonical)
	if k.identified {
		hash = bits.RotateLeft64(hash, 32)
	}
	return hash
}

// remember notes for memoryTime that the last response was not to be stored, for that
// reason.
func (m *negativeCache) remember(key memoryKey, why reason.Reason) { m.note(key, uint64(why)<<34) }

// rememberStale notes that the last response was stale from the beginning. It may
// be stored, but each request has to ask the handler about it.
func (m *negativeCache) rememberStale(key memoryKey) { m.note(key, slotStorable) }

func (m *negativeCache) note(key memoryKey, value uint64) {
	table := m.table.Load()
	if table == nil {
		m.table.CompareAndSwap(nil, new([memorySize]atomic.Uint64))
		table = m.table.Load()
	}
	hash := key.hash()
	until := uint64(time.Now().Add(memoryTime).Unix())
	table[hash%memorySize].Store(hash&slotHash | value | until&slotUntil)
}

// remembered is what the memory knows of a key. The zero value is nothing.
type remembered struct {
	slot  *atomic.Uint64
	value uint64 // that of slot
}

// slot returns what is remembered of key, or of another key with the same 35 bits of hash:
// the requests of that one go to the handler for a while, too.
func (m *negativeCache) slot(key memoryKey) remembered {
	table := m.table.Load()
	if table == nil {
		return remembered{}
	}
	hash := key.hash()
	slot := &table[hash%memorySize]
	known := remembered{slot, slot.Load()}
	if known.value&slotHash != hash&slotHash {
		return remembered{}
	}
	return known
}

// lookup returns what is known of key, if its requests are to pass.
func (m *negativeCache) lookup(key memoryKey) remembered {
	if known := m.slot(key); known.isCurrent() && known.value&slotStorable == 0 {
		return known
	}
	return remembered{}
}

// wasUnshared reports whether the last response could not be shared, whether it may
// be stored or not.
func (m *negativeCache) wasUnshared(key memoryKey) bool {
	known := m.slot(key)
	return known.value != 0 && known.until()+int64((unsharedTime-memoryTime)/time.Second) > time.Now().Unix()
}

// lastReason returns the reason of the last response, if it was remembered within
// unsharedTime, or reason.None.
func (m *negativeCache) lastReason(key memoryKey) reason.Reason {
	if !m.wasUnshared(key) {
		return reason.None
	}
	return m.slot(key).why()
}

// forget notes that a response was for all.
func (m *negativeCache) forget(key memoryKey) {
	if known := m.slot(key); known.value != 0 {
		known.slot.CompareAndSwap(known.value, 0)
	}
}

// until is when requests stop bypassing the cache, in seconds since 1970.
func (k remembered) until() int64 { return int64(k.value & slotUntil) }

// isCurrent reports whether the time of what is known is not over.
func (k remembered) isCurrent() bool { return k.until() > time.Now().Unix() }

// isRemembered reports whether the last response was not to be stored.
func (k remembered) isRemembered() bool { return k.value != 0 }

// isAbsent reports whether it is also known that nothing is stored, see rememberAbsent.
func (k remembered) isAbsent() bool { return k.value&slotAbsent != 0 }

// why is the reason for which the last response was not to be stored.
func (k remembered) why() reason.Reason { return reason.Reason(k.value & slotReason >> 34) }

// holds reports whether what was remembered is unchanged and current.
func (k remembered) holds() bool { return k.slot.Load() == k.value && k.isCurrent() }

// rememberAbsent notes that nothing is stored under a remembered key, so that it need not be
// looked up again. Responses of requests that bypass the cache are not stored, so nothing
// will be, except by another process.
func (m *negativeCache) rememberAbsent(key memoryKey) {
	if known := m.lookup(key); known.isRemembered() {
		known.slot.CompareAndSwap(known.value, known.value|slotAbsent)
	}
}
