package flight_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// Concurrent callers of one key share one run.
func TestOneRunForAllConcurrentCallers(t *testing.T) {
	for _, callers := range []int{1, 64, crowd} {
		t.Run(fmt.Sprint(callers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				var runs atomic.Int32
				gate := newGate()
				fn := func(ctx context.Context, f *run) (string, error) {
					runs.Add(1)
					return gate.produce("value")(ctx, f)
				}
				results := make(chan outcome, callers)
				for range callers {
					go func() {
						var o outcome
						o.value, o.leader, o.err = g.Do(t.Context(), key, g.Stamp(), fn)
						results <- o
					}()
				}
				synctest.Wait()
				close(gate.open)
				leaders := 0
				for range callers {
					o := <-results
					if o.value != "value" || o.err != nil {
						t.Fatalf("Do = %+v", o)
					}
					if o.leader {
						leaders++
					}
				}
				if n := runs.Load(); n != 1 || leaders != 1 {
					t.Errorf("%d runs and %d leaders, want 1 and 1", n, leaders)
				}
				wantIdle(t, g)
			})
		})
	}
}

// Different keys do not wait for each other.
func TestDifferentKeysDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gate := newGate()
		first := ask(t.Context(), g, key, gate.produce("first"))
		wantOutcome(t, ask(t.Context(), g, []byte("other"), returning("other")), outcome{value: "other", leader: true})
		wantWaiting(t, first)
		close(gate.open)
		wantOutcome(t, first, outcome{value: "first", leader: true})
	})
}

// A finished flight is not joined.
func TestAFinishedFlightIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		for _, value := range []string{"first", "second"} {
			wantOutcome(t, ask(t.Context(), g, key, returning(value)), outcome{value: value, leader: true})
		}
	})
}

// An error reaches every caller together with the value.
func TestAnErrorReachesEveryCallerWithTheValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		errLoad := errors.New("load failed")
		gate := newGate()
		fn := func(ctx context.Context, f *run) (string, error) {
			<-gate.open
			return "partial", errLoad
		}
		first := ask(t.Context(), g, key, fn)
		second := ask(t.Context(), g, key, mustNotRun(t))
		close(gate.open)
		wantOutcome(t, first, outcome{value: "partial", leader: true, err: errLoad})
		wantOutcome(t, second, outcome{value: "partial", err: errLoad})
	})
}

// The bytes of a key belong to the caller again when Do returns.
func TestTheKeyBelongsToTheCallerAgainWhenDoReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gate := newGate()
		ctx, cancel := context.WithCancel(t.Context())
		reused := []byte("key")
		got := make(chan string, 1)
		stay := ask(t.Context(), g, []byte("key"), func(ctx context.Context, f *run) (string, error) {
			<-gate.open
			got <- f.Key()
			return "", nil
		})
		leave := ask(ctx, g, reused, mustNotRun(t))
		cancel()
		wantOutcome(t, leave, outcome{err: context.Canceled})
		copy(reused, "XXX")
		close(gate.open)
		wantOutcome(t, stay, outcome{leader: true})
		if k := <-got; k != "key" {
			t.Errorf("the flight's key is %q", k)
		}
	})
}

type ctxKey struct{}

// The context of a run has the values of its starter's, and neither deadline nor cancellation.
func TestTheContextOfARunHasTheStartersValuesAndNothingElseOfIts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), ctxKey{}, "starter's"), time.Second)
		defer cancel()
		var runCtx context.Context
		gate := newGate()
		first := ask(ctx, g, key, func(ctx context.Context, f *run) (string, error) {
			runCtx = ctx
			return gate.produce("value")(ctx, f)
		})
		second := ask(context.WithValue(t.Context(), ctxKey{}, "joiner's"), g, key, mustNotRun(t))
		if v := runCtx.Value(ctxKey{}); v != "starter's" {
			t.Errorf("the value in the run's context is %v", v)
		}
		if _, has := runCtx.Deadline(); has {
			t.Error("the run's context has a deadline")
		}
		<-ctx.Done()
		wantOutcome(t, first, outcome{leader: true, err: context.DeadlineExceeded})
		if err := runCtx.Err(); err != nil {
			t.Errorf("the run's context ended with the starter's: %v", err)
		}
		close(gate.open)
		wantOutcome(t, second, outcome{value: "value"})
		if !errors.Is(runCtx.Err(), context.Canceled) {
			t.Error("the run's context does not end with the run")
		}
	})
}
