package filestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/larder-go/larder/backends/filestore"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "larder-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	store, err := filestore.Open(dir, filestore.Options{MaxEntries: 50_000, MaxBytes: 4 << 30})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	defer store.Shutdown(ctx)

	key := []byte("shop:1:greeting")
	if err := store.Set(ctx, key, []byte("good morning"), 10*time.Minute); err != nil {
		log.Fatal(err)
	}
	value, err := store.Get(ctx, key)
	fmt.Printf("%s %v\n", value, err)
	// Output: good morning <nil>
}
