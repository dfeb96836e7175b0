package signals_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/signals"
)

// bigEvent is of the size that events of the cache have, so that copying it
// shows in the figures.
type bigEvent struct {
	Key     string
	Alias   string
	Payload [8]uint64
}

func BenchmarkNobodyListening(b *testing.B) {
	var s signals.Signal[bigEvent]
	benchmarkSend(b, &s)
}

func BenchmarkOneListener(b *testing.B) {
	var s signals.Signal[bigEvent]
	s.Connect(func(context.Context, any, bigEvent) error { return nil })
	benchmarkSend(b, &s)
}

func BenchmarkOneListenerOfAnotherSender(b *testing.B) {
	var s signals.Signal[bigEvent]
	s.Connect(func(context.Context, any, bigEvent) error { return nil }, signals.From(new(int)))
	benchmarkSend(b, &s)
}

func benchmarkSend(b *testing.B, s *signals.Signal[bigEvent]) {
	ctx, sender := b.Context(), new(int)
	b.Run("HasListeners", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.HasListeners(sender)
		}
	})
	b.Run("Send", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Send(ctx, sender, bigEvent{Key: "k"})
		}
	})
	b.Run("SendRobust", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.SendRobust(ctx, sender, bigEvent{Key: "k"})
		}
	})
	b.Run("SendAsync", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			<-s.SendAsync(ctx, sender, bigEvent{Key: "k"}).Done()
		}
	})
	b.Run("SendRobustParallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s.SendRobust(ctx, sender, bigEvent{Key: "k"})
			}
		})
	})
}
