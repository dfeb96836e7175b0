package middleware

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// memory remembers for a while which keys had a response that was not to be
// stored, so that their requests are not queued behind each other, only to be
// told to run the handler themselves.
//
// It is a table of fixed size, so clients cannot fill it; a key pushes another
// out of its slot. It takes no lock, and until something is remembered a
// look-up is one atomic load. The zero value is ready.
type memory struct {
	table atomic.Pointer[[memorySize]atomic.Uint64]
}

const (
	memorySize = 4096
	memoryTime = 10 * time.Second
)

var memorySeed = maphash.MakeSeed()

// A slot holds 31 bits of the hash of a key, whether nothing is stored under it, and
// in the lower half until when it counts, in seconds since 1970.
const (
	slotUntil  uint64 = 1<<32 - 1
	slotAbsent uint64 = 1 << 32
	slotHash          = ^(slotUntil | slotAbsent)
)

// remember notes key from now on for memoryTime.
func (m *memory) remember(key []byte) {
	table := m.table.Load()
	if table == nil {
		m.table.CompareAndSwap(nil, new([memorySize]atomic.Uint64))
		table = m.table.Load()
	}
	hash := maphash.Bytes(memorySeed, key)
	until := uint64(time.Now().Add(memoryTime).Unix())
	table[hash%memorySize].Store(hash&slotHash | until&slotUntil)
}

// memo is what the memory knows of a key. The zero value is nothing.
type memo struct {
	slot  *atomic.Uint64
	value uint64 // that of slot
}

// recall returns what is known of key, or of one that is not told apart from it by
// 31 bits of its hash: its requests go to the handler for a while, too.
func (m *memory) recall(key []byte) memo {
	table := m.table.Load()
	if table == nil {
		return memo{}
	}
	hash := maphash.Bytes(memorySeed, key)
	slot := &table[hash%memorySize]
	known := memo{slot, slot.Load()}
	if known.value&slotHash != hash&slotHash || !known.isCurrent() {
		return memo{}
	}
	return known
}

// isCurrent reports whether the time of what is known is not over.
func (k memo) isCurrent() bool { return k.value&slotUntil > uint64(time.Now().Unix())&slotUntil }

// isRemembered reports whether the last response was not to be stored.
func (k memo) isRemembered() bool { return k.value != 0 }

// isAbsent reports whether it is known, too, that nothing is stored, see noteAbsent.
func (k memo) isAbsent() bool { return k.value&slotAbsent != 0 }

// holds reports whether the memory knows still what it knew.
func (k memo) holds() bool { return k.slot.Load() == k.value && k.isCurrent() }

// noteAbsent notes that nothing is stored under a key that was remembered, so
// that it need not be looked for again. Nothing of what passes is stored, so nothing
// will be, unless another process does.
func (m *memory) noteAbsent(key []byte) {
	if known := m.recall(key); known.isRemembered() {
		known.slot.CompareAndSwap(known.value, known.value|slotAbsent)
	}
}
