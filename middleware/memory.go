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

// has reports whether key was remembered, or one that is not told apart from it
// by 31 bits of its hash: its requests go to the handler for a while, too. absent
// says that by then nothing was stored under it, see noteAbsent.
func (m *memory) has(key []byte) (remembered, absent bool) {
	_, value := m.find(key)
	return value != 0, value&slotAbsent != 0
}

// find returns the slot of key with its value, which is 0 if that is about
// another key, or does not count any more.
func (m *memory) find(key []byte) (slot *atomic.Uint64, value uint64) {
	table := m.table.Load()
	if table == nil {
		return nil, 0
	}
	hash := maphash.Bytes(memorySeed, key)
	slot = &table[hash%memorySize]
	value = slot.Load()
	if value&slotHash != hash&slotHash || value&slotUntil <= uint64(time.Now().Unix())&slotUntil {
		return slot, 0
	}
	return slot, value
}

// noteAbsent notes that nothing is stored under a key that was remembered, so
// that it need not be looked for again. Nothing of what passes is stored, so nothing
// will be, unless another process does.
func (m *memory) noteAbsent(key []byte) {
	if slot, value := m.find(key); value != 0 {
		slot.CompareAndSwap(value, value|slotAbsent)
	}
}
