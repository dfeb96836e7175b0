package flight_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

type (
	group = flight.Group[string]
	run   = flight.Flight[string]
)

var key = []byte("key")

// outcome is what Do returned to one caller.
type outcome struct {
	value  string
	leader bool
	err    error
}

// ask calls Do in a goroutine of its own and returns when that waits.
func ask(ctx context.Context, g *group, key []byte, fn flight.Func[string]) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.value, o.leader, o.err = g.Do(ctx, key, g.Stamp(), fn)
		done <- o
	}()
	synctest.Wait()
	return done
}

// gate is a function for Do that waits to be opened, or for its context.
type gate struct {
	open   chan struct{}
	ended  bool // its context ended first
	stored bool // it committed
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) produce(value string) flight.Func[string] {
	return func(ctx context.Context, f *run) (string, error) {
		select {
		case <-g.open:
		case <-ctx.Done():
			g.ended = true
		}
		var err error
		g.stored, err = f.Commit(func() error { return nil })
		return value, err
	}
}

// returning is a function for Do that returns value and commits nothing.
func returning(value string) flight.Func[string] {
	return func(context.Context, *run) (string, error) { return value, nil }
}

// mustNotRun is a function for Do that fails the test.
func mustNotRun(t *testing.T) flight.Func[string] {
	return func(context.Context, *run) (string, error) {
		t.Error("the function ran")
		return "", nil
	}
}

func wantOutcome(t *testing.T, done <-chan outcome, want outcome) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		if got != want {
			t.Errorf("Do = %+v, want %+v", got, want)
		}
	default:
		t.Error("Do has not returned")
	}
}

func wantWaiting[T any](t *testing.T, done <-chan T) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-done:
		t.Errorf("it has returned %+v, and should be waiting", got)
	default:
	}
}

func wantIdle(t *testing.T, g *group) {
	t.Helper()
	synctest.Wait()
	if n := g.Active(); n != 0 {
		t.Errorf("%d flights are left", n)
	}
}

// call is a call with options, for Subscribe.
func call[V any](key []byte, since flight.Stamp, o flight.JoinOptions, fn flight.Func[V]) *flight.Call[V] {
	return &flight.Call[V]{Key: key, Since: since, Runner: fn, JoinOptions: o}
}
