package flight_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// A release frees all callers while the run goes on.
func TestReleaseFreesAllCallersWhileTheRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		release, finish := make(chan struct{}), make(chan struct{})
		ended, stored := make(chan error, 1), true
		first := ask(t.Context(), g, key, func(ctx context.Context, f *run) (string, error) {
			<-release
			flight.Current[string](ctx).Release("released")
			f.Release("again")
			<-finish
			stored, _ = f.Commit(func() error { return nil })
			ended <- ctx.Err()
			return "dropped", nil
		})
		second := ask(t.Context(), g, key, mustNotRun(t))
		close(release)
		wantOutcome(t, first, outcome{value: "released", leader: true})
		wantOutcome(t, second, outcome{value: "released"})
		wantIdle(t, g)
		wantOutcome(t, ask(t.Context(), g, key, returning("next")), outcome{value: "next", leader: true})
		close(finish)
		if err := <-ended; err != nil {
			t.Errorf("the context of the released run ended before it: %v", err)
		}
		if stored {
			t.Error("a released run has stored")
		}
		wantIdle(t, g)
	})
}

// A caller that leaves during a release does not cancel the run.
func TestACallerThatLeavesDuringReleaseDoesNotEndTheRun(t *testing.T) {
	for range 50 { // which of the two the caller sees is left to chance
		synctest.Test(t, func(t *testing.T) {
			g := flight.New[string]()
			ctx, cancel := context.WithCancel(t.Context())
			finish := make(chan struct{})
			ended := make(chan error, 1)
			caller := ask(ctx, g, key, func(ctx context.Context, f *run) (string, error) {
				cancel()
				f.Release("released")
				if ctx.Err() != nil {
					ended <- nil // the caller has left before
					return "", nil
				}
				<-finish
				ended <- ctx.Err()
				return "dropped", nil
			})
			<-caller
			close(finish)
			if err := <-ended; err != nil {
				t.Errorf("the context of the released run ended before it: %v", err)
			}
		})
	}
}

// A release after a commit has no effect.
func TestReleaseAfterACommitDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		wantOutcome(t, ask(t.Context(), g, key, func(_ context.Context, f *run) (string, error) {
			_, err := f.Commit(func() error {
				f.Release("during")
				return nil
			})
			f.Release("after")
			return "committed", err
		}), outcome{value: "committed", leader: true})
		wantIdle(t, g)
	})
}

// Outside of a run there is no current flight.
func TestCurrentIsNilOutsideOfARun(t *testing.T) {
	if f := flight.Current[string](t.Context()); f != nil {
		t.Errorf("Current = %v", f)
	}
}
