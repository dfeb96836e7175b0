package signals_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/signals"
)

// hugeEvent is larger than what the compiler lets a closure capture by value,
// 128 bytes.
type hugeEvent struct{ Payload [64]uint64 }

// Sending allocates nothing when nobody listens.
func TestNothingIsAllocatedWhenNobodyListens(t *testing.T) {
	var never, other, gone signals.Signal[hugeEvent]
	ignore := func(context.Context, any, hugeEvent) error { return nil }
	other.Connect(ignore, signals.From("another sender"))
	gone.Connect(ignore)()

	ctx, sender := t.Context(), new(int)
	for name, s := range map[string]*signals.Signal[hugeEvent]{
		"nobody ever connected": &never,
		"another sender's":      &other,
		"disconnected":          &gone,
	} {
		for form, f := range map[string]func(){
			"HasListeners": func() { s.HasListeners(sender) },
			"Send":         func() { _, _ = s.Send(ctx, sender, hugeEvent{}) },
			"SendRobust":   func() { s.SendRobust(ctx, sender, hugeEvent{}) },
			"Notify":       func() { s.Notify(ctx, sender, hugeEvent{}) },
			"SendAsync":    func() { _, _ = s.SendAsync(ctx, sender, hugeEvent{}).Wait(ctx) },
		} {
			if got := testing.AllocsPerRun(100, f); got != 0 {
				t.Errorf("%s, %s: %v allocations; want 0", name, form, got)
			}
		}
	}
}

// A sequential send allocates its results only.
func TestASequentialSendAllocatesOnlyItsResults(t *testing.T) {
	var s signals.Signal[hugeEvent]
	for range 3 {
		s.Connect(func(context.Context, any, hugeEvent) error { return nil })
	}
	ctx, sender := t.Context(), new(int)
	for form, f := range map[string]func(){
		"HasListeners": func() { s.HasListeners(sender) },
		"Send":         func() { _, _ = s.Send(ctx, sender, hugeEvent{}) },
		"SendRobust":   func() { s.SendRobust(ctx, sender, hugeEvent{}) },
		"Notify":       func() { s.Notify(ctx, sender, hugeEvent{}) },
	} {
		want := 1.0
		if form == "HasListeners" || form == "Notify" {
			want = 0
		}
		if got := testing.AllocsPerRun(100, f); got != want {
			t.Errorf("%s: %v allocations; want %v", form, got, want)
		}
	}
}
