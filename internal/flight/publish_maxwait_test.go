package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// MaxWait limits the wait for the first value of another caller's run.
func TestMaxWaitLimitsTheWaitForTheFirstValueOfAnotherCallersRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		began := time.Now()
		leader := receive(t.Context(), g, key, time.Second, a.produce)
		short := receive(t.Context(), g, key, time.Second, mustNotRun(t))
		long := receive(t.Context(), g, key, time.Hour, mustNotRun(t))
		endless := receive(t.Context(), g, key, -1, mustNotRun(t))
		if got := <-short; !errors.Is(got.err, flight.ErrWaitTimeout) || time.Since(began) != time.Second {
			t.Errorf("Subscribe = %+v after %v", got, time.Since(began))
		}
		wantWaiting(t, leader)
		close(a.publish)
		subscriptions := []*flight.Subscription[string]{
			wantPublished(t, leader, outcome{value: "header", leader: true}),
			wantPublished(t, long, outcome{value: "header"}),
			wantPublished(t, endless, outcome{value: "header"}),
		}
		time.Sleep(2 * time.Hour) // MaxWait is over for callers that have received a value
		for _, subscription := range subscriptions {
			if a.ended {
				t.Error("it was cancelled while it has a subscriber")
			}
			subscription.Leave()
		}
		synctest.Wait()
		if !a.ended {
			t.Error("a caller that has waited for MaxWait still counts")
		}
		wantIdle(t, g)
	})
}

// A run that subscribes to another flight waits for it to finish.
func TestARunThatSubscribesWaitsForTheFlightToFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		close(a.publish)
		inner := receive(t.Context(), g, []byte("inner"), 0, a.produce)
		wantPublished(t, inner, outcome{value: "header", leader: true})
		outer := ask(t.Context(), g, key, func(ctx context.Context, _ *run) (string, error) {
			v, leader, subscription, err := g.Subscribe(ctx, call([]byte("inner"), g.Stamp(), flight.JoinOptions{MaxWait: time.Nanosecond}, mustNotRun(t)))
			if leader || subscription != nil {
				t.Errorf("leader: %v; subscribed: %v", leader, subscription != nil)
			}
			return "outer of " + v, err
		})
		wantWaiting(t, outer)
		close(a.finish)
		wantOutcome(t, outer, outcome{value: "outer of whole", leader: true})
		wantIdle(t, g)
	})
}

// Runs that subscribe to each other get ErrRecursive.
func TestRunsThatSubscribeToEachOtherGetErrRecursive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		asks := func(other string) flight.Func[string] {
			return func(ctx context.Context, f *run) (string, error) {
				f.Publish("header")
				time.Sleep(time.Second)
				_, _, _, err := g.Subscribe(ctx, call([]byte(other), g.Stamp(), flight.JoinOptions{}, mustNotRun(t)))
				return "whole", err
			}
		}
		first := receive(t.Context(), g, []byte("a"), 0, asks("b"))
		second := receive(t.Context(), g, []byte("b"), 0, asks("a"))
		wantPublished(t, first, outcome{value: "header", leader: true})
		wantPublished(t, second, outcome{value: "header", leader: true})
		plain := ask(t.Context(), g, []byte("a"), mustNotRun(t))
		if o := <-plain; o.err != nil && !errors.Is(o.err, flight.ErrRecursive) {
			t.Errorf("Do = %+v", o)
		}
		wantIdle(t, g)
	})
}

// A caller whose context has ended receives nothing that is published.
func TestACallerWhoseContextEndsReceivesNothingPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		ctx, cancel := context.WithCancel(t.Context())
		leader := receive(ctx, g, key, 0, a.produce)
		other := receive(t.Context(), g, key, 0, mustNotRun(t))
		cancel()
		wantFinished(t, leader, outcome{leader: true, err: context.Canceled})
		close(a.publish)
		wantPublished(t, other, outcome{value: "header"}).Leave()
		synctest.Wait()
		if !a.ended {
			t.Error("the run was not cancelled")
		}
		wantIdle(t, g)
	})
}
