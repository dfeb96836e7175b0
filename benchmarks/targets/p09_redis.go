package targets

import (
	"context"
	"fmt"
	"slices"

	rediscache "github.com/go-redis/cache/v9"
	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// redisPrefix begins all keys of the benchmarks on Redis.
const redisPrefix = "larder-bench"

// redisClient returns a client of the shared server, and has all that the
// benchmarks store there removed afterwards.
func (l *Lab) redisClient(ctx context.Context) (*redis.Client, error) {
	addr, err := server(launch.RedisVariable)
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, PoolSize: 64})
	l.cleanup(func() { must(client.Close()) })
	l.cleanup(func() {
		keys, err := client.Keys(context.WithoutCancel(ctx), redisPrefix+"*").Result()
		must(err)
		for some := range slices.Chunk(keys, 1000) {
			must(client.Unlink(context.WithoutCancel(ctx), some...).Err())
		}
	})
	return client, nil
}

// redisCache returns the whole core over a client.
func (l *Lab) redisCache(ctx context.Context, client *redis.Client, opts redisstore.StoreOptions) (*cache.BaseCache, error) {
	store, err := redisstore.New(client, opts)
	if err != nil {
		return nil, err
	}
	l.cleanup(func() { must(store.Shutdown(context.WithoutCancel(ctx))) })
	return cache.New(store, cache.Config{KeyPrefix: redisPrefix})
}

// rawKey is the key under which the raw client has what the core has under key.
func rawKey(key string) string { return redisPrefix + "-raw:1:" + key }

func redisThroughCore(ctx context.Context, l *Lab) error {
	client, err := l.redisClient(ctx)
	if err != nil {
		return err
	}
	core, err := l.redisCache(ctx, client, redisstore.StoreOptions{})
	if err != nil {
		return err
	}
	look, err := l.oneLook()
	if err != nil {
		return err
	}
	for _, size := range []int{256, 16 << 10} {
		value := make([]byte, size)
		if err := core.SetBytes(ctx, "one", value); err != nil {
			return err
		}
		rawGet := func() { mustBytes(client.Get(ctx, rawKey("one")).Bytes()) }
		rawSet := func() { must(client.Set(ctx, rawKey("one"), value, cache.DefaultTimeout).Err()) }
		get := func() { mustFind(core.GetBytes(ctx, "one")) }
		set := func() { must(core.SetBytes(ctx, "one", value)) }
		rawSet()

		job := fmt.Sprintf("Redis Get, %d B, to the raw client", size)
		rival, err := goRedisCache(ctx, client, value)
		if err != nil {
			return err
		}
		c := l.compare(paired.Serial("raw", rawGet), paired.Serial("core", get), paired.Serial("rival", rival), followed(rawGet, look))
		l.ratio(job, c, "core", AtMost(1.03))
		l.ratio(fmt.Sprintf("the same by go-redis/cache, %d B", size), c, "rival", Bound{})
		l.ratio(fmt.Sprintf("the same by the raw client, and a Get of otter after it, %d B", size), c, "followed", Bound{})
		l.report(job+": more", Allocations, allocations(get)-allocations(rawGet), AtMost(2))
		job = fmt.Sprintf("Redis Set, %d B, to the raw client", size)
		c = l.compare(paired.Serial("raw", rawSet), paired.Serial("core", set), followed(rawSet, look))
		l.ratio(job, c, "core", AtMost(1.03))
		l.ratio(fmt.Sprintf("the same by the raw client, and a Get of otter after it, %d B", size), c, "followed", Bound{})
		l.report(job+": more", Allocations, allocations(set)-allocations(rawSet), AtMost(2))
	}
	return l.redisMany(ctx, client, core)
}

// oneLook returns a Get of otter with one entry. It takes a tenth of a microsecond
// if nothing else is done, and much more behind a wait for a server: then its code
// and data have to come back into the processor's caches, as have those of whatever
// is done with an answer.
func (l *Lab) oneLook() (look func(), err error) {
	const key = "one"
	c, err := l.rival(rivals.Otter, []string{key})
	return func() {
		if _, found := c.Get(key); !found {
			panic("a miss of otter")
		}
	}, err
}

// followed returns a contestant that does something after each operation.
func followed(op, then func()) paired.Contestant {
	return paired.Serial("followed", func() {
		op()
		then()
	})
}

// goRedisCache returns the operation that reads a value through go-redis/cache.
func goRedisCache(ctx context.Context, client *redis.Client, value []byte) (get func(), err error) {
	c := rediscache.New(&rediscache.Options{Redis: client})
	const key = redisPrefix + "-go-redis-cache"
	err = c.Set(&rediscache.Item{Ctx: ctx, Key: key, Value: value, TTL: cache.DefaultTimeout})
	return func() {
		var got []byte
		must(c.Get(ctx, key, &got))
	}, err
}

func mustBytes(_ []byte, err error) { must(err) }

// many is how many keys the many-operations of the targets have.
const many = 100

func manyKeys() (keys, raw []string) {
	for i := range many {
		keys = append(keys, fmt.Sprint("many:", i))
		raw = append(raw, rawKey(keys[i]))
	}
	return keys, raw
}

func (l *Lab) redisMany(ctx context.Context, client *redis.Client, c *cache.BaseCache) error {
	keys, raw := manyKeys()
	value := make([]byte, entrySize)
	for i, key := range keys {
		if err := c.SetBytes(ctx, key, value); err != nil {
			return err
		}
		if err := client.Set(ctx, raw[i], value, cache.DefaultTimeout).Err(); err != nil {
			return err
		}
	}
	comparison := l.compare(
		paired.Serial("MGET", func() {
			got, err := client.MGet(ctx, raw...).Result()
			mustMany(len(got), err)
		}),
		paired.Serial("GetMany", func() {
			got, err := c.GetMany(ctx, keys)
			mustMany(len(got), err)
		}),
		paired.Serial("map", func() {
			got, err := client.MGet(ctx, raw...).Result()
			must(err)
			found := make(map[string]any, len(keys))
			for i, value := range got {
				found[keys[i]] = value
			}
			mustMany(len(found), nil)
		}))
	l.ratio("Redis GetMany of 100, to a raw MGET", comparison, "GetMany", AtMost(1.1))
	l.ratio("the same by the raw client, put into a map", comparison, "map", Bound{})
	return nil
}

func mustMany(found int, err error) {
	must(err)
	if found != many {
		panic("a miss among many")
	}
}
