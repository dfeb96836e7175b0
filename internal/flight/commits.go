package flight

import "sync/atomic"

// commits is a log of the keys that were committed recently. A caller takes a Stamp before
// it looks a key up, which is one atomic load and does not hash the key. Only a caller that
// then starts a flight asks whether its key was committed since.
//
// It has no lock, which all flights of a group would share. A commit and a question about
// the same key have one order all the same: both hold the lock of the key's shard.
type commits struct {
	count  atomic.Uint64
	recent [remembered]atomic.Uint64 // commit i is at i % remembered, see record
}

// remembered is how many commits the log goes back: more than happen during one look-up.
const remembered = 256

// Stamp is a moment in the order of what the flights of a group do. A caller takes one before
// it looks a key up.
type Stamp uint64

func (c *commits) stamp() Stamp { return Stamp(c.count.Load()) }

// next returns a moment that is later than those of before, and at which nothing was
// committed: its slot keeps what it has.
func (c *commits) next() Stamp { return Stamp(c.count.Add(1)) }

// record is what the log has of a commit: the lower halves of its number and of the hash of
// its key.
func record(number, hash uint64) uint64 { return number<<32 | hash&(1<<32-1) }

// add logs a commit. If so many others came between that a later one has its slot, nobody
// needs it any more: those who would ask know that the log does not go back that far.
func (c *commits) add(hash uint64) {
	number := c.count.Add(1) - 1
	slot := &c.recent[number%remembered]
	for {
		old := slot.Load()
		if isLater := int32(uint32(old>>32)-uint32(number)) > 0; isLater || slot.CompareAndSwap(old, record(number, hash)) {
			return
		}
	}
}

// since reports whether a key of this hash was committed since m. It is also true if the
// log does not go back that far, and in rare cases for another key.
func (c *commits) since(m Stamp, hash uint64) bool {
	now := c.count.Load()
	if now-uint64(m) > remembered {
		return true
	}
	for i := uint64(m); i < now; i++ {
		if uint32(c.recent[i%remembered].Load()) == uint32(hash) {
			return true
		}
	}
	return false
}
