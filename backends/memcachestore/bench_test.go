package memcachestore_test

import (
	"testing"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// BenchmarkGet compares a hit with that of the client alone, in one run.
func BenchmarkGet(b *testing.B) {
	addr := testserver.StartMemcached(b).Addr()
	client := memcache.New(addr)
	defer client.Close()
	s := open(b, memcachestore.Options{Addrs: []string{addr}}).In(driver.Namespace{Prefix: "shop"})
	const key = "shop:1:k"
	set(b, s, key, string(make([]byte, 256)))
	run := func(name string, get func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := get(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for range 2 {
		run("client", func() error { _, err := client.Get(key); return err })
		run("store", func() error { _, err := s.Get(b.Context(), []byte(key)); return err })
	}
}
