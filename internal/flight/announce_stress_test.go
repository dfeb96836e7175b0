package flight_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/internal/flight"
)

// broadcast is a value that is announced before it is complete. Interested
// counts who was told of it and has not left.
type broadcast struct {
	interested atomic.Int64
	done       chan struct{}
	whole      bool // set before done is closed
}

// TestARunIsCancelledOnlyWhenNobodyIsInterested lets many goroutines attend,
// wait, leave, invalidate and give up at random. A run whose context ends while
// somebody who was told of it has not left would end under his hands; one that
// everybody has left has to end.
func TestARunIsCancelledOnlyWhenNobodyIsInterested(t *testing.T) {
	const (
		workers = 16
		steps   = 2_000
	)
	g := flight.New[*broadcast]()
	var cancelled, announced, betrayed atomic.Int64
	produce := func(ctx context.Context, f *flight.Flight[*broadcast]) (*broadcast, error) {
		b := &broadcast{done: make(chan struct{})}
		defer close(b.done)
		f.Announce(b)
		for range 20 {
			runtime.Gosched()
			if ctx.Err() != nil {
				cancelled.Add(1)
				if b.interested.Load() > 0 {
					betrayed.Add(1)
				}
				return nil, ctx.Err()
			}
		}
		b.whole = true
		_, err := f.Commit(func() error { return nil })
		return b, err
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 2))
			for range steps {
				k := []byte{byte('a' + r.IntN(3))}
				ctx, cancel := context.WithCancel(t.Context())
				switch n := r.IntN(100); {
				case n < 5:
					if err := g.Invalidate(ctx, k); err != nil {
						t.Error(err)
					}
				case n < 15:
					if b, _, err := g.Do(ctx, k, g.Mark(), produce); err != nil || !b.whole {
						t.Errorf("Do: %v", err)
					}
				default:
					if n < 30 {
						go cancel()
					}
					b, _, attendance, err := g.Attend(ctx, k, g.Mark(), flight.JoinOptions{}, produce)
					switch {
					case err != nil:
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
					case attendance == nil:
						if !b.whole {
							t.Error("it has landed, and is not whole")
						}
					default:
						announced.Add(1)
						b.interested.Add(1)
						if n < 70 {
							<-b.done
							if !b.whole {
								betrayed.Add(1)
							}
						}
						b.interested.Add(-1)
						attendance.Leave()
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if n := betrayed.Load(); n != 0 {
		t.Errorf("%d runs ended under the hands of those who attended", n)
	}
	if cancelled.Load() == 0 || announced.Load() == 0 {
		t.Errorf("%d cancelled, %d announced: nothing was tried", cancelled.Load(), announced.Load())
	}
	t.Logf("%d announcements, %d runs cancelled", announced.Load(), cancelled.Load())
	if n := g.Active(); n != 0 {
		t.Errorf("%d flights are left", n)
	}
}
