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

// broadcast is a value that is published before it is complete. interested counts the
// subscribers that have not left.
type broadcast struct {
	interested atomic.Int64
	done       chan struct{}
	whole      bool // set before done is closed
}

// A run is cancelled when all have left, and not while a subscriber is interested. Many goroutines
// subscribe, wait, leave, invalidate and give up at random.
func TestARunIsCancelledOnlyWhenNoCallerIsInterested(t *testing.T) {
	const (
		workers = 16
		steps   = 2_000
	)
	g := flight.New[*broadcast]()
	var cancelled, published, betrayed atomic.Int64
	produce := func(ctx context.Context, f *flight.Flight[*broadcast]) (*broadcast, error) {
		b := &broadcast{done: make(chan struct{})}
		defer close(b.done)
		f.Publish(b)
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
				o := flight.JoinOptions{Inline: r.IntN(2) == 0}
				ctx, cancel := context.WithCancel(t.Context())
				switch n := r.IntN(100); {
				case n < 5:
					if err := g.Invalidate(ctx, k); err != nil {
						t.Error(err)
					}
				case n < 15:
					if b, _, err := g.Do(ctx, k, g.Stamp(), produce); err != nil || !b.whole {
						t.Errorf("Do: %v", err)
					}
				default:
					if n < 30 {
						go cancel()
					}
					b, _, subscription, err := g.Subscribe(ctx, call(k, g.Stamp(), o, produce))
					switch {
					case err != nil:
						if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
					case subscription == nil:
						if !b.whole && ctx.Err() == nil {
							t.Error("the flight has finished, and its value is not complete")
						}
					default:
						published.Add(1)
						b.interested.Add(1)
						if n < 70 {
							<-b.done
							if !b.whole {
								betrayed.Add(1)
							}
						}
						b.interested.Add(-1)
						subscription.Leave()
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if n := betrayed.Load(); n != 0 {
		t.Errorf("%d runs ended while a subscriber was interested", n)
	}
	if cancelled.Load() == 0 || published.Load() == 0 {
		t.Errorf("%d cancelled, %d published: nothing was tried", cancelled.Load(), published.Load())
	}
	t.Logf("%d publications, %d runs cancelled", published.Load(), cancelled.Load())
	if n := g.Active(); n != 0 {
		t.Errorf("%d flights are left", n)
	}
}
