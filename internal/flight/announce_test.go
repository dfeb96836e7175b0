package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

// attended is what Attend returned to one caller.
type attended struct {
	outcome
	attendance *flight.Attendance[string]
}

// attend calls Attend in a goroutine of its own and returns when that waits.
func attend(ctx context.Context, g *group, key []byte, patience time.Duration, fn flight.Func[string]) <-chan attended {
	done := make(chan attended, 1)
	go func() {
		var a attended
		a.value, a.leader, a.attendance, a.err = g.Attend(ctx, key, g.Mark(), flight.JoinOptions{MaxWait: patience}, fn)
		done <- a
	}()
	synctest.Wait()
	return done
}

// wantAnnounced returns the caller's attendance of a flight that announced
// value.
func wantAnnounced(t *testing.T, done <-chan attended, want outcome) *flight.Attendance[string] {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		if got.outcome != want || got.attendance == nil {
			t.Fatalf("Attend = %+v, want %+v, announced", got, want)
		}
		return got.attendance
	default:
		t.Fatal("Attend has not returned")
		return nil
	}
}

func wantLanded(t *testing.T, done <-chan attended, want outcome) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		if got.outcome != want || got.attendance != nil {
			t.Errorf("Attend = %+v, want %+v, landed", got, want)
		}
	default:
		t.Error("Attend has not returned")
	}
}

// announcer is a function for Attend that announces when it is told to, and
// lands when it is told to, or its context ends.
type announcer struct {
	announce, finish chan struct{}
	ended, stored    bool
	err              error
}

func newAnnouncer() *announcer {
	return &announcer{announce: make(chan struct{}), finish: make(chan struct{})}
}

func (a *announcer) produce(ctx context.Context, f *run) (string, error) {
	<-a.announce
	f.Announce("header")
	f.Announce("another")
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

func TestAnAnnouncementReachesThoseWhoWaitAndThoseWhoCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		leader := attend(t.Context(), g, key, 0, a.produce)
		waits := attend(t.Context(), g, key, 0, mustNotRun(t))
		plain := ask(t.Context(), g, key, mustNotRun(t))
		wantWaiting(t, leader)
		close(a.announce)
		wantAnnounced(t, leader, outcome{value: "header", leader: true})
		wantAnnounced(t, waits, outcome{value: "header"})
		wantAnnounced(t, attend(t.Context(), g, key, 0, mustNotRun(t)), outcome{value: "header"})
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

func TestTheRunEndsWhenTheLastOfAllKindsHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		ctx, cancel := context.WithCancel(t.Context())
		leader := attend(t.Context(), g, key, 0, a.produce)
		plain := ask(ctx, g, key, mustNotRun(t))
		close(a.announce)
		first := wantAnnounced(t, leader, outcome{value: "header", leader: true})
		second := wantAnnounced(t, attend(t.Context(), g, key, 0, mustNotRun(t)), outcome{value: "header"})
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

func TestWhoLeavesAfterTheLandingEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		leader := attend(t.Context(), g, key, 0, a.produce)
		close(a.announce)
		attendance := wantAnnounced(t, leader, outcome{value: "header", leader: true})
		close(a.finish)
		wantIdle(t, g)
		attendance.Leave()
		if a.ended || !a.stored {
			t.Errorf("cancelled: %v, stored: %v", a.ended, a.stored)
		}
	})
}

func TestAFailureAfterTheAnnouncementIsForThoseWhoWaitForTheWhole(t *testing.T) {
	bug := errors.New("bug")
	for name, end := range map[string]func(){
		"an error": nil,
		"a panic":  func() { panic(bug) },
	} {
		synctest.Test(t, func(t *testing.T) {
			g := flight.New[string]()
			finish := make(chan struct{})
			leader := attend(t.Context(), g, key, 0, func(_ context.Context, f *run) (string, error) {
				f.Announce("header")
				<-finish
				if end != nil {
					end()
				}
				return "", bug
			})
			plain := ask(t.Context(), g, key, mustNotRun(t))
			attendance := wantAnnounced(t, leader, outcome{value: "header", leader: true})
			close(finish)
			if o := <-plain; !errors.Is(o.err, bug) {
				t.Errorf("%s: Do: %+v", name, o)
			}
			attendance.Leave()
			wantIdle(t, g)
		})
	}
}

func TestAnAnnouncementAfterTheLandingIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		finish := make(chan struct{})
		leader := attend(t.Context(), g, key, 0, func(_ context.Context, f *run) (string, error) {
			f.Release("released")
			f.Announce("header")
			<-finish
			return "dropped", nil
		})
		wantLanded(t, leader, outcome{value: "released", leader: true})
		wantLanded(t, attend(t.Context(), g, key, 0, returning("next")), outcome{value: "next", leader: true})
		close(finish)
		wantIdle(t, g)
	})
}

func TestAReleaseAfterTheAnnouncementLandsTheFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		release, finish := make(chan struct{}), make(chan struct{})
		var ended error
		leader := attend(t.Context(), g, key, 0, func(ctx context.Context, f *run) (string, error) {
			f.Announce("header")
			<-release
			f.Release("released")
			<-finish
			ended = ctx.Err()
			return "dropped", nil
		})
		attendance := wantAnnounced(t, leader, outcome{value: "header", leader: true})
		plain := ask(t.Context(), g, key, mustNotRun(t))
		close(release)
		wantOutcome(t, plain, outcome{value: "released"})
		wantOutcome(t, ask(t.Context(), g, key, returning("next")), outcome{value: "next", leader: true})
		attendance.Leave()
		close(finish)
		synctest.Wait()
		if ended != nil {
			t.Errorf("a released run ended with the one who attends: %v", ended)
		}
		wantIdle(t, g)
	})
}

func TestAFlightThatIsInvalidatedAfterItsAnnouncementIsNotJoinedAndStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		leader := attend(t.Context(), g, key, 0, a.produce)
		close(a.announce)
		wantAnnounced(t, leader, outcome{value: "header", leader: true})
		if err := g.Invalidate(t.Context(), key); err != nil {
			t.Error(err)
		}
		wantIdle(t, g)
		wantLanded(t, attend(t.Context(), g, key, 0, returning("new")), outcome{value: "new", leader: true})
		if a.ended {
			t.Error("it was cancelled, though somebody attends")
		}
		close(a.finish)
		synctest.Wait()
		if a.stored {
			t.Error("it has stored")
		}
	})
}
