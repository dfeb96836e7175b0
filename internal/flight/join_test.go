package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// join calls Subscribe in a goroutine of its own and returns when that waits.
func join(ctx context.Context, g *group, o flight.JoinOptions, fn flight.Func[string]) <-chan received {
	done := make(chan received, 1)
	go func() {
		var a received
		a.value, a.leader, a.subscription, a.err = g.Subscribe(ctx, call(key, g.Stamp(), o, fn))
		done <- a
	}()
	synctest.Wait()
	return done
}

// Callers join flights of their partition only.
func TestCallersJoinFlightsOfTheirPartitionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gates := map[string]*gate{"": newGate(), "a": newGate(), "b": newGate()}
		leaders, followers := make(map[string]<-chan received), make(map[string]<-chan received)
		for partition, gate := range gates {
			leaders[partition] = join(t.Context(), g, flight.JoinOptions{Partition: partition}, gate.produce("of "+partition))
		}
		for partition := range gates {
			followers[partition] = join(t.Context(), g, flight.JoinOptions{Partition: partition}, mustNotRun(t))
		}
		plain := ask(t.Context(), g, key, mustNotRun(t))
		for _, gate := range gates {
			close(gate.open)
		}
		for partition := range gates {
			wantFinished(t, leaders[partition], outcome{value: "of " + partition, leader: true})
			wantFinished(t, followers[partition], outcome{value: "of " + partition})
		}
		wantOutcome(t, plain, outcome{value: "of "})
		wantIdle(t, g)
	})
}

// A caller that runs alone shares no flight.
func TestACallerThatIsAloneSharesNoFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		first, alone, another := newGate(), newGate(), newGate()
		leader := ask(t.Context(), g, key, first.produce("first"))
		own := join(t.Context(), g, flight.JoinOptions{Alone: true}, alone.produce("alone"))
		second := join(t.Context(), g, flight.JoinOptions{Alone: true}, another.produce("another"))
		follower := ask(t.Context(), g, key, mustNotRun(t))
		close(alone.open)
		wantFinished(t, own, outcome{value: "alone", leader: true})
		close(another.open)
		wantFinished(t, second, outcome{value: "another", leader: true})
		wantWaiting(t, leader)
		close(first.open)
		wantOutcome(t, leader, outcome{value: "first", leader: true})
		wantOutcome(t, follower, outcome{value: "first"})
		if !first.stored || !alone.stored || !another.stored {
			t.Error("one of them did not commit")
		}
		wantIdle(t, g)
	})
}

// An invalidation reaches all flights of a key.
func TestAnInvalidationReachesAllFlightsOfAKey(t *testing.T) {
	for name, invalidate := range invalidations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				options := []flight.JoinOptions{{}, {Partition: "a"}, {Alone: true}, {Alone: true}}
				gates := make([]*gate, len(options))
				waiting := make([]<-chan received, len(options))
				for i, o := range options {
					gates[i] = newGate()
					waiting[i] = join(t.Context(), g, o, gates[i].produce("old"))
				}
				if err := invalidate(t.Context(), g); err != nil {
					t.Fatal(err)
				}
				wantIdle(t, g)
				wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
				for i := range options {
					close(gates[i].open)
					wantFinished(t, waiting[i], outcome{value: "old", leader: true})
					if gates[i].stored {
						t.Errorf("the flight of %+v has stored", options[i])
					}
				}
			})
		})
	}
}

// No flight of a key starts while an outdated one commits, even one that the caller would not have
// joined.
func TestNoFlightStartsWhileAStaleOneOfTheKeyCommits(t *testing.T) {
	for _, committer := range []flight.JoinOptions{{}, {Partition: "a"}, {Alone: true}} {
		for _, next := range []flight.JoinOptions{{}, {Partition: "b"}, {Alone: true}} {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				storing := make(chan struct{})
				first := join(t.Context(), g, committer, func(_ context.Context, f *run) (string, error) {
					_, err := f.Commit(func() error {
						<-storing
						return nil
					})
					return "old", err
				})
				done := make(chan error, 1)
				go func() { done <- g.Invalidate(t.Context(), key) }()
				synctest.Wait()
				second := join(t.Context(), g, next, returning("new"))
				wantWaiting(t, second)
				wantWaiting(t, done)
				close(storing)
				wantFinished(t, first, outcome{value: "old", leader: true})
				wantFinished(t, second, outcome{value: "new", leader: true})
				if err := <-done; err != nil {
					t.Error(err)
				}
				wantIdle(t, g)
			})
		}
	}
}

// A caller that wants a published value joins a publishing flight and starts none.
func TestPublishedJoinsAPublishingFlightAndStartsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		wantNone := func(when, partition string) {
			t.Helper()
			if v, subscription := g.Published(t.Context(), &flight.Call[string]{Key: key, JoinOptions: flight.JoinOptions{Partition: partition}}); subscription != nil {
				t.Errorf("%s: %q", when, v)
			}
		}
		wantNone("without a flight", "")
		ctx, cancel := context.WithCancel(t.Context())
		leader := join(ctx, g, flight.JoinOptions{}, a.produce)
		wantNone("before the publication", "")
		close(a.publish)
		first := wantPublished(t, leader, outcome{value: "header", leader: true})
		wantNone("to another partition", "a")
		v, subscription := g.Published(t.Context(), &flight.Call[string]{Key: key})
		if v != "header" || subscription == nil {
			t.Fatalf("Published = %q, %v", v, subscription)
		}
		cancel()
		first.Leave()
		synctest.Wait()
		if a.ended {
			t.Error("the flight ended, though it has a subscriber")
		}
		subscription.Leave()
		synctest.Wait()
		if !a.ended {
			t.Error("the flight goes on for nobody")
		}
		wantNone("of a flight that has ended", "")
		wantIdle(t, g)
	})
}

// A run does not subscribe to a published value.
func TestPublishedIsNotForRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newPublisher()
		leader := join(t.Context(), g, flight.JoinOptions{}, a.produce)
		close(a.publish)
		wantPublished(t, leader, outcome{value: "header", leader: true})
		wantOutcome(t, ask(t.Context(), g, []byte("other"), func(ctx context.Context, _ *run) (string, error) {
			if v, subscription := g.Published(ctx, &flight.Call[string]{Key: key}); subscription != nil {
				t.Errorf("a run has subscribed to %q", v)
			}
			return "other", nil
		}), outcome{value: "other", leader: true})
		close(a.finish)
		wantIdle(t, g)
	})
}

var everySecond = flight.JoinOptions{Interval: time.Second, MaxFlights: 3}

// Waiting callers start further flights one after the other, in turns.
func TestWaitingCallersTakeTurnsInStartingAnotherFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		runs := make(chan time.Duration, 10)
		began, open := time.Now(), make(chan struct{})
		fn := func(_ context.Context, _ *run) (string, error) {
			runs <- time.Since(began)
			<-open
			return "value", nil
		}
		var callers []<-chan received
		for range 6 {
			callers = append(callers, join(t.Context(), g, everySecond, fn))
		}
		time.Sleep(10*time.Second - time.Nanosecond)
		if len(runs) != everySecond.MaxFlights {
			t.Errorf("%d flights, want %d", len(runs), everySecond.MaxFlights)
		}
		for i := range everySecond.MaxFlights {
			if at := <-runs; at != time.Duration(i)*time.Second {
				t.Errorf("flight %d began after %v", i, at)
			}
		}
		close(open)
		leaders := 0
		for _, c := range callers {
			a := <-c
			if a.leader {
				leaders++
			}
			if a.value != "value" || a.err != nil {
				t.Errorf("%+v", a.outcome)
			}
		}
		if leaders != everySecond.MaxFlights {
			t.Errorf("%d callers have started a flight", leaders)
		}
		wantIdle(t, g)
	})
}

// A caller that comes after the interval may start another flight immediately.
func TestALateCallerMayStartAnotherFlightAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, second := flight.New[string](), newGate(), newGate()
		leader := join(t.Context(), g, everySecond, first.produce("first"))
		other := join(t.Context(), g, flight.JoinOptions{}, mustNotRun(t)) // so that another may go
		time.Sleep(time.Minute)
		late := join(t.Context(), g, everySecond, second.produce("second"))
		close(second.open)
		wantFinished(t, late, outcome{value: "second", leader: true})
		wantFinished(t, other, outcome{value: "second"})
		wantWaiting(t, leader)
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantIdle(t, g)
	})
}

// beside starts a flight of first, a caller that waits for it, and after a second
// a flight of second beside it.
func beside(ctx context.Context, t *testing.T, g *group, first, second flight.Func[string]) (leader, waits, other <-chan received) {
	t.Helper()
	leader = join(t.Context(), g, everySecond, first)
	waits = join(t.Context(), g, flight.JoinOptions{}, mustNotRun(t))
	other = join(ctx, g, everySecond, second)
	time.Sleep(time.Second)
	synctest.Wait()
	return leader, waits, other
}

// The first of several flights to publish or finish takes over the waiting callers.
func TestTheFirstFlightToPublishOrFinishTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, a := flight.New[string](), newGate(), newPublisher()
		ctx, cancel := context.WithCancel(t.Context())
		leader, waits, other := beside(ctx, t, g, first.produce("first"), a.produce)
		close(a.publish)
		own := wantPublished(t, other, outcome{value: "header", leader: true})
		subscription := wantPublished(t, waits, outcome{value: "header"})
		come := wantPublished(t, join(t.Context(), g, everySecond, mustNotRun(t)), outcome{value: "header"})
		wantWaiting(t, leader)
		cancel()
		own.Leave()
		synctest.Wait()
		if a.ended {
			t.Error("the flight ended with its starter, though others have its value")
		}
		subscription.Leave()
		come.Leave()
		synctest.Wait()
		if !a.ended || first.ended {
			t.Errorf("ended: the second %v, the first %v", a.ended, first.ended)
		}
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantIdle(t, g)
	})
}

// A release frees the callers of parallel flights, too.
func TestAReleaseAlsoFreesTheCallersOfTheFlightBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first := flight.New[string](), newGate()
		leader, waits, other := beside(t.Context(), t, g, first.produce("first"), func(_ context.Context, f *run) (string, error) {
			f.Release("released")
			return "dropped", nil
		})
		wantFinished(t, other, outcome{value: "released", leader: true})
		wantFinished(t, waits, outcome{value: "released"})
		wantWaiting(t, leader)
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantIdle(t, g)
	})
}

// An error of a parallel flight is for its starter only.
func TestAnErrorIsForTheStarterOfAFlightBesideOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, failed := flight.New[string](), newGate(), errors.New("failed")
		leader, waits, other := beside(t.Context(), t, g, first.produce("first"), func(context.Context, *run) (string, error) {
			return "", failed
		})
		wantFinished(t, other, outcome{leader: true, err: failed})
		wantWaiting(t, waits)
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantFinished(t, waits, outcome{value: "first"})
		wantIdle(t, g)
	})
}

// A parallel flight that was abandoned takes over no caller.
func TestAnAbandonedFlightBesideTakesOverNoCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, late := flight.New[string](), newGate(), errors.New("late")
		leader, waits, other := beside(t.Context(), t, g, first.produce("first"), func(_ context.Context, f *run) (string, error) {
			f.Abandon(late)
			return "dropped", nil
		})
		wantFinished(t, other, outcome{leader: true, err: late})
		wantWaiting(t, waits)
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantFinished(t, waits, outcome{value: "first"})
		wantIdle(t, g)
	})
}

// A flight ends when all its callers were taken over.
func TestAFlightEndsWhenAllItsCallersAreTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, second := flight.New[string](), newGate(), newGate()
		ctx, cancel := context.WithCancel(t.Context())
		leader := join(ctx, g, everySecond, first.produce("first"))
		waits := join(t.Context(), g, flight.JoinOptions{}, mustNotRun(t))
		other := join(t.Context(), g, everySecond, second.produce("second"))
		cancel()
		wantFinished(t, leader, outcome{leader: true, err: context.Canceled})
		time.Sleep(time.Second)
		synctest.Wait()
		if first.ended {
			t.Error("the flight ended, though somebody waits for it")
		}
		close(second.open)
		wantFinished(t, other, outcome{value: "second", leader: true})
		wantFinished(t, waits, outcome{value: "second"})
		if !first.ended {
			t.Error("the flight goes on for nobody")
		}
		wantIdle(t, g)
	})
}

// The only caller of a flight does not start another one.
func TestTheOnlyCallerOfAFlightDoesNotStartAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first := flight.New[string](), newGate()
		ctx, cancel := context.WithCancel(t.Context())
		leader := join(ctx, g, everySecond, first.produce("first"))
		waits := join(t.Context(), g, everySecond, mustNotRun(t))
		cancel()
		wantFinished(t, leader, outcome{leader: true, err: context.Canceled})
		time.Sleep(time.Minute)
		wantWaiting(t, waits)
		close(first.open)
		wantFinished(t, waits, outcome{value: "first"})
		wantIdle(t, g)
	})
}

// An invalidation reaches parallel flights.
func TestAnInvalidationReachesAFlightBesideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, first, second := flight.New[string](), newGate(), newGate()
		leader, waits, other := beside(t.Context(), t, g, first.produce("first"), second.produce("second"))
		if err := g.Invalidate(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		wantIdle(t, g)
		close(second.open)
		wantFinished(t, other, outcome{value: "second", leader: true})
		close(first.open)
		wantFinished(t, leader, outcome{value: "first", leader: true})
		wantFinished(t, waits, outcome{value: "first"})
		if first.stored || second.stored {
			t.Error("a flight of before the invalidation has stored")
		}
	})
}
