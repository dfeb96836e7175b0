package redisstore_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

func BenchmarkStore(b *testing.B) {
	cachetest.BenchmarkStore(b, standalone(b, redisstore.Options{}).harness())
}

func BenchmarkStorePipelined(b *testing.B) {
	opts := redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: true}}
	cachetest.BenchmarkStore(b, standalone(b, opts).harness())
}

// BenchmarkAgainstTheClient has the same operations on the raw client beside
// those of the store.
func BenchmarkAgainstTheClient(b *testing.B) {
	p := standalone(b, redisstore.Options{}).fresh(b)
	raw := rawClient(b, redis.NewClient(&redis.Options{Addr: p.opts.Addrs[0], ContextTimeoutEnabled: true}))
	plain := open(b, p.opts)
	p.opts.Pipeline = true
	pipelined := open(b, p.opts)
	ctx := b.Context()

	keys, names := make([][]byte, 100), make([]string, 100)
	for i := range keys {
		names[i] = fmt.Sprintf("shop:1:article:%d", i)
		keys[i] = []byte(names[i])
	}
	for _, size := range []int{256, 16 << 10} {
		value := bytes.Repeat([]byte("v"), size)
		for i := range keys {
			raw.Set(ctx, names[i], value, 0)
			set(b, plain, names[i], string(value))
		}
		run := func(name string, goroutines int, do func() error) {
			b.Run(fmt.Sprintf("%s/%dB/%d", name, size, goroutines), func(b *testing.B) {
				b.ReportAllocs()
				if goroutines == 1 {
					for b.Loop() {
						if err := do(); err != nil {
							b.Fatal(err)
						}
					}
					return
				}
				b.SetParallelism(goroutines / 2)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := do(); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
		rawGet := func() error { _, err := raw.Get(ctx, names[0]).Bytes(); return err }
		get := func(s *redisstore.Store) func() error {
			return func() error { _, err := s.Get(ctx, keys[0]); return err }
		}
		run("Get/client", 1, rawGet)
		run("Get/store", 1, get(plain))
		run("Get/client", 32, rawGet)
		run("Get/pipelined", 32, get(pipelined))
		run("Set/client", 1, func() error { return raw.Set(ctx, names[0], value, 0).Err() })
		run("Set/store", 1, func() error { return plain.Set(ctx, keys[0], value, driver.Never) })
		run("GetMany100/client", 1, func() error { return raw.MGet(ctx, names...).Err() })
		run("GetMany100/store", 1, func() error { _, err := plain.GetMany(ctx, keys); return err })
	}
}
