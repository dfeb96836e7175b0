package memstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/larder-go/larder/backends/memstore"
)

func ExampleNew() {
	ctx := context.Background()
	s, err := memstore.New(memstore.Options{MaxBytes: 64 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Shutdown(ctx)

	if err := s.Set(ctx, []byte(":1:greeting"), []byte("hello"), time.Minute); err != nil {
		fmt.Println(err)
		return
	}
	value, err := s.Get(ctx, []byte(":1:greeting"))
	fmt.Printf("%s %v\n", value, err)

	_, err = s.Get(ctx, []byte(":1:farewell"))
	fmt.Println(err)
	// Output:
	// hello <nil>
	// not found
}
