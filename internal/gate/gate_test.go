package gate_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/gate"
)

func TestNobodyEntersAShutGate(t *testing.T) {
	var g gate.Gate
	if err := g.Enter(); err != nil || g.IsShut() {
		t.Fatalf("an open gate: error %v, shut %t", err, g.IsShut())
	}
	idle := g.Shut()
	if err := g.Enter(); !errors.Is(err, driver.ErrClosed) || !g.IsShut() {
		t.Errorf("a shut gate: error %v, shut %t", err, g.IsShut())
	}
	select {
	case <-idle:
		t.Error("idle while somebody is inside")
	default:
	}
	g.Leave()
	<-idle
}

func TestOnIdleIsCalledOnceBeforeWaitersGoOn(t *testing.T) {
	calls := 0
	g := gate.Gate{OnIdle: func() { calls++ }}
	if err := g.Enter(); err != nil {
		t.Fatal(err)
	}
	g.Shut()
	if calls != 0 {
		t.Error("called while somebody is inside")
	}
	g.Leave()
	for range 2 {
		<-g.Shut()
		if calls != 1 {
			t.Errorf("called %d times", calls)
		}
	}
}

func TestShutAndWaitEndsWithItsContext(t *testing.T) {
	var g gate.Gate
	ended, end := context.WithCancel(t.Context())
	end()
	if err := g.Enter(); err != nil {
		t.Fatal(err)
	}
	if err := g.ShutAndWait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with somebody inside the error is %v", err)
	}
	g.Leave()
	if err := g.ShutAndWait(ended); err != nil {
		t.Errorf("with nobody inside the error is %v", err)
	}
}

// TestAShutGateIsIdleOnceNobodyIsInside lets many enter and leave while several
// shut the gate.
func TestAShutGateIsIdleOnceNobodyIsInside(t *testing.T) {
	for range 50 {
		var inside, calls, late atomic.Int64
		g := gate.Gate{OnIdle: func() {
			calls.Add(1)
			late.Add(inside.Load())
		}}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for g.Enter() == nil {
					inside.Add(1)
					inside.Add(-1)
					g.Leave()
				}
			})
		}
		for range 3 {
			all.Go(func() {
				<-g.Shut()
				if calls.Load() != 1 || late.Load() != 0 {
					t.Errorf("idle after %d calls, with %d inside", calls.Load(), late.Load())
				}
			})
		}
		all.Wait()
		if calls.Load() != 1 {
			t.Fatalf("called %d times", calls.Load())
		}
	}
}
