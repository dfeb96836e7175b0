package load

import (
	"fmt"
	"sync"
)

// remembered is how many results of increments are kept. One that is as old as
// that was done before any increment began that is still under way, and would be
// found out by that.
const remembered = 10_000

// counter is what is known of a key that all workers increment by one.
type counter struct {
	key  string
	opts *Options

	mu     sync.Mutex
	begun  int64              // increments, ever
	done   int64              // increments acknowledged since the last loss
	seen   map[int64]struct{} // what they returned lately
	losses int
}

func newCounter(key string, opts *Options) *counter {
	return &counter{key: key, opts: opts, seen: make(map[int64]struct{})}
}

// begin begins an increment and returns how many are certainly done.
func (c *counter) begin() (done int64, losses int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun++
	return c.done, c.losses
}

// counted checks what an increment returned, which began with done and losses.
func (c *counter) counted(n, done int64, losses int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > c.begun {
		return fmt.Errorf("%s: counted to %d after %d increments", c.key, n, c.begun)
	}
	if c.opts.Drops || c.opts.Lossy || losses != c.losses {
		return nil
	}
	if n <= done {
		return fmt.Errorf("%s: counted to %d after %d increments were done", c.key, n, done)
	}
	if _, twice := c.seen[n]; twice {
		return fmt.Errorf("%s: counted to %d twice", c.key, n)
	}
	c.seen[n] = struct{}{}
	c.done++
	delete(c.seen, c.done-remembered)
	return nil
}

// missed checks that an increment which began with done and losses may have
// found no counter.
func (c *counter) missed(done int64, losses int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opts.Drops || c.opts.Lossy || losses != c.losses || done == 0 {
		return nil
	}
	return fmt.Errorf("%s: gone after %d increments were done", c.key, done)
}

func (c *counter) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losses++
	c.done = 0
	clear(c.seen)
}
