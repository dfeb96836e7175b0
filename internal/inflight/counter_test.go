package inflight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/inflight"
)

func TestNothingStartsAfterClose(t *testing.T) {
	var g inflight.Counter
	if err := g.Start(); err != nil || g.IsClosed() {
		t.Fatalf("before Close: error %v, closed %t", err, g.IsClosed())
	}
	idle := g.Close()
	if err := g.Start(); !errors.Is(err, driver.ErrClosed) || !g.IsClosed() {
		t.Errorf("after Close: error %v, closed %t", err, g.IsClosed())
	}
	select {
	case <-idle:
		t.Error("idle while an operation is running")
	default:
	}
	g.End()
	<-idle
}

func TestOnIdleIsCalledOnceBeforeWaitersGoOn(t *testing.T) {
	calls := 0
	g := inflight.Counter{OnIdle: func() { calls++ }}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	g.Close()
	if calls != 0 {
		t.Error("called while an operation is running")
	}
	g.End()
	for range 2 {
		<-g.Close()
		if calls != 1 {
			t.Errorf("called %d times", calls)
		}
	}
}

func TestCloseAndWaitEndsWithItsContext(t *testing.T) {
	var g inflight.Counter
	ended, end := context.WithCancel(t.Context())
	end()
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	if err := g.CloseAndWait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with an operation running, the error is %v", err)
	}
	g.End()
	if err := g.CloseAndWait(ended); err != nil {
		t.Errorf("with no operation running, the error is %v", err)
	}
}

// TestAClosedCounterIsIdleOnceEveryOperationHasEnded lets many enter and leave while several
// closes the counter.
func TestAClosedCounterIsIdleOnceEveryOperationHasEnded(t *testing.T) {
	for range 50 {
		var running, calls, late atomic.Int64
		g := inflight.Counter{OnIdle: func() {
			calls.Add(1)
			late.Add(running.Load())
		}}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for g.Start() == nil {
					running.Add(1)
					running.Add(-1)
					g.End()
				}
			})
		}
		for range 3 {
			all.Go(func() {
				<-g.Close()
				if calls.Load() != 1 || late.Load() != 0 {
					t.Errorf("idle after %d calls, with %d running", calls.Load(), late.Load())
				}
			})
		}
		all.Wait()
		if calls.Load() != 1 {
			t.Fatalf("called %d times", calls.Load())
		}
	}
}
