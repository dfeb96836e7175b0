package flight

import (
	"sync"
	"sync/atomic"
)

// commits is a log of the keys that were committed recently. A caller takes a Stamp before
// it looks a key up, which is one atomic load and does not hash the key. Only a caller that
// then starts a flight asks whether its key was committed since.
type commits struct {
	count  atomic.Uint64 // changed with mu held
	mu     sync.Mutex
	recent [remembered]uint64 // the hash of the key of commit i is at i % remembered
}

// remembered is how many commits the log goes back: more than happen during one look-up.
const remembered = 256

// Stamp is a moment between two commits, taken before a key is looked up.
type Stamp uint64

func (c *commits) stamp() Stamp { return Stamp(c.count.Load()) }

func (c *commits) add(hash uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.count.Load()
	c.recent[n%remembered] = hash
	c.count.Store(n + 1)
}

// since reports whether a key of this hash was committed since m. It is also true if the
// log does not go back that far.
func (c *commits) since(m Stamp, hash uint64) bool {
	if c.stamp() == m {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.count.Load()
	if now-uint64(m) > remembered {
		return true
	}
	for i := uint64(m); i < now; i++ {
		if c.recent[i%remembered] == hash {
			return true
		}
	}
	return false
}
