package targets

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver/launch"
)

func otherServers(ctx context.Context, l *Lab) error {
	if err := l.memcached(ctx); err != nil {
		return err
	}
	return l.postgres(ctx)
}

func (l *Lab) memcached(ctx context.Context) error {
	addr, err := server(launch.MemcachedVariable)
	if err != nil {
		return err
	}
	store, err := memcachestore.Open(ctx, memcachestore.Options{Addrs: []string{addr}})
	if err != nil {
		return err
	}
	l.cleanup(func() { must(store.Shutdown(context.WithoutCancel(ctx))) })
	c, err := cache.New(store, cache.Config{KeyPrefix: redisPrefix})
	if err != nil {
		return err
	}
	value := make([]byte, entrySize)
	if err := c.SetBytes(ctx, "one", value); err != nil {
		return err
	}
	item := &memcache.Item{Key: rawKey("one"), Value: value, Expiration: int32(cache.DefaultTimeout.Seconds())}
	raw := func() paired.Contestant {
		client := memcache.New(addr) // with a connection of its own, as the core's
		l.cleanup(func() { must(client.Close()) })
		must(client.Set(item))
		return paired.Serial("raw", func() {
			_, err := client.Get(item.Key)
			must(err)
		})
	}
	floor := raw()
	floor.Twin = raw().Run
	look, err := l.oneLook()
	if err != nil {
		return err
	}
	then := raw()
	get := func() { mustFind(c.GetBytes(ctx, "one")) }
	comparison := l.compare(floor, paired.Serial("core", get), followed(func() { then.Run(1) }, look))
	l.ratio("Memcached Get, 256 B, to the raw client", comparison, "core", AtMost(1.05))
	l.ratio("the same by the raw client, and a Get of otter after it", comparison, "followed", Bound{})
	return nil
}

// tracer counts queries.
type tracer struct{ queries atomic.Int64 }

func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.queries.Add(1)
	return ctx
}

func (t *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

const benchTable = "larder_bench"

func (l *Lab) postgres(ctx context.Context) error {
	pool, queries, err := l.pool(ctx)
	if err != nil {
		return err
	}
	store, err := pgstore.New(pool, pgstore.Options{Table: benchTable})
	if err != nil {
		return err
	}
	l.cleanup(func() { must(store.Shutdown(context.WithoutCancel(ctx))) })
	c, err := cache.New(store, cache.Config{KeyPrefix: redisPrefix, Timeout: cache.Never})
	if err != nil {
		return err
	}
	keys, _ := manyKeys()
	for _, key := range keys {
		if err := c.SetBytes(ctx, key, make([]byte, entrySize)); err != nil {
			return err
		}
	}

	const query = "SELECT t.value FROM " + benchTable + " AS t WHERE t.key = $1::bytea AND t.expires > clock_timestamp()"
	key := []byte(cache.DefaultKey(redisPrefix, 1, keys[0]))
	raw := func() {
		var value []byte
		must(pool.QueryRow(ctx, query, key).Scan(&value))
	}
	limited := func() {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		var value []byte
		must(pool.QueryRow(ctx, query, key).Scan(&value))
	}
	get := func() { mustFind(c.GetBytes(ctx, keys[0])) }
	getMany := func() {
		got, err := c.GetMany(ctx, keys)
		mustMany(len(got), err)
	}
	comparison := l.compare(paired.Serial("raw", raw), paired.Serial("core", get), paired.Serial("limited", limited))
	l.ratio("PostgreSQL Get, 256 B, to the raw client", comparison, "core", AtMost(1.05))
	l.ratio("the same by the raw client, with a time-out", comparison, "limited", Bound{})

	before := queries.Load()
	getMany()
	l.report("PostgreSQL GetMany of 100", Queries, float64(queries.Load()-before), Exactly(1))
	plan := l.plan()
	plan.Block = 1 // a hundred of them are long enough
	comparison = paired.Compare(plan, paired.Serial("100 Gets", func() {
		for _, key := range keys {
			mustFind(c.GetBytes(ctx, key))
		}
	}), paired.Serial("GetMany", getMany))
	l.inverse("PostgreSQL GetMany of 100: times as fast as 100 Gets", comparison, "GetMany", AtLeast(8))
	return nil
}

// pool returns a pool of the shared server, with a table of the benchmarks' own,
// and the count of its queries.
func (l *Lab) pool(ctx context.Context) (*pgxpool.Pool, *atomic.Int64, error) {
	url, err := server(launch.PostgresVariable)
	if err != nil {
		return nil, nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, nil, err
	}
	t := new(tracer)
	config.ConnConfig.Tracer = t
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	l.cleanup(pool.Close)
	if _, err := pgstore.CreateTableOn(ctx, pool, pgstore.Options{Table: benchTable}); err != nil {
		return nil, nil, err
	}
	l.cleanup(func() {
		_, err := pool.Exec(context.WithoutCancel(ctx), "DROP TABLE "+benchTable)
		must(err)
	})
	return pool, &t.queries, nil
}
