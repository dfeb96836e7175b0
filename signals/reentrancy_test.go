package signals_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/signals"
)

// sendForms are the three ways of sending, each waiting until all is done.
var sendForms = map[string]func(ctx context.Context, s *signals.Signal[string], event string){
	"Send":       func(ctx context.Context, s *signals.Signal[string], event string) { _, _ = s.Send(ctx, nil, event) },
	"SendRobust": func(ctx context.Context, s *signals.Signal[string], event string) { s.SendRobust(ctx, nil, event) },
	"SendAsync": func(ctx context.Context, s *signals.Signal[string], event string) {
		_, _ = s.SendAsync(ctx, nil, event).Wait(ctx)
	},
}

// A receiver that is connected during a send hears of the next one.
func TestReceiverConnectedDuringASendHearsOfTheNext(t *testing.T) {
	for form, send := range sendForms {
		t.Run(form, func(t *testing.T) {
			var s signals.Signal[string]
			var ran trace
			s.Connect(func(context.Context, any, string) error {
				s.Connect(ran.receiver("late", nil), signals.UID("late"))
				return nil
			})
			send(t.Context(), &s, "first")
			if got := ran.take(); got != nil {
				t.Errorf("ran %v in the send during which it was connected", got)
			}
			send(t.Context(), &s, "second")
			if diff := cmp.Diff([]string{"late"}, ran.take()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A receiver that is disconnected during a send still hears of it.
func TestReceiverDisconnectedDuringASendStillHearsOfIt(t *testing.T) {
	for form, send := range sendForms {
		t.Run(form, func(t *testing.T) {
			var s signals.Signal[string]
			var ran trace
			s.Connect(func(context.Context, any, string) error {
				s.Disconnect("other")
				return nil
			})
			s.Connect(ran.receiver("other", nil), signals.UID("other"))
			send(t.Context(), &s, "first")
			send(t.Context(), &s, "second")
			if diff := cmp.Diff([]string{"other"}, ran.take()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A receiver may disconnect itself.
func TestReceiverMayDisconnectItself(t *testing.T) {
	for form, send := range sendForms {
		t.Run(form, func(t *testing.T) {
			var s signals.Signal[string]
			calls := 0
			var disconnect func()
			disconnect = s.Connect(func(context.Context, any, string) error {
				calls++
				disconnect()
				return nil
			})
			send(t.Context(), &s, "first")
			send(t.Context(), &s, "second")
			if calls != 1 {
				t.Errorf("called %d times; want once", calls)
			}
		})
	}
}

// A receiver may send on the same signal.
func TestReceiverMaySendOnTheSameSignal(t *testing.T) {
	for form, send := range sendForms {
		t.Run(form, func(t *testing.T) {
			var s signals.Signal[string]
			var events []string
			s.Connect(func(ctx context.Context, _ any, event string) error {
				events = append(events, event)
				if len(event) < 4 {
					send(ctx, &s, event+"!")
				}
				return nil
			})
			send(t.Context(), &s, "e")
			if diff := cmp.Diff([]string{"e", "e!", "e!!", "e!!!"}, events); diff != "" {
				t.Error(diff)
			}
		})
	}
}
