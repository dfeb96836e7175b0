package flight_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// A panic reaches every caller as an error.
func TestAPanicReachesEveryCallerAsAnError(t *testing.T) {
	tests := []struct {
		name  string
		value any
		text  string
		is    error
	}{
		{name: "text", value: "out of cheese", text: "panic: out of cheese"},
		{name: "error", value: io.ErrUnexpectedEOF, text: "panic: unexpected EOF", is: io.ErrUnexpectedEOF},
		{name: "nil", value: nil, text: "panic: panic called with nil argument"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, err := range fail(t, func() { explode(test.value) }) {
				var p *flight.PanicError
				if !errors.As(err, &p) {
					t.Fatalf("error is %v (%T), want a *PanicError", err, err)
				}
				if p.Error() != test.text {
					t.Errorf("text is %q, want %q", p.Error(), test.text)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("%v does not match the value of the panic", err)
				}
				if !bytes.Contains(p.Stack, []byte("flight_test.explode")) {
					t.Errorf("the stack does not show who panicked:\n%s", p.Stack)
				}
			}
		})
	}
}

// A panic with nil is the runtime's error.
func TestAPanicWithNilIsTheRuntimesError(t *testing.T) {
	for _, err := range fail(t, func() { explode(nil) }) {
		var p *runtime.PanicNilError
		if !errors.As(err, &p) {
			t.Errorf("error is %v, want a *runtime.PanicNilError in it", err)
		}
	}
}

func explode(value any) { panic(value) }

// A Goexit reaches every caller as an error.
func TestGoexitReachesEveryCallerAsAnError(t *testing.T) {
	for _, err := range fail(t, func() { runtime.Goexit() }) {
		if !errors.Is(err, flight.ErrGoexit) {
			t.Errorf("error is %v, want ErrGoexit", err)
		}
	}
}

// A commit that panics or exits is over.
func TestACommitThatPanicsOrExitsIsOver(t *testing.T) {
	for name, end := range map[string]func(){
		"panic":  func() { panic("in store") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				before := g.Stamp()
				stored := make(chan struct{})
				first := ask(t.Context(), g, key, func(_ context.Context, f *run) (string, error) {
					_, err := f.Commit(func() error {
						<-stored
						end()
						return nil
					})
					return "", err
				})
				invalidated := make(chan error, 1)
				go func() { invalidated <- g.Invalidate(t.Context(), key) }()
				wantWaiting(t, invalidated)
				close(stored)
				if err := <-invalidated; err != nil {
					t.Errorf("Invalidate = %v", err)
				}
				if o := <-first; o.err == nil {
					t.Errorf("Do = %+v, want an error", o)
				}
				if g.Stamp() == before {
					t.Error("the commit does not count, though it may have stored")
				}
				wantIdle(t, g)
			})
		})
	}
}

// fail lets two callers wait for a function that ends in the way of end, and
// returns their errors.
func fail(t *testing.T, end func()) (errs []error) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		gate := newGate()
		first := ask(t.Context(), g, key, func(context.Context, *run) (string, error) {
			<-gate.open
			end()
			return "not reached", nil
		})
		second := ask(t.Context(), g, key, mustNotRun(t))
		close(gate.open)
		for _, done := range []<-chan outcome{first, second} {
			o := <-done
			if o.err == nil || o.value != "" {
				t.Errorf("Do = %+v, want an error alone", o)
			}
			errs = append(errs, o.err)
		}
		wantIdle(t, g)
	})
	return errs
}
