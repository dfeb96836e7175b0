package dummystore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/larder-go/larder/backends/dummystore"
)

func Example() {
	ctx := context.Background()
	s := dummystore.New()

	fmt.Println(s.Set(ctx, []byte(":1:greeting"), []byte("hello"), time.Minute))
	_, err := s.Get(ctx, []byte(":1:greeting"))
	fmt.Println(err)
	// Output:
	// <nil>
	// not found
}
