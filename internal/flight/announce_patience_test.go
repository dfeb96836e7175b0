package flight_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/flight"
)

func TestPatienceIsForTheRunsOfOthersAndForTheFirstThing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		began := time.Now()
		leader := attend(t.Context(), g, key, time.Second, a.produce)
		short := attend(t.Context(), g, key, time.Second, mustNotRun(t))
		long := attend(t.Context(), g, key, time.Hour, mustNotRun(t))
		endless := attend(t.Context(), g, key, -1, mustNotRun(t))
		if got := <-short; !errors.Is(got.err, flight.ErrWaitTimeout) || time.Since(began) != time.Second {
			t.Errorf("Attend = %+v after %v", got, time.Since(began))
		}
		wantWaiting(t, leader)
		close(a.announce)
		attendances := []*flight.Attendance[string]{
			wantAnnounced(t, leader, outcome{value: "header", leader: true}),
			wantAnnounced(t, long, outcome{value: "header"}),
			wantAnnounced(t, endless, outcome{value: "header"}),
		}
		time.Sleep(2 * time.Hour) // who has something waits no more
		for _, attendance := range attendances {
			if a.ended {
				t.Error("it was cancelled while somebody attends")
			}
			attendance.Leave()
		}
		synctest.Wait()
		if !a.ended {
			t.Error("one who lost his patience was counted on")
		}
		wantIdle(t, g)
	})
}

func TestARunThatAttendsWaitsForTheLanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		close(a.announce)
		inner := attend(t.Context(), g, []byte("inner"), 0, a.produce)
		wantAnnounced(t, inner, outcome{value: "header", leader: true})
		outer := ask(t.Context(), g, key, func(ctx context.Context, _ *run) (string, error) {
			v, leader, attendance, err := g.Attend(ctx, []byte("inner"), g.Mark(), flight.JoinOptions{MaxWait: time.Nanosecond}, mustNotRun(t))
			if leader || attendance != nil {
				t.Errorf("it leads: %v; it attends: %v", leader, attendance != nil)
			}
			return "outer of " + v, err
		})
		wantWaiting(t, outer)
		close(a.finish)
		wantOutcome(t, outer, outcome{value: "outer of whole", leader: true})
		wantIdle(t, g)
	})
}

func TestRunsThatAttendEachOtherAreToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		asks := func(other string) flight.Func[string] {
			return func(ctx context.Context, f *run) (string, error) {
				f.Announce("header")
				time.Sleep(time.Second)
				_, _, _, err := g.Attend(ctx, []byte(other), g.Mark(), flight.JoinOptions{}, mustNotRun(t))
				return "whole", err
			}
		}
		first := attend(t.Context(), g, []byte("a"), 0, asks("b"))
		second := attend(t.Context(), g, []byte("b"), 0, asks("a"))
		wantAnnounced(t, first, outcome{value: "header", leader: true})
		wantAnnounced(t, second, outcome{value: "header", leader: true})
		plain := ask(t.Context(), g, []byte("a"), mustNotRun(t))
		if o := <-plain; o.err != nil && !errors.Is(o.err, flight.ErrRecursive) {
			t.Errorf("Do = %+v", o)
		}
		wantIdle(t, g)
	})
}

func TestACallerWhoseContextEndsGetsNoAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a := flight.New[string](), newAnnouncer()
		ctx, cancel := context.WithCancel(t.Context())
		leader := attend(ctx, g, key, 0, a.produce)
		other := attend(t.Context(), g, key, 0, mustNotRun(t))
		cancel()
		wantLanded(t, leader, outcome{leader: true, err: context.Canceled})
		close(a.announce)
		wantAnnounced(t, other, outcome{value: "header"}).Leave()
		synctest.Wait()
		if !a.ended {
			t.Error("the run was not cancelled")
		}
		wantIdle(t, g)
	})
}
