package rivals_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/larder-go/larder/benchmarks/rivals"
)

func open(t *testing.T, r rivals.Rival, capacity, valueSize int) rivals.Cache {
	t.Helper()
	c, shut, err := r.Open(capacity, valueSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shut)
	return c
}

// A rival that is measured while it misses would look fast.
func TestARivalHasWhatWasSet(t *testing.T) {
	for _, r := range rivals.All() {
		t.Run(r.Name, func(t *testing.T) {
			const n, size = 1000, 256
			c := open(t, r, 2*n, size)
			for i := range n {
				c.Set(fmt.Sprint("key:", i), bytes.Repeat([]byte{byte(i)}, size))
			}
			rivals.Settle(c)
			lost := 0
			for i := range n {
				value, found := c.Get(fmt.Sprint("key:", i))
				if !found {
					lost++
				} else if !bytes.Equal(value, bytes.Repeat([]byte{byte(i)}, size)) {
					t.Fatalf("key:%d has another's value", i)
				}
			}
			// Ristretto may refuse any write, and bytes in a ring do not all fit.
			if lost > n/4 {
				t.Errorf("%d of %d entries are lost", lost, n)
			}
			if lost > 0 {
				t.Logf("%d of %d entries are lost", lost, n)
			}
			if _, found := c.Get("missing"); found {
				t.Error("it has a key that nobody set")
			}
		})
	}
}

func TestARivalThatEvictsKeepsItsBound(t *testing.T) {
	for _, r := range rivals.All() {
		t.Run(r.Name, func(t *testing.T) {
			const capacity, size = 5000, 256
			c := open(t, r, capacity, size)
			for i := range 10 * capacity {
				c.Set(fmt.Sprint("key:", i), make([]byte, size))
				rivals.Settle(c)
			}
			there := 0
			for i := range 10 * capacity {
				if _, found := c.Get(fmt.Sprint("key:", i)); found {
					there++
				}
			}
			t.Logf("%d entries with a bound of %d", there, capacity)
			if r.Evicts != (there < 2*capacity) {
				t.Errorf("Evicts is %v", r.Evicts)
			}
		})
	}
}
