package flight

import (
	"sync"
	"sync/atomic"
)

// commits is a log of the keys that were committed of late. Who is going to look
// a key up takes a Mark, which is one atomic load and does not even hash the
// key; only who then starts a flight asks whether his key was committed since.
type commits struct {
	count  atomic.Uint64 // changed with mu held
	mu     sync.Mutex
	recent [remembered]uint64 // the hash of the key of commit i is at i % remembered
}

// remembered is how many commits the log goes back: more than there are in the
// time that a look-up takes.
const remembered = 256

// Mark is a moment between two commits, taken before a key is looked up.
type Mark uint64

func (c *commits) mark() Mark { return Mark(c.count.Load()) }

func (c *commits) add(hash uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.count.Load()
	c.recent[n%remembered] = hash
	c.count.Store(n + 1)
}

// since reports whether a key of this hash was committed since m. It says so, too,
// if the log does not go back so far.
func (c *commits) since(m Mark, hash uint64) bool {
	if c.mark() == m {
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
