package signals_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/signals"
)

// SendAsync runs receivers concurrently.
// Django, asend
func TestSendAsyncRunsReceiversConcurrently(t *testing.T) {
	var s signals.Signal[string]
	const n = 8
	var here sync.WaitGroup
	here.Add(n)
	for range n {
		s.Connect(func(context.Context, any, string) error {
			here.Done()
			here.Wait() // returns only if all n run at once
			return nil
		})
	}
	results, err := s.SendAsync(t.Context(), nil, "e").Wait(t.Context())
	if err != nil || len(results) != n {
		t.Errorf("Wait = %d results, %v; want %d", len(results), err, n)
	}
}

// The results of SendAsync are in the order of connections.
func TestSendAsyncResultsAreInConnectionOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quiet[string]()
		const n = 10
		for i := range n {
			s.Connect(func(context.Context, any, string) error {
				time.Sleep(time.Duration(n-i) * time.Second) // the last connected ends first
				return fmt.Errorf("error %d", i)
			}, signals.UID(fmt.Sprint(i)))
		}
		results, err := s.SendAsync(t.Context(), nil, "e").Wait(t.Context())
		if err != nil || len(results) != n {
			t.Fatalf("Wait = %d results, %v; want %d", len(results), err, n)
		}
		for i, r := range results {
			if r.UID != fmt.Sprint(i) || r.Err.Error() != fmt.Sprintf("error %d", i) {
				t.Errorf("result %d is %+v", i, r)
			}
		}
	})
}

// SendAsync runs all receivers though some fail.
// Django, asend_robust
func TestSendAsyncIsRobust(t *testing.T) {
	s := quiet[string]()
	s.Connect(func(context.Context, any, string) error { return errBoom }, signals.UID("a"))
	s.Connect(func(context.Context, any, string) error { panic("ouch") }, signals.UID("b"))
	s.Connect(func(context.Context, any, string) error { panic(errBoom) }, signals.UID("c"))
	s.Connect(func(context.Context, any, string) error { return nil }, signals.UID("d"))
	results, err := s.SendAsync(t.Context(), nil, "e").Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkRobustResults(t, results)
}

// A Goexit of a receiver is a result of SendAsync.
func TestSendAsyncTurnsGoexitIntoAResult(t *testing.T) {
	s := quiet[string]()
	s.Connect(func(context.Context, any, string) error { runtime.Goexit(); return nil })
	s.Connect(func(context.Context, any, string) error { return nil })
	results, err := s.SendAsync(t.Context(), nil, "e").Wait(t.Context())
	if err != nil || len(results) != 2 || !errors.Is(results[0].Err, signals.ErrGoexit) || results[1].Err != nil {
		t.Errorf("Wait = %+v, %v; want ErrGoexit and nil", results, err)
	}
}

// SendAsync reaches the receivers of its sender only.
func TestSendAsyncGoesOnlyToTheSendersReceivers(t *testing.T) {
	s := quiet[string]()
	alice, bob := new(int), new(int)
	s.Connect(func(context.Context, any, string) error { return nil }, signals.UID("bob's"), signals.From(bob))
	s.Connect(func(context.Context, any, string) error { return nil }, signals.UID("alice's"), signals.From(alice))
	results, _ := s.SendAsync(t.Context(), alice, "e").Wait(t.Context())
	if len(results) != 1 || results[0].UID != "alice's" {
		t.Errorf("results = %+v; want alice's", results)
	}
}

// Wait ends with its context.
func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s signals.Signal[string]
		s.Connect(func(context.Context, any, string) error { time.Sleep(time.Minute); return nil })
		p := s.SendAsync(t.Context(), nil, "e")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if results, err := p.Wait(ctx); results != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait = %v, %v; want the deadline", results, err)
		}
		select {
		case <-p.Done():
			t.Error("Done is closed while the receiver runs")
		default:
		}
		if results, err := p.Wait(t.Context()); len(results) != 1 || err != nil {
			t.Errorf("second Wait = %v, %v; want the result", results, err)
		}
		<-p.Done()
		for range 100 {
			if results, err := p.Wait(ctx); len(results) != 1 || err != nil {
				t.Fatalf("Wait with an ended context after the end = %v, %v; want the result", results, err)
			}
		}
	})
}

// The results of Wait belong to the caller.
func TestResultsOfWaitBelongToTheCaller(t *testing.T) {
	var s signals.Signal[string]
	s.Connect(func(context.Context, any, string) error { return nil }, signals.UID("u"))
	p := s.SendAsync(t.Context(), nil, "e")
	first, _ := p.Wait(t.Context())
	first[0].UID = "changed"
	if second, _ := p.Wait(t.Context()); second[0].UID != "u" {
		t.Error("changing the slice that Wait returned changed that of the next")
	}
}
