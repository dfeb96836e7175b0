package flight_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// A caller whose context ends leaves the value to the others.
func TestACallerWhoseContextEndsLeavesTheOthersTheValue(t *testing.T) {
	for _, who := range []string{"starter", "joiner"} {
		t.Run(who, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				ctx, cancel := context.WithCancel(t.Context())
				starterCtx, joinerCtx := ctx, t.Context()
				if who == "joiner" {
					starterCtx, joinerCtx = joinerCtx, starterCtx
				}
				gate := newGate()
				starter := ask(starterCtx, g, key, gate.produce("value"))
				joiner := ask(joinerCtx, g, key, mustNotRun(t))
				cancel()
				if who == "starter" {
					wantOutcome(t, starter, outcome{leader: true, err: context.Canceled})
					wantWaiting(t, joiner)
					close(gate.open)
					wantOutcome(t, joiner, outcome{value: "value"})
				} else {
					wantOutcome(t, joiner, outcome{err: context.Canceled})
					wantWaiting(t, starter)
					close(gate.open)
					wantOutcome(t, starter, outcome{value: "value", leader: true})
				}
				if gate.ended || !gate.stored {
					t.Errorf("the run was ended (%v) and has stored (%v)", gate.ended, gate.stored)
				}
				wantIdle(t, g)
			})
		})
	}
}

// The last caller to leave cancels the run, which stores nothing.
func TestTheLastCallerToLeaveEndsTheRunWhichStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		const callers = 20
		gate := newGate()
		var waiting []<-chan outcome
		var cancels []context.CancelFunc
		for range callers {
			ctx, cancel := context.WithCancel(t.Context())
			waiting = append(waiting, ask(ctx, g, key, gate.produce("value")))
			cancels = append(cancels, cancel)
		}
		for i, cancel := range cancels {
			if gate.ended {
				t.Errorf("the run was ended while %d callers waited", callers-i)
			}
			cancel()
			wantOutcome(t, waiting[i], outcome{leader: i == 0, err: context.Canceled})
		}
		if !gate.ended || gate.stored {
			t.Errorf("the run was ended (%v) and has stored (%v)", gate.ended, gate.stored)
		}
		wantIdle(t, g)
	})
}

// A run that all callers have left is not joined.
func TestARunThatAllCallersHaveLeftIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, cancel := context.WithCancel(t.Context())
		deaf := make(chan struct{})
		stored := true
		left := ask(ctx, g, key, func(_ context.Context, f *run) (string, error) {
			<-deaf // a function that does not listen to its context
			stored, _ = f.Commit(func() error { return nil })
			return "old", nil
		})
		cancel()
		wantOutcome(t, left, outcome{leader: true, err: context.Canceled})
		wantIdle(t, g)
		wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
		close(deaf)
		synctest.Wait()
		if stored {
			t.Error("a run that nobody waited for has stored")
		}
		wantIdle(t, g)
	})
}

// A caller with an ended context starts nothing.
func TestACallerWithAnEndedContextStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantOutcome(t, ask(ctx, g, key, mustNotRun(t)), outcome{err: context.Canceled})
		wantIdle(t, g)
	})
}

// A commit that all callers have left is waited for by the next flight.
func TestACommitThatAllCallersHaveLeftIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, cancel := context.WithCancel(t.Context())
		stored := make(chan struct{})
		left := ask(ctx, g, key, committing(stored))
		cancel()
		wantOutcome(t, left, outcome{leader: true, err: context.Canceled})
		next := ask(t.Context(), g, key, func(_ context.Context, f *run) (string, error) {
			if !f.Missed() {
				t.Error("the next run is not told of the commit")
			}
			return "new", nil
		})
		wantWaiting(t, next)
		close(stored)
		wantOutcome(t, next, outcome{value: "new", leader: true})
		wantIdle(t, g)
	})
}

// committing is a function for Do whose commit lasts until stored is closed.
func committing(stored <-chan struct{}) flight.Func[string] {
	return func(_ context.Context, f *run) (string, error) {
		_, err := f.Commit(func() error {
			<-stored
			return nil
		})
		return "committed", err
	}
}
