package cache_test

import (
	"context"
	"fmt"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// Metrics and tracing attach to the events of the caches.
func ExampleHandler_Events() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)

	count := make(map[cache.EventKind]int)
	disconnect := caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		count[e.Kind]++
		return nil
	}, signals.From("default")) // the sender is the alias
	defer disconnect()

	names := cache.For[string](caches.Proxy("default"))
	for range 3 {
		if _, err := names.GetOrSet(ctx, "k", func(context.Context) (string, error) { return "v", nil }); err != nil {
			fmt.Println(err)
		}
	}
	for _, kind := range []cache.EventKind{cache.EventHit, cache.EventMiss, cache.EventLoad, cache.EventSet} {
		fmt.Println(kind, count[kind])
	}
	// Output:
	// hit 2
	// miss 1
	// load 1
	// set 1
}
