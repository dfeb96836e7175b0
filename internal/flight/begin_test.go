package flight_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/internal/flight"
)

// Once a flight has begun, a caller that begins to look later joins it only if it finds what
// the flight is going to replace. Else the flight is stale.
func TestWhoJoinsAFlightThatHasBegun(t *testing.T) {
	const replaces = 7
	for name, test := range map[string]struct {
		before bool // the caller looks before the flight begins
		found  uint64
		joins  bool
	}{
		"it looked before":                  {true, 0, true},
		"it looked before, and found other": {true, 8, true},
		"it finds the same":                 {false, replaces, true},
		"it finds nothing":                  {false, 0, false},
		"it finds something else":           {false, 8, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := flight.New[string]()
				begins, ends := make(chan struct{}), make(chan struct{})
				committed := make(chan bool, 1)
				first := make(chan string, 1)
				go func() {
					v, _, _ := g.Do(t.Context(), key, g.Stamp(), func(_ context.Context, f *flight.Flight[string]) (string, error) {
						<-begins
						f.Begin(replaces)
						<-ends
						stored, _ := f.Commit(func() error { return nil })
						committed <- stored
						return "first", nil
					})
					first <- v
				}()
				synctest.Wait()
				since := g.Stamp()
				close(begins)
				synctest.Wait()
				if !test.before {
					since = g.Stamp()
				}
				second := make(chan string, 1)
				go func() {
					v, _, _ := g.Wait(t.Context(), &flight.Call[string]{Key: key, Since: since, Found: test.found, Runner: flight.Func[string](
						func(context.Context, *flight.Flight[string]) (string, error) { return "second", nil })})
					second <- v
				}()
				synctest.Wait()
				close(ends)
				want := map[bool]string{true: "first", false: "second"}[test.joins]
				if a, b, c := <-first, <-second, <-committed; a != "first" || b != want || c != test.joins {
					t.Errorf("the first gets %q, stored: %v; the second %q, want %q", a, c, b, want)
				}
			})
		})
	}
}

// What a flight has published is for those only who may join it.
func TestAPublishedValueIsNotForThoseWhoFoundSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := flight.New[string]()
		ends := make(chan struct{})
		go func() {
			_, _, _ = g.Do(t.Context(), key, g.Stamp(), func(_ context.Context, f *flight.Flight[string]) (string, error) {
				f.Begin(7)
				f.Publish("half")
				<-ends
				return "whole", nil
			})
		}()
		synctest.Wait()
		if _, subscription := g.Published(t.Context(), &flight.Call[string]{Key: key, Since: g.Stamp(), Found: 8}); subscription != nil {
			t.Error("it is handed to a caller who has found something else")
		}
		v, subscription := g.Published(t.Context(), &flight.Call[string]{Key: key, Since: g.Stamp(), Found: 7})
		if subscription == nil || v != "half" {
			t.Fatalf("Published = %q, %v", v, subscription)
		}
		subscription.Leave()
		close(ends)
	})
}
