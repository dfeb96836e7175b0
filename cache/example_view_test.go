package cache_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache"
)

type User struct {
	ID   int
	Name string
}

// memory returns the caches of the examples: one, in memory.
func memory() *cache.Handler {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	return caches
}

// A typed view is what most code uses.
func ExampleFor() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)

	users := cache.For[User](caches.Proxy("default"), cache.After(time.Hour))
	if err := users.Set(ctx, "user:1", User{1, "Ada"}); err != nil {
		fmt.Println(err)
	}
	user, found, err := users.Get(ctx, "user:1")
	fmt.Println(user.Name, found, err)

	// A value of another type is an error and not a zero value.
	_, _, err = cache.For[int](caches.Proxy("default")).Get(ctx, "user:1")
	fmt.Println(errors.Is(err, cache.ErrWrongType))
	// Output:
	// Ada true <nil>
	// true
}

// The load runs on a miss only, and once for all who ask at the same time.
func ExampleView_GetOrSet() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)

	loadUser := func(ctx context.Context) (User, error) {
		fmt.Println("loading")
		return User{42, "Grace"}, nil // from the database
	}
	users := cache.For[User](caches.Proxy("default"))
	for range 2 {
		user, err := users.GetOrSet(ctx, "user:42", loadUser, cache.After(time.Minute))
		fmt.Println(user.Name, err)
	}
	// Output:
	// loading
	// Grace <nil>
	// Grace <nil>
}

// A load of Fill decides itself how long its value lives, and whether it is
// stored at all.
func ExampleCache_fill() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)

	var token string
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		lifetime := 90 * time.Second // as the issuer says
		return cache.Loaded{Value: "s3cr3t", Timeout: cache.After(lifetime - time.Minute)}, nil
	})
	outcome, err := caches.Proxy("default").Fill(ctx, "token", &token, load)
	fmt.Println(token, outcome.Hit, outcome.Stored, err)
	outcome, err = caches.Proxy("default").Fill(ctx, "token", &token, load)
	fmt.Println(token, outcome.Hit, outcome.Stored, err)
	// Output:
	// s3cr3t false true <nil>
	// s3cr3t true false <nil>
}

// With FailOpen a cache that is out of order is no more than a slow one.
func ExampleOption_failOpen() {
	ctx := context.Background()
	caches, err := cache.NewHandler(cache.Settings{"default": {Opener: broken()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer caches.Shutdown(ctx)

	loadUser := func(context.Context) (User, error) { return User{1, "Ada"}, nil }
	users := cache.For[User](caches.Proxy("default"))
	_, err = users.GetOrSet(ctx, "user:1", loadUser)
	fmt.Println(err)
	user, err := users.GetOrSet(ctx, "user:1", loadUser, cache.FailOpen)
	fmt.Println(user.Name, err)
	// Output:
	// cache "default": GetOrSet "user:1": connection reset
	// Ada <nil>
}

// Another version of a key is another key: a change of what is stored under it
// needs no clearing.
func ExampleVersion() {
	ctx, caches := context.Background(), memory()
	defer caches.Shutdown(ctx)
	c := caches.Proxy("default")

	names := cache.For[string](c)
	if err := names.Set(ctx, "motto", "old"); err != nil { // version 1
		fmt.Println(err)
	}
	_, found, err := names.Get(ctx, "motto", cache.Version(2))
	fmt.Println(found, err)

	version, err := c.IncrVersion(ctx, "motto", 1)
	fmt.Println(version, err)
	motto, found, err := names.Get(ctx, "motto", cache.Version(2))
	fmt.Println(motto, found, err)
	// Output:
	// false <nil>
	// 2 <nil>
	// old true <nil>
}
