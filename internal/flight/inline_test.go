package flight_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// Flights that run in the goroutine of their starter.

var inline = flight.JoinOptions{Inline: true}

// askInline is ask for a caller that stays until its run is over.
func askInline(ctx context.Context, g *group, fn flight.Func[string]) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.value, o.leader, o.err = g.Wait(ctx, call(key, g.Stamp(), inline, fn))
		done <- o
	}()
	synctest.Wait()
	return done
}

// An inline flight runs in the goroutine of its starter, which starts no other.
func TestAFlightInlineRunsInTheGoroutineOfItsStarter(t *testing.T) {
	g := flight.New[string]()
	before := runtime.NumGoroutine()
	v, leader, err := g.Wait(t.Context(), call(key, g.Stamp(), inline, func(context.Context, *run) (string, error) {
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
		return "value", nil
	}))
	if v != "value" || !leader || err != nil {
		t.Errorf("%q, %v, %v", v, leader, err)
	}
}

// The run of an inline starter that has left, and for which nobody else waits, is cancelled,
// whatever it asks its context, and stores nothing.
func TestTheRunOfAStarterInlineThatHasLeftStoresNothing(t *testing.T) {
	for name, notices := range map[string]func(context.Context) bool{
		"Err":   func(ctx context.Context) bool { return ctx.Err() != nil },
		"Done":  func(ctx context.Context) bool { <-ctx.Done(); return ctx.Err() != nil },
		"Cause": func(ctx context.Context) bool { return errors.Is(context.Cause(ctx), context.Canceled) },
		"child": func(ctx context.Context) bool {
			c, stop := context.WithCancel(ctx)
			defer stop()
			<-c.Done()
			return true
		},
		"nothing": func(context.Context) bool { return true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				ctx, leave := context.WithCancel(t.Context())
				gate, stored := make(chan struct{}), false
				starter := askInline(ctx, g, func(ctx context.Context, f *run) (v string, err error) {
					<-gate
					if !notices(ctx) {
						t.Error("the context has not ended")
					}
					stored, err = f.Commit(func() error { return nil })
					return "value", err
				})
				leave()
				wantWaiting(t, starter)
				close(gate)
				wantOutcome(t, starter, outcome{value: "value", leader: true})
				if stored {
					t.Error("it has stored")
				}
				wantIdle(t, g)
			})
		})
	}
}

// What an inline starter that has left was making is for those who wait; the last of them to
// leave cancels it.
func TestARunInlineGoesOnForThoseWhoWait(t *testing.T) {
	for name, last := range map[string]bool{"they stay": false, "they leave": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				ctx, leave := context.WithCancel(t.Context())
				joinerCtx, leaveLast := context.WithCancel(t.Context())
				defer leaveLast()
				gate := newGate()
				starter := askInline(ctx, g, gate.produce("value"))
				joiner := ask(joinerCtx, g, key, mustNotRun(t))
				leave()
				wantWaiting(t, starter)
				wantWaiting(t, joiner)
				if last {
					leaveLast()
					wantOutcome(t, joiner, outcome{err: context.Canceled})
				} else {
					close(gate.open)
					wantOutcome(t, joiner, outcome{value: "value"})
				}
				wantOutcome(t, starter, outcome{value: "value", leader: true})
				if gate.ended != last || gate.stored == last {
					t.Errorf("the run was ended (%v) and has stored (%v)", gate.ended, gate.stored)
				}
				wantIdle(t, g)
			})
		})
	}
}

// An inline run whose starter has left is joined by nobody.
func TestARunInlineThatItsStarterHasLeftIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, leave := context.WithCancel(t.Context())
		deaf := make(chan struct{})
		starter := askInline(ctx, g, func(context.Context, *run) (string, error) {
			<-deaf
			return "old", nil
		})
		leave()
		if _, subscription := g.Published(t.Context(), &flight.Call[string]{Key: key}); subscription != nil {
			t.Error("it has published something")
		}
		wantOutcome(t, ask(t.Context(), g, key, returning("new")), outcome{value: "new", leader: true})
		close(deaf)
		wantOutcome(t, starter, outcome{value: "old", leader: true})
		wantIdle(t, g)
	})
}

// The context of an inline run that was released ends when its starter leaves, and not before.
func TestAReleasedRunInlineIsForItsStarter(t *testing.T) {
	for name, byCall := range map[string]bool{"its context ends": false, "Leave": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				gate := make(chan struct{})
				var flying *run
				ended := false
				starter := askInline(ctx, g, func(ctx context.Context, f *run) (string, error) {
					flying = f
					<-gate
					f.Release("for others")
					if ctx.Err() != nil {
						t.Error("its context has ended with the release")
					}
					<-ctx.Done()
					ended = true
					return "own", nil
				})
				joiner := ask(t.Context(), g, key, mustNotRun(t))
				close(gate)
				wantOutcome(t, joiner, outcome{value: "for others"})
				wantWaiting(t, starter)
				if byCall {
					flying.Leave()
					flying.Leave() // once
				} else {
					cancel()
				}
				wantOutcome(t, starter, outcome{value: "for others", leader: true})
				if !ended {
					t.Error("it was not ended")
				}
				wantIdle(t, g)
			})
		})
	}
}

// What a run has said to be complete is stored, though all callers leave then.
func TestARunThatIsCompleteIsStoredThoughAllLeave(t *testing.T) {
	for name, test := range map[string]struct {
		o     flight.JoinOptions
		early bool
	}{
		"inline, leaves before": {inline, true},
		"inline, leaves after":  {inline, false},
		"leaves before":         {early: true},
		"leaves after":          {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				ctx, leave := context.WithCancel(t.Context())
				var stored atomic.Bool
				go func() {
					_, _, _ = g.Wait(ctx, call(key, g.Stamp(), test.o, func(ctx context.Context, f *run) (string, error) {
						if test.early {
							leave()
							time.Sleep(time.Second)
						}
						f.Keep()
						leave()
						time.Sleep(time.Second) // until the caller has left
						f.Leave()
						if ended := ctx.Err() != nil; ended != test.early {
							t.Errorf("the context has ended: %v", ended)
						}
						committed, err := f.Commit(func() error { return nil })
						stored.Store(committed)
						return "value", err
					}))
				}()
				time.Sleep(time.Minute)
				if stored.Load() == test.early {
					t.Errorf("stored: %v", stored.Load())
				}
				wantIdle(t, g)
			})
		})
	}
}

// A complete run that was released is for its starter: when that leaves, it ends.
func TestACompleteRunThatWasReleasedEndsWithItsStarter(t *testing.T) {
	g := flight.New[string]()
	ctx, leave := context.WithCancel(t.Context())
	_, _, err := g.Wait(ctx, call(key, g.Stamp(), inline, func(ctx context.Context, f *run) (string, error) {
		f.Release("for others")
		f.Keep()
		leave()
		<-ctx.Done()
		return "own", nil
	}))
	if err != nil {
		t.Error(err)
	}
}

// A function that ends the goroutine of its starter is ErrGoexit for those who wait.
func TestAGoexitInlineIsAnErrorOfThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gate := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _, _ = g.Wait(t.Context(), call(key, g.Stamp(), inline, func(context.Context, *run) (string, error) {
				<-gate
				runtime.Goexit()
				return "", nil
			}))
			t.Error("the starter goes on")
		}()
		synctest.Wait()
		joiner := ask(t.Context(), g, key, mustNotRun(t))
		close(gate)
		wantOutcome(t, joiner, outcome{err: flight.ErrGoexit})
		<-ended
		wantIdle(t, g)
	})
}

// A panic inline is an error of the starter, too.
func TestAPanicInlineIsAnError(t *testing.T) {
	g := flight.New[string]()
	_, _, err := g.Wait(t.Context(), call(key, g.Stamp(), inline, func(context.Context, *run) (string, error) { panic("a fault") }))
	if p := new(flight.PanicError); !errors.As(err, &p) || p.Value != "a fault" {
		t.Errorf("%v", err)
	}
}

// An inline run that publishes is received by those who wait, and its starter gets the result.
func TestARunInlinePublishesToThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		begin, end := make(chan struct{}), make(chan struct{})
		done := make(chan outcome, 1)
		go func() {
			v, leader, subscription, err := g.Subscribe(t.Context(), call(key, g.Stamp(), inline, func(_ context.Context, f *run) (string, error) {
				<-begin
				f.Publish("header")
				<-end
				return "whole", nil
			}))
			if subscription != nil {
				t.Error("the starter has a subscription")
			}
			done <- outcome{v, leader, err}
		}()
		synctest.Wait()
		joiners := []<-chan outcome{ask(t.Context(), g, key, mustNotRun(t))}
		received := make(chan string, 2)
		subscribe := func() {
			v, _, subscription, err := g.Subscribe(t.Context(), call(key, g.Stamp(), inline, mustNotRun(t)))
			if err != nil || subscription == nil {
				t.Errorf("%v, %v", subscription, err)
				return
			}
			received <- v
		}
		go subscribe()
		synctest.Wait()
		close(begin)
		synctest.Wait()
		go subscribe() // after the publication
		synctest.Wait()
		for range 2 {
			select {
			case v := <-received:
				if v != "header" {
					t.Errorf("received %q", v)
				}
			default:
				t.Error("nothing was received")
			}
		}
		wantWaiting(t, done)
		close(end)
		wantOutcome(t, done, outcome{value: "whole", leader: true})
		wantOutcome(t, joiners[0], outcome{value: "whole"})
		wantIdle(t, g)
	})
}

// An inline run within another, whose starter leaves, waits for no lock that it holds itself:
// both may be in one shard.
func TestAnInlineRunWithinAnotherDoesNotBlockItself(t *testing.T) {
	for i := range 1000 { // a few of them in one shard
		g := flight.New[string]()
		ctx, leave := context.WithCancel(t.Context())
		within := func(ctx context.Context, f *run) (string, error) {
			_ = ctx.Done()
			leave()
			committed, err := f.Commit(func() error { return nil })
			if committed {
				t.Error("it has stored, and nobody waits")
			}
			return "", err
		}
		_, _, err := g.Wait(ctx, call(key, g.Stamp(), inline, func(ctx context.Context, _ *run) (string, error) {
			inner := []byte{byte(i), byte(i >> 8)}
			v, _, err := g.Wait(ctx, call(inner, g.Stamp(), inline, within))
			return v, err
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
}
