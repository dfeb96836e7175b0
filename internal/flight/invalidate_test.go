package flight_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// A flight that was invalidated before its commit stores nothing.
func TestAFlightInvalidatedBeforeItsCommitStoresNothing(t *testing.T) {
	for name, invalidate := range invalidations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				gate := newGate()
				first := ask(t.Context(), g, key, gate.produce("old"))
				if err := invalidate(t.Context(), g); err != nil {
					t.Fatal(err)
				}
				wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
				close(gate.open)
				// Those who asked before still get what they asked for.
				wantOutcome(t, first, outcome{value: "old", leader: true})
				if gate.stored || gate.ended {
					t.Errorf("the stale run has stored (%v) and was ended (%v)", gate.stored, gate.ended)
				}
				wantIdle(t, g)
			})
		})
	}
}

// invalidations are the ways to make the flight of key stale.
var invalidations = map[string]func(ctx context.Context, g *group) error{
	"Invalidate": func(ctx context.Context, g *group) error { return g.Invalidate(ctx, key) },
	"InvalidateAll": func(ctx context.Context, g *group) error {
		return g.InvalidateAll(ctx, isKey)
	},
	"Forget": func(_ context.Context, g *group) error {
		g.Forget(key)
		return nil
	},
	"ForgetAll": func(_ context.Context, g *group) error {
		g.ForgetAll(isKey)
		return nil
	},
}

func isKey(k string) bool { return k == string(key) }

// Invalidate waits for a commit, and not for the run.
func TestInvalidateWaitsForACommitAndNotForTheRun(t *testing.T) {
	for _, name := range []string{"Invalidate", "InvalidateAll"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				stored, finished := make(chan struct{}), make(chan struct{})
				first := ask(t.Context(), g, key, func(ctx context.Context, f *run) (string, error) {
					value, err := committing(stored)(ctx, f)
					<-finished
					return value, err
				})
				done := make(chan error, 1)
				go func() { done <- invalidations[name](t.Context(), g) }()
				wantWaiting(t, done)
				next := ask(t.Context(), g, key, returning("new"))
				wantWaiting(t, next)
				close(stored)
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				wantOutcome(t, next, outcome{value: "new", leader: true})
				wantWaiting(t, first)
				close(finished)
				wantOutcome(t, first, outcome{value: "committed", leader: true})
				wantIdle(t, g)
			})
		})
	}
}

// Forget does not wait for a commit.
func TestForgetDoesNotWaitForACommit(t *testing.T) {
	for _, name := range []string{"Forget", "ForgetAll"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				stored := make(chan struct{})
				first := ask(t.Context(), g, key, committing(stored))
				_ = invalidations[name](t.Context(), g)
				next := ask(t.Context(), g, key, returning("new"))
				wantWaiting(t, next)
				close(stored)
				wantOutcome(t, first, outcome{value: "committed", leader: true})
				wantOutcome(t, next, outcome{value: "new", leader: true})
				wantIdle(t, g)
			})
		})
	}
}

// Invalidate reports that it did not wait long enough for a commit.
func TestInvalidateThatDoesNotWaitLongEnoughReportsIt(t *testing.T) {
	for _, name := range []string{"Invalidate", "InvalidateAll"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				stored := make(chan struct{})
				first := ask(t.Context(), g, key, committing(stored))
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := invalidations[name](ctx, g); !errors.Is(err, context.Canceled) {
					t.Errorf("%s = %v while the commit went on", name, err)
				}
				close(stored)
				wantOutcome(t, first, outcome{value: "committed", leader: true})
				wantIdle(t, g)
			})
		})
	}
}

// A caller that waits for an outdated commit obeys its context.
func TestACallerWaitingForAStaleCommitObeysItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		stored := make(chan struct{})
		first := ask(t.Context(), g, key, committing(stored))
		g.Forget(key)
		ctx, cancel := context.WithCancel(t.Context())
		next := ask(ctx, g, key, mustNotRun(t))
		wantWaiting(t, next)
		cancel()
		wantOutcome(t, next, outcome{err: context.Canceled})
		close(stored)
		wantOutcome(t, first, outcome{value: "committed", leader: true})
		wantIdle(t, g)
	})
}

// Invalidate after the commit returns immediately, and the flight is not joined.
func TestInvalidateAfterTheCommitReturnsAtOnceAndTheFlightIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		finished := make(chan struct{})
		first := ask(t.Context(), g, key, func(_ context.Context, f *run) (string, error) {
			if stored, err := f.Commit(func() error { return nil }); !stored || err != nil {
				t.Errorf("Commit = %v, %v", stored, err)
			}
			<-finished
			return "old", nil
		})
		joined := ask(t.Context(), g, key, mustNotRun(t))
		if err := g.Invalidate(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
		close(finished)
		wantOutcome(t, first, outcome{value: "old", leader: true})
		wantOutcome(t, joined, outcome{value: "old"})
		wantIdle(t, g)
	})
}

// Invalidate leaves other keys alone.
func TestInvalidateLeavesOtherKeysAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		if err := g.Invalidate(t.Context(), key); err != nil {
			t.Errorf("Invalidate with no flights = %v", err)
		}
		gate := newGate()
		first := ask(t.Context(), g, key, gate.produce("value"))
		if err := g.Invalidate(t.Context(), []byte("other")); err != nil {
			t.Errorf("Invalidate of a key without a flight = %v", err)
		}
		g.Forget([]byte("other"))
		close(gate.open)
		wantOutcome(t, first, outcome{value: "value", leader: true})
		if !gate.stored {
			t.Error("a flight was made stale by another key")
		}
	})
}

// InvalidateAll invalidates the keys that match.
func TestInvalidateAllTakesTheKeysThatMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		const perPrefix = 100
		open := make(chan struct{})
		stored := make(map[string]*gate)
		var all []<-chan outcome
		for i := range perPrefix {
			for _, prefix := range []string{"shop", "shopping"} {
				k := fmt.Sprintf("%s:1:%d", prefix, i)
				stored[k] = &gate{open: open}
				all = append(all, ask(t.Context(), g, []byte(k), stored[k].produce(k)))
			}
		}
		err := g.InvalidateAll(t.Context(), func(key string) bool { return strings.HasPrefix(key, "shop:") })
		if err != nil {
			t.Fatal(err)
		}
		close(open)
		for _, done := range all {
			<-done
		}
		for k, gate := range stored {
			if want := strings.HasPrefix(k, "shopping:"); gate.stored != want {
				t.Errorf("%s was stored: %v, want %v", k, gate.stored, want)
			}
		}
		wantIdle(t, g)
	})
}
