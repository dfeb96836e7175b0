package redisstore_test

import (
	"fmt"

	"github.com/larder-go/larder/backends/redisstore"
)

// Options can be printed: the password is not among what they show.
func ExampleOptions_String() {
	opts := redisstore.Options{
		Addrs:    []string{"cache.internal:6379"},
		Replicas: []string{"cache-2.internal:6379"},
		Password: "secret",
		DB:       2,
	}
	fmt.Println(opts)
	// Output: cache.internal:6379, database 2, replicas cache-2.internal:6379
}
