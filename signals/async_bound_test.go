package signals_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/signals"
)

// occupy has all goroutines that s may run wait for gate. It may be called once
// for each signal.
func occupy(t *testing.T, s *signals.Signal[string], gate <-chan struct{}) {
	t.Helper()
	occupant := new(int)
	s.Connect(func(context.Context, any, string) error { <-gate; return nil }, signals.From(occupant))
	for range signals.MaxAsync {
		s.SendAsync(t.Context(), occupant, "e")
	}
}

// SendAsync runs receivers in its own goroutine when the bound is reached.
func TestSendAsyncRunsReceiversItselfAtTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s signals.Signal[string]
		gate := make(chan struct{})
		occupy(t, &s, gate)
		var ran trace
		s.Connect(ran.receiver("a", nil), signals.From(nil))
		s.Connect(ran.receiver("b", nil), signals.From(nil))

		for range signals.MaxAsync {
			p := s.SendAsync(t.Context(), nil, "e")
			select {
			case <-p.Done():
			default:
				t.Fatal("SendAsync returned before the receivers were done")
			}
			if diff := cmp.Diff([]string{"a", "b"}, ran.take()); diff != "" {
				t.Fatal(diff)
			}
		}

		// Neither the goroutines that ended nor those refused count any more.
		close(gate)
		synctest.Wait()
		release := make(chan struct{})
		s.Connect(func(context.Context, any, string) error { <-release; return nil }, signals.From("later"))
		p := s.SendAsync(t.Context(), "later", "e") // would not return if it ran the receiver
		close(release)
		if results, err := p.Wait(t.Context()); len(results) != 1 || err != nil {
			t.Errorf("Wait = %v, %v; want one result", results, err)
		}
	})
}

// The receivers of one SendAsync are bounded, too.
func TestOneSendIsBoundedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s signals.Signal[string]
		const n = signals.MaxAsync + 5
		var running atomic.Int64
		gate := make(chan struct{})
		for range n {
			s.Connect(func(context.Context, any, string) error {
				running.Add(1)
				<-gate
				return nil
			})
		}
		sent := make(chan *signals.Pending, 1)
		go func() { sent <- s.SendAsync(t.Context(), nil, "e") }()
		synctest.Wait()
		if got := running.Load(); got != signals.MaxAsync+1 {
			t.Errorf("%d receivers run; want MaxAsync and the one that the sender runs, %d", got, signals.MaxAsync+1)
		}
		close(gate)
		results, err := (<-sent).Wait(t.Context())
		if err != nil || len(results) != n {
			t.Fatalf("Wait = %d results, %v; want %d", len(results), err, n)
		}
		for i, r := range results {
			if r.Err != nil {
				t.Errorf("result %d: %v", i, r.Err)
			}
		}
	})
}

// A Goexit of a receiver that the sender runs ends the sender after the other receivers.
func TestGoexitAtTheBoundEndsTheSenderAfterTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quiet[string]()
		gate := make(chan struct{})
		occupy(t, s, gate)
		var ran trace
		s.Connect(func(context.Context, any, string) error { runtime.Goexit(); return nil }, signals.From(nil))
		s.Connect(ran.receiver("rest", nil), signals.From(nil))

		returned := false
		go func() {
			s.SendAsync(t.Context(), nil, "e")
			returned = true
		}()
		synctest.Wait()
		if diff := cmp.Diff([]string{"rest"}, ran.take()); diff != "" {
			t.Error(diff)
		}
		if returned {
			t.Error("SendAsync returned after a Goexit")
		}
		close(gate)
	})
}

// Receivers that send and wait do not deadlock at the bound.
func TestReceiversThatSendAndWaitDoNotDeadlock(t *testing.T) {
	var s signals.Signal[int]
	var calls atomic.Int64
	for range 3 {
		s.Connect(func(ctx context.Context, _ any, depth int) error {
			calls.Add(1)
			if depth == 0 {
				return nil
			}
			_, err := s.SendAsync(ctx, nil, depth-1).Wait(ctx)
			return err
		})
	}
	// The tree has 3+9+...+3^7 calls, far more than may run at once.
	if _, err := s.SendAsync(t.Context(), nil, 6).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := calls.Load(), int64(3+9+27+81+243+729+2187); got != want {
		t.Errorf("%d calls; want %d", got, want)
	}
}
