package memcachestore_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
)

func ExampleOpen() {
	ctx := context.Background()
	store, err := memcachestore.Open(ctx, memcachestore.Options{
		Addrs:     []string{"10.0.0.1", "10.0.0.2:11212", "/run/memcached.sock"},
		IOTimeout: 200 * time.Millisecond,
		ClearLag:  memcachestore.NoLag,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Shutdown(ctx)

	// A key that Memcached cannot hold never reaches it.
	_, err = store.Get(ctx, []byte("shop:1:two words"))
	fmt.Println(err)
	// Output: invalid key: byte 0x20 at place 10: Memcached takes no blanks and control characters
}

func ExampleOptions_tls() {
	ctx := context.Background()
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: "cache.example.com"}}
	store, err := memcachestore.Open(ctx, memcachestore.Options{
		Addrs: []string{"cache.example.com"},
		Dial:  dialer.DialContext,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Shutdown(ctx))
	// Output: <nil>
}

func ExampleBackend() {
	cfg := driver.Config{Options: map[string]any{"addrs": "10.0.0.1:11211,10.0.0.2:11212", "max_idel": 10}}
	fmt.Println(memcachestore.Backend().Validate(cfg))
	// Output: unknown option "max_idel": the options are addrs, clear_lag, dial, io_timeout, max_conns, max_idle, ping
}
