//go:build !race

// The race detector makes pools forget, which costs allocations.

package cache_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// An event is not built if nobody listens.
func TestAnEventIsNotBuiltWithoutListeners(t *testing.T) {
	measure := func(connect func(*signals.Signal[cache.Event])) float64 {
		events := new(signals.Signal[cache.Event])
		connect(events)
		c := newCache(t, newMapStore(), cache.Config{}, cache.WithEvents(events))
		ctx := t.Context()
		return testing.AllocsPerRun(200, func() { _, _ = c.Touch(ctx, "missing"); _ = c.Set(ctx, "k", 1) })
	}
	var kept *cache.Event
	receiver := func(_ context.Context, _ any, e cache.Event) error {
		kept = &e
		return nil
	}
	unresponsive := measure(func(*signals.Signal[cache.Event]) {})
	elsewhere := measure(func(s *signals.Signal[cache.Event]) { s.Connect(receiver, signals.From("another alias")) })
	heard := measure(func(s *signals.Signal[cache.Event]) { s.Connect(receiver) })
	if unresponsive != elsewhere {
		t.Errorf("%v allocations with a listener to another alias, %v without", elsewhere, unresponsive)
	}
	if heard <= unresponsive || kept == nil {
		t.Errorf("%v allocations with a listener, %v without: the test measures nothing", heard, unresponsive)
	}
}
