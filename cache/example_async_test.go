package cache_test

import (
	"context"
	"fmt"

	"github.com/larder-go/larder/cache"
)

// Two operations under way at the same time.
func ExampleAsync() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)
	c := caches.Proxy("default")

	async := cache.Async(c)
	name, hits := async.Set(ctx, "name", "Ada"), async.Set(ctx, "hits", 40)
	if _, err := name.Await(ctx); err != nil {
		fmt.Println(err)
	}
	if _, err := hits.Await(ctx); err != nil {
		fmt.Println(err)
	}

	lookup := cache.For[string](c).Async().Get(ctx, "name")
	sum := async.Incr(ctx, "hits", 2)
	found, err := lookup.Await(ctx)
	fmt.Println(found.Value, found.Found, err)
	fmt.Println(sum.Await(ctx))
	// Output:
	// Ada true <nil>
	// 42 <nil>
}
