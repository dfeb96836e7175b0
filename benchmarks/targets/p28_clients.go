package targets

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// cachesAt returns caches whose backend is at a URL.
func (l *Lab) cachesAt(ctx context.Context, where string) (*cache.Handler, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	query := u.Query()
	query.Set("prefix", missPrefix)
	u.RawQuery = query.Encode()
	config, err := cache.ParseURL(u.String())
	if err != nil {
		return nil, err
	}
	return l.cachesOf(ctx, config)
}

func redisMisses(ctx context.Context, l *Lab) (missStore, error) {
	client, err := l.redisClient(ctx)
	if err != nil {
		return missStore{}, err
	}
	caches, err := l.cachesAt(ctx, "redis://"+client.Options().Addr)
	return missStore{
		caches: caches,
		redis:  client,
		get: func(key string) bool {
			err := client.Get(ctx, missPrefix+"-raw:"+key).Err()
			if !errors.Is(err, redis.Nil) {
				must(err)
			}
			return err == nil
		},
		set: func(key string, value []byte) {
			must(client.Set(ctx, missPrefix+"-raw:"+key, value, cache.DefaultTimeout).Err())
		},
	}, err
}

func memcachedMisses(ctx context.Context, l *Lab) (missStore, error) {
	addr, err := server(launch.MemcachedVariable)
	if err != nil {
		return missStore{}, err
	}
	client := memcache.New(addr)
	l.cleanup(func() { must(client.Close()) })
	caches, err := l.cachesAt(ctx, "memcached://"+addr)
	return missStore{
		caches: caches,
		get: func(key string) bool {
			_, err := client.Get(missPrefix + "-raw:" + key)
			if !errors.Is(err, memcache.ErrCacheMiss) {
				must(err)
			}
			return err == nil
		},
		set: func(key string, value []byte) {
			must(client.Set(&memcache.Item{Key: missPrefix + "-raw:" + key, Value: value, Expiration: int32(cache.DefaultTimeout.Seconds())}))
		},
	}, err
}

func postgresMisses(ctx context.Context, l *Lab) (missStore, error) {
	where, err := server(launch.PostgresVariable)
	if err != nil {
		return missStore{}, err
	}
	pool, _, err := l.pool(ctx)
	if err != nil {
		return missStore{}, err
	}
	caches, err := l.cachesAt(ctx, where+"&table="+benchTable)
	const (
		query  = "SELECT t.value FROM " + benchTable + " AS t WHERE t.key = $1::bytea AND t.expires > clock_timestamp()"
		insert = "INSERT INTO " + benchTable + " (key, value, expires) VALUES ($1::bytea, $2::bytea, clock_timestamp() + $3::interval) " +
			"ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
	)
	return missStore{
		caches: caches,
		get: func(key string) bool {
			var value []byte
			err := pool.QueryRow(ctx, query, []byte(missPrefix+"-raw:"+key)).Scan(&value)
			if !errors.Is(err, pgx.ErrNoRows) {
				must(err)
			}
			return err == nil
		},
		set: func(key string, value []byte) {
			_, err := pool.Exec(ctx, insert, []byte(missPrefix+"-raw:"+key), value, cache.DefaultTimeout)
			must(err)
		},
	}, err
}

// recorder is a store in memory that keeps a copy of the last value it was given.
type recorder struct {
	driver.Store
	last []byte
}

func newRecorder() (*recorder, error) {
	store, err := memstore.New(memstore.Options{})
	return &recorder{Store: store}, err
}

// Set stores the value.
func (r *recorder) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	r.last = bytes.Clone(value)
	return r.Store.Set(ctx, key, value, ttl)
}

// Add stores the value if there is none.
func (r *recorder) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	r.last = bytes.Clone(value)
	return r.Store.Add(ctx, key, value, ttl)
}

func (r *recorder) opener() *driver.Backend {
	return &driver.Backend{
		Validate: func(driver.Config) error { return nil },
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return r, nil },
	}
}
