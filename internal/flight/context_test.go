package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

type contextKey struct{}

// The context of a run has the values of its starter's, and nothing else of that: neither
// its end nor its deadline, nor the cause of its end.
func TestTheContextOfARunHasTheStartersValuesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, gate := flight.New[string](), newGate()
		starter, leave := context.WithCancelCause(context.WithValue(t.Context(), contextKey{}, "value"))
		starter, stop := context.WithTimeout(starter, time.Second)
		defer stop()
		var ofRun context.Context
		leader := ask(starter, g, key, func(ctx context.Context, _ *run) (string, error) {
			ofRun = ctx
			<-gate.open
			return "made", nil
		})
		follower := ask(t.Context(), g, key, mustNotRun(t))
		leave(errors.New("a cause"))
		wantOutcome(t, leader, outcome{leader: true, err: context.Canceled})
		if _, has := ofRun.Deadline(); has || ofRun.Err() != nil || context.Cause(ofRun) != nil || ofRun.Value(contextKey{}) != "value" {
			t.Errorf("deadline %v, error %v, cause %v, value %v", has, ofRun.Err(), context.Cause(ofRun), ofRun.Value(contextKey{}))
		}
		close(gate.open)
		wantOutcome(t, follower, outcome{value: "made"})
	})
}

// What is derived from the context of a run ends with it, in whatever order that is asked.
func TestWhatIsDerivedFromTheContextOfARunEndsWithIt(t *testing.T) {
	for name, derive := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"itself":     func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"WithCancel": context.WithCancel,
		"WithTimeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		},
		"of a value": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithCancel(context.WithValue(ctx, contextKey{}, "value"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				starter, leave := context.WithCancel(t.Context())
				begun, ended := make(chan context.Context), make(chan error)
				leader := ask(starter, g, key, func(ctx context.Context, _ *run) (string, error) {
					derived, cancel := derive(ctx)
					defer cancel()
					begun <- ctx
					<-derived.Done()
					ended <- derived.Err()
					return "", nil
				})
				run := <-begun
				leave()
				wantOutcome(t, leader, outcome{leader: true, err: context.Canceled})
				if err := <-ended; err != context.Canceled || run.Err() != context.Canceled || context.Cause(run) != context.Canceled {
					t.Errorf("%v, and of the run %v", err, run.Err())
				}
				after, cancel := derive(run)
				defer cancel()
				if after.Err() != context.Canceled {
					t.Error("what is derived afterwards has not ended")
				}
			})
		})
	}
}
