package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// then is a function for Do that asks for key in turn.
func then(g *group, key string, fn flight.Func[string]) flight.Func[string] {
	return func(ctx context.Context, _ *run) (string, error) {
		k := []byte(key)
		v, _, err := g.Do(ctx, k, g.Stamp(), fn)
		return v, err
	}
}

// A function that requests its own key gets ErrRecursive.
func TestAFunctionThatAsksForItsOwnKeyGetsErrRecursive(t *testing.T) {
	g, other := flight.New[string](), flight.New[string]()
	tests := map[string]flight.Func[string]{
		"directly":              then(g, "key", mustNotRun(t)),
		"through another key":   then(g, "b", then(g, "key", mustNotRun(t))),
		"through two keys":      then(g, "b", then(g, "c", then(g, "key", mustNotRun(t)))),
		"through another group": then(other, "key", then(g, "key", mustNotRun(t))),
		"having made its flight stale": func(ctx context.Context, f *run) (string, error) {
			g.Forget([]byte(f.Key()))
			return then(g, "key", mustNotRun(t))(ctx, f)
		},
		"while it commits, and is stale": func(ctx context.Context, f *run) (value string, err error) {
			_, err = f.Commit(func() error {
				g.Forget([]byte(f.Key()))
				value, err = then(g, "key", mustNotRun(t))(ctx, f)
				return err
			})
			return value, err
		},
	}
	for name, fn := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wantOutcome(t, ask(t.Context(), g, key, fn), outcome{leader: true, err: flight.ErrRecursive})
				wantIdle(t, g)
				wantIdle(t, other)
			})
		})
	}
}

// Functions may request each other's keys in one direction.
func TestFunctionsMayAskForEachOthersKeysInOneDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, other := flight.New[string](), flight.New[string]()
		fn := then(g, "b", then(other, "key", then(g, "c", returning("value"))))
		wantOutcome(t, ask(t.Context(), g, key, fn), outcome{value: "value", leader: true})
		wantIdle(t, g)
	})
}

// Functions that wait for each other do not deadlock: one gets ErrRecursive.
func TestFunctionsThatWaitForEachOtherDoNotDeadlock(t *testing.T) {
	// Each is started by a caller of its own, then all ask for the next.
	for _, ring := range [][]string{{"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d", "e"}} {
		synctest.Test(t, func(t *testing.T) {
			g := flight.New[string]()
			open := make(chan struct{})
			var waiting []<-chan outcome
			for i, k := range ring {
				next := ring[(i+1)%len(ring)]
				waiting = append(waiting, ask(t.Context(), g, []byte(k), func(ctx context.Context, f *run) (string, error) {
					<-open
					return then(g, next, mustNotRun(t))(ctx, f)
				}))
			}
			close(open)
			for _, done := range waiting {
				if o := <-done; !errors.Is(o.err, flight.ErrRecursive) {
					t.Errorf("ring of %d: Do = %+v, want ErrRecursive", len(ring), o)
				}
			}
			wantIdle(t, g)
		})
	}
}

// A function may wait for several keys concurrently and repeatedly.
func TestAFunctionMayWaitConcurrentlyAndRepeatedly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gate := newGate()
		fn := func(ctx context.Context, f *run) (string, error) {
			twice := make(chan error, 2)
			for range 2 {
				go func() {
					_, err := then(g, "b", gate.produce("b"))(ctx, f)
					twice <- err
				}()
			}
			if err := errors.Join(<-twice, <-twice); err != nil {
				return "", err
			}
			// Nothing is left of the waiting above: b may now ask for others.
			return then(g, "b", then(g, "c", returning("value")))(ctx, f)
		}
		first := ask(t.Context(), g, key, fn)
		wantWaiting(t, first)
		close(gate.open)
		wantOutcome(t, first, outcome{value: "value", leader: true})
		wantIdle(t, g)
	})
}

// A run that was refused as recursive lets the others end.
func TestARefusedRunStillLetsTheOthersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ctx, cancel := context.WithCancel(t.Context())
		gate := newGate()
		open := make(chan struct{})
		b := ask(t.Context(), g, []byte("b"), func(ctx context.Context, f *run) (string, error) {
			<-open
			if _, err := then(g, "a", mustNotRun(t))(ctx, f); !errors.Is(err, flight.ErrRecursive) {
				t.Errorf("b asks for a: %v, want ErrRecursive", err)
			}
			return gate.produce("b")(ctx, f)
		})
		var ended error
		a := ask(ctx, g, []byte("a"), func(ctx context.Context, f *run) (string, error) {
			_, err := then(g, "b", mustNotRun(t))(ctx, f)
			ended = ctx.Err()
			return "", err
		})
		close(open)
		wantWaiting(t, a)
		cancel()
		wantOutcome(t, a, outcome{leader: true, err: context.Canceled})
		if ended == nil {
			t.Error("a was not ended, though b does not wait for it")
		}
		wantWaiting(t, b)
		close(gate.open)
		wantOutcome(t, b, outcome{value: "b", leader: true})
		wantIdle(t, g)
	})
}

// Only a run that still waits counts as recursive.
func TestOnlyARunThatStillWaitsIsRecursive(t *testing.T) {
	// a waits for b in several places and gives up in one of them, or in all;
	// then b asks for a.
	for stay, want := range []outcome{
		0: {value: "a", leader: true},
		1: {leader: true, err: flight.ErrRecursive},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := flight.New[string]()
			open := make(chan struct{})
			gate := newGate()
			b := ask(t.Context(), g, []byte("b"), func(ctx context.Context, f *run) (string, error) {
				<-open
				return then(g, "a", mustNotRun(t))(ctx, f)
			})
			giveUp, cancel := context.WithCancel(t.Context())
			a := ask(t.Context(), g, []byte("a"), func(ctx context.Context, f *run) (string, error) {
				for range stay {
					go func() { _, _ = then(g, "b", mustNotRun(t))(ctx, f) }()
				}
				leaving, cancel := context.WithCancel(ctx)
				defer context.AfterFunc(giveUp, cancel)()
				_, _ = then(g, "b", mustNotRun(t))(leaving, f)
				return gate.produce("a")(ctx, f)
			})
			cancel()
			synctest.Wait()
			close(open)
			synctest.Wait()
			close(gate.open)
			wantOutcome(t, a, outcome{value: "a", leader: true})
			wantOutcome(t, b, want)
			wantIdle(t, g)
		})
	}
}

// A goroutine that outlives its run may request the key.
func TestAGoroutineThatOutlivesItsRunMayAskForTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		var left context.Context
		wantOutcome(t, ask(t.Context(), g, key, func(ctx context.Context, _ *run) (string, error) {
			left = context.WithoutCancel(ctx)
			return "first", nil
		}), outcome{value: "first", leader: true})
		wantOutcome(t, ask(left, g, key, returning("refreshed")), outcome{value: "refreshed", leader: true})
	})
}

// A store function that invalidates its own commit gets ErrRecursive.
func TestAStoreThatInvalidatesItsOwnCommitGetsErrRecursive(t *testing.T) {
	for _, name := range []string{"Invalidate", "InvalidateAll"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				wantOutcome(t, ask(t.Context(), g, key, func(ctx context.Context, f *run) (string, error) {
					_, err := f.Commit(func() error { return invalidations[name](ctx, g) })
					return "", err
				}), outcome{leader: true, err: flight.ErrRecursive})
				wantIdle(t, g)
			})
		})
	}
}

// A run may invalidate its key before and after its commit.
func TestARunMayInvalidateItsKeyBeforeAndAfterItsCommit(t *testing.T) {
	for name, invalidate := range invalidations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				wantOutcome(t, ask(t.Context(), g, key, func(ctx context.Context, f *run) (string, error) {
					if stored, err := f.Commit(func() error { return nil }); !stored || err != nil {
						t.Errorf("Commit = %v, %v", stored, err)
					}
					return "after", invalidate(ctx, g)
				}), outcome{value: "after", leader: true})
				wantOutcome(t, ask(t.Context(), g, key, func(ctx context.Context, f *run) (string, error) {
					err := invalidate(ctx, g)
					if stored, _ := f.Commit(func() error { return nil }); stored {
						t.Error("it has stored, though it was stale")
					}
					return "before", err
				}), outcome{value: "before", leader: true})
				wantIdle(t, g)
			})
		})
	}
}
