package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// received is what Subscribe returned to one caller.
type received struct {
	outcome
	subscription *flight.Subscription[string]
}

// receive calls Subscribe in a goroutine of its own and returns when that waits.
func receive(ctx context.Context, g *group, key []byte, maxWait time.Duration, fn flight.Func[string]) <-chan received {
	done := make(chan received, 1)
	go func() {
		var a received
		a.value, a.leader, a.subscription, a.err = g.Subscribe(ctx, call(key, g.Stamp(), flight.JoinOptions{MaxWait: maxWait}, fn))
		done <- a
	}()
	synctest.Wait()
	return done
}

// wantPublished returns the caller's subscription to a flight that has published value.
func wantPublished(t *testing.T, done <-chan received, want outcome) *flight.Subscription[string] {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		if got.outcome != want || got.subscription == nil {
			t.Fatalf("Subscribe = %+v, want %+v, published", got, want)
		}
		return got.subscription
	default:
		t.Fatal("Subscribe has not returned")
		return nil
	}
}

func wantFinished(t *testing.T, done <-chan received, want outcome) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		if got.outcome != want || got.subscription != nil {
			t.Errorf("Subscribe = %+v, want %+v, finished", got, want)
		}
	default:
		t.Error("Subscribe has not returned")
	}
}

// publisher is a function for Subscribe that publishes when publish is closed, and returns
// when finish is closed or its context ends.
type publisher struct {
	publish, finish chan struct{}
	ended, stored   bool
	err             error
}

func newPublisher() *publisher {
	return &publisher{publish: make(chan struct{}), finish: make(chan struct{})}
}

func (a *publisher) produce(ctx context.Context, f *run) (string, error) {
	<-a.publish
	f.Publish("header")
	f.Publish("another")
	select {
	case <-a.finish:
	case <-ctx.Done():
		a.ended = true
		return "", ctx.Err()
	}
	if a.err != nil {
		return "", a.err
	}
	a.stored, _ = f.Commit(func() error { return nil })
	return "whole", nil
}

// A published value reaches waiting and later callers.
func TestAPublicationReachesWaitingAndLaterCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		leader := receive(t.Context(), g, key, 0, a.produce)
		waits := receive(t.Context(), g, key, 0, mustNotRun(t))
		plain := ask(t.Context(), g, key, mustNotRun(t))
		wantWaiting(t, leader)
		close(a.publish)
		wantPublished(t, leader, outcome{value: "header", leader: true})
		wantPublished(t, waits, outcome{value: "header"})
		wantPublished(t, receive(t.Context(), g, key, 0, mustNotRun(t)), outcome{value: "header"})
		wantWaiting(t, plain)
		latePlain := ask(t.Context(), g, key, mustNotRun(t))
		close(a.finish)
		wantOutcome(t, plain, outcome{value: "whole"})
		wantOutcome(t, latePlain, outcome{value: "whole"})
		if !a.stored || a.ended {
			t.Errorf("stored: %v, cancelled: %v", a.stored, a.ended)
		}
		wantIdle(t, g)
	})
}

// A run is cancelled when the last caller or subscriber has left.
func TestTheRunEndsWhenTheLastCallerOrSubscriberHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		ctx, cancel := context.WithCancel(t.Context())
		leader := receive(t.Context(), g, key, 0, a.produce)
		plain := ask(ctx, g, key, mustNotRun(t))
		close(a.publish)
		first := wantPublished(t, leader, outcome{value: "header", leader: true})
		second := wantPublished(t, receive(t.Context(), g, key, 0, mustNotRun(t)), outcome{value: "header"})
		first.Leave()
		first.Leave() // it counts once
		first.Leave()
		synctest.Wait()
		if a.ended {
			t.Fatal("the run was cancelled while two were interested")
		}
		second.Leave()
		synctest.Wait()
		if a.ended {
			t.Fatal("the run was cancelled while one waited")
		}
		cancel()
		wantOutcome(t, plain, outcome{err: context.Canceled})
		synctest.Wait()
		if !a.ended {
			t.Error("the run was not cancelled")
		}
		wantIdle(t, g)
		wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
	})
}

// Leaving a finished flight ends nothing.
func TestLeavingAFinishedFlightEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		leader := receive(t.Context(), g, key, 0, a.produce)
		close(a.publish)
		subscription := wantPublished(t, leader, outcome{value: "header", leader: true})
		close(a.finish)
		wantIdle(t, g)
		subscription.Leave()
		if a.ended || !a.stored {
			t.Errorf("cancelled: %v, stored: %v", a.ended, a.stored)
		}
	})
}

// A failure after publishing reaches callers that wait for the result.
func TestAFailureAfterPublishReachesCallersThatWaitForTheResult(t *testing.T) {
	bug := errors.New("bug")
	for name, end := range map[string]func(){
		"an error": nil,
		"a panic":  func() { panic(bug) },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := flight.New[string]()
			finish := make(chan struct{})
			leader := receive(t.Context(), g, key, 0, func(_ context.Context, f *run) (string, error) {
				f.Publish("header")
				<-finish
				if end != nil {
					end()
				}
				return "", bug
			})
			plain := ask(t.Context(), g, key, mustNotRun(t))
			subscription := wantPublished(t, leader, outcome{value: "header", leader: true})
			close(finish)
			if o := <-plain; !errors.Is(o.err, bug) {
				t.Errorf("%s: Do: %+v", name, o)
			}
			subscription.Leave()
			wantIdle(t, g)
		})
	}
}

// Publishing after the flight has finished has no effect.
func TestPublishAfterTheFlightHasFinishedDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		finish := make(chan struct{})
		leader := receive(t.Context(), g, key, 0, func(_ context.Context, f *run) (string, error) {
			f.Release("released")
			f.Publish("header")
			<-finish
			return "dropped", nil
		})
		wantFinished(t, leader, outcome{value: "released", leader: true})
		wantFinished(t, receive(t.Context(), g, key, 0, returning("next")), outcome{value: "next", leader: true})
		close(finish)
		wantIdle(t, g)
	})
}

// A release after publishing finishes the flight for its waiting callers.
func TestReleaseAfterPublishFinishesTheFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		release, finish := make(chan struct{}), make(chan struct{})
		var ended error
		leader := receive(t.Context(), g, key, 0, func(ctx context.Context, f *run) (string, error) {
			f.Publish("header")
			<-release
			f.Release("released")
			<-finish
			ended = ctx.Err()
			return "dropped", nil
		})
		subscription := wantPublished(t, leader, outcome{value: "header", leader: true})
		plain := ask(t.Context(), g, key, mustNotRun(t))
		close(release)
		wantOutcome(t, plain, outcome{value: "released"})
		wantOutcome(t, ask(t.Context(), g, key, returning("next")), outcome{value: "next", leader: true})
		subscription.Leave()
		close(finish)
		synctest.Wait()
		if ended != nil {
			t.Errorf("a released run ended with its last subscriber: %v", ended)
		}
		wantIdle(t, g)
	})
}

// A flight that is invalidated after it has published is not joined and stores nothing.
func TestAFlightInvalidatedAfterPublishIsNotJoinedAndStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		leader := receive(t.Context(), g, key, 0, a.produce)
		close(a.publish)
		wantPublished(t, leader, outcome{value: "header", leader: true})
		if err := g.Invalidate(t.Context(), key); err != nil {
			t.Error(err)
		}
		wantIdle(t, g)
		wantFinished(t, receive(t.Context(), g, key, 0, returning("new")), outcome{value: "new", leader: true})
		if a.ended {
			t.Error("it was cancelled, though it has a subscriber")
		}
		close(a.finish)
		synctest.Wait()
		if a.stored {
			t.Error("it has stored")
		}
	})
}
