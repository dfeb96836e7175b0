package flight_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// Once an update has returned, each caller sees that version or a later one, and no flight stores
// an earlier one. Many goroutines fill, update, evict and give up at random. A flight may store a
// version that was loaded during a later update which has not returned.
func TestNoCallerSeesAValueLoadedBeforeAnUpdate(t *testing.T) {
	const (
		workers = 16
		steps   = 2_000
	)
	keys := []string{"a", "b", "c"}
	w := newWorld(keys)
	settled := make(map[string]*atomic.Int64) // the newest version whose update has returned
	for _, k := range keys {
		settled[k] = new(atomic.Int64)
	}
	var stale, gone atomic.Int64
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 1))
			for range steps {
				k := keys[r.IntN(len(keys))]
				switch n := r.IntN(100); {
				case n < 60:
					ctx, cancel := context.WithCancel(t.Context())
					if n < 15 {
						go cancel()
					}
					floor := settled[k].Load()
					v, err := w.fill(ctx, k, func(version int64) {
						if version < settled[k].Load() {
							stale.Add(1)
						}
					})
					cancel()
					if err != nil {
						gone.Add(1)
					} else if v < floor {
						t.Errorf("%s: version %d was seen after %d was settled", k, v, floor)
						return
					}
				case n < 90:
					update := w.delete
					if n < 70 {
						update = w.set
					}
					v, err := update(t.Context(), k)
					if err != nil {
						t.Error(err)
						return
					}
					raise(settled[k], v)
				default:
					w.evict(k)
				}
			}
		})
	}
	wg.Wait()
	if n := stale.Load(); n != 0 {
		t.Errorf("%d flights stored what was out of date", n)
	}
	if n := w.group.Active(); n != 0 {
		t.Errorf("%d flights are left", n)
	}
	t.Logf("%d callers gave up", gone.Load())
}

// raise sets n to v if that is more.
func raise(n *atomic.Int64, v int64) {
	for old := n.Load(); v > old && !n.CompareAndSwap(old, v); old = n.Load() {
	}
}
