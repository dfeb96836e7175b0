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

// remember notes key from now on for memoryTime.
func (m *memory) remember(key []byte) {
	table := m.table.Load()
	if table == nil {
		m.table.CompareAndSwap(nil, new([memorySize]atomic.Uint64))
		table = m.table.Load()
	}
	hash := maphash.Bytes(memorySeed, key)
	until := uint64(time.Now().Add(memoryTime).Unix())
	table[hash%memorySize].Store(hash&^0xffffffff | until&0xffffffff)
}

// has reports whether key was remembered, or one that is not told apart from it
// by 32 bits of its hash: its requests go to the handler for a while, too.
func (m *memory) has(key []byte) bool {
	table := m.table.Load()
	if table == nil {
		return false
	}
	hash := maphash.Bytes(memorySeed, key)
	slot := table[hash%memorySize].Load()
	return slot>>32 == hash>>32 && slot&0xffffffff > uint64(time.Now().Unix())&0xffffffff
}
