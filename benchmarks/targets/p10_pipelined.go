package targets

import (
	"context"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
)

// inFlight is how many operations P10 keeps under way.
const inFlight = 32

func redisPipelined(ctx context.Context, l *Lab) error {
	client, err := l.redisClient(ctx)
	if err != nil {
		return err
	}
	plain, err := l.redisCache(ctx, client, redisstore.StoreOptions{})
	if err != nil {
		return err
	}
	pipelined, err := l.redisCache(ctx, client, redisstore.StoreOptions{Pipeline: true})
	if err != nil {
		return err
	}
	value := make([]byte, entrySize)
	if err := plain.SetBytes(ctx, "one", value); err != nil {
		return err
	}
	if err := client.Set(ctx, rawKey("one"), value, cache.DefaultTimeout).Err(); err != nil {
		return err
	}
	parallel := func(name string, op func()) paired.Contestant {
		return paired.Parallel(name, inFlight, func() func() { return op })
	}
	twins := cache.Async(plain)
	plan := l.Effort.ParallelPlan()
	plan.Block = 4 * inFlight // with fewer than inFlight, some have nothing to do
	comparison := paired.Compare(plan,
		parallel("raw", func() { mustBytes(client.Get(ctx, rawKey("one")).Bytes()) }),
		parallel("pipelined", func() { mustFind(pipelined.GetBytes(ctx, "one")) }),
		paired.Contestant{Name: "twins", Run: func(n int) {
			for ; n > 0; n -= inFlight {
				awaitAll(ctx, twins, min(n, inFlight))
			}
		}})
	l.ratio("Redis Get, 32 goroutines with the option Pipeline, to the raw client", comparison, "pipelined", AtMost(0.55))
	l.ratio("Redis Get, 32 asynchronous twins at once, to the raw client in 32 goroutines", comparison, "twins", AtMost(0.55))
	return nil
}

// awaitAll starts n operations and awaits them.
func awaitAll(ctx context.Context, twins *cache.AsyncCache, n int) {
	var futures [inFlight]*cache.Future[cache.Lookup[[]byte]]
	for i := range n {
		futures[i] = twins.GetBytes(ctx, "one")
	}
	for _, future := range futures[:n] {
		got, err := future.Await(ctx)
		mustFind(got.Value, got.Found, err)
	}
}
