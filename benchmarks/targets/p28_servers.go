package targets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	rediscache "github.com/go-redis/cache/v9"
	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
)

// missPrefix begins the keys of P28.
const missPrefix = redisPrefix + "-miss"

// missServer is a server on which P28 measures misses.
type missServer struct {
	name string
	open func(context.Context, *Lab) (missStore, error)
}

// missStore is what a miss needs of a server: the caches of larder there, and a raw
// client that makes the same round trips on connections of its own.
type missStore struct {
	caches *cache.Handler
	get    func(key string) (found bool)
	set    func(key string, value []byte)
	redis  *redis.Client // nil if it is another server
}

func missesOnServers(ctx context.Context, l *Lab) error {
	person, err := storedPerson(ctx)
	if err != nil {
		return err
	}
	p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: pageTTL}
	page, err := storedPage(ctx, p)
	if err != nil {
		return err
	}
	for _, server := range []missServer{{"Redis", redisMisses}, {"Memcached", memcachedMisses}, {"PostgreSQL", postgresMisses}} {
		store, err := server.open(ctx, l)
		if err != nil {
			return err
		}
		if err := l.loadsOn(ctx, server.name, store, person); err != nil {
			return err
		}
		if err := l.missedPagesOn(ctx, server.name, store, p, page); err != nil {
			return err
		}
	}
	return nil
}

// loadsOn compares a GetOrSet that loads with the raw client's round trips and the load.
func (l *Lab) loadsOn(ctx context.Context, name string, store missStore, stored []byte) error {
	c, err := store.caches.Cache(cache.DefaultAlias)
	if err != nil {
		return err
	}
	people := cache.For[person](c)
	raw := withNewKeys(func(key string) {
		store.miss("raw:" + key)
		loaded, err := loadPerson(ctx)
		must(err)
		runtime.KeepAlive(loaded)
		store.set("raw:"+key, stored)
	})
	getOrSet := withNewKeys(func(key string) {
		_, err := people.GetOrSet(ctx, key, loadPerson)
		must(err)
	})
	contestants := []paired.Contestant{paired.Serial("larder", getOrSet), paired.Serial("handed", handedOver(raw))}
	if store.redis != nil {
		contestants = append(contestants, paired.Serial("once", goRedisOnce(ctx, store.redis)))
	}
	compared := paired.Compare(l.halfPlan(), paired.Serial("raw", raw), contestants...)
	l.overRaw(name+" GetOrSet that loads a struct", compared, "larder")
	l.ratio("the raw client's round trips and the load in a goroutine of their own", compared, "handed", Bound{})
	if store.redis != nil {
		l.overRaw("the same by go-redis/cache's Once", compared, "once")
	}
	return nil
}

// handedOver returns an operation that waits for op in a goroutine of its own.
func handedOver(op func()) func() {
	return func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			op()
		}()
		<-done
	}
}

// goRedisOnce returns the operation that loads a struct through go-redis/cache.
func goRedisOnce(ctx context.Context, client *redis.Client) func() {
	c := rediscache.New(&rediscache.Options{Redis: client})
	return withNewKeys(func(key string) {
		var got person
		must(c.Once(&rediscache.Item{
			Ctx: ctx, Key: missPrefix + "-once:" + key, Value: &got, TTL: cache.DefaultTimeout,
			Do: func(*rediscache.Item) (any, error) { return loadPerson(ctx) },
		}))
	})
}

// missedPagesOn compares a page that nobody has asked for with the raw client's round
// trips and the handler, both behind a mux.
func (l *Lab) missedPagesOn(ctx context.Context, name string, store missStore, p *pages.Page, stored []byte) error {
	cached := alwaysNew(behindMux.cached(store.caches, p))
	if err := checkMisses("larder on "+name, cached, p, pageRequest(ctx)); err != nil {
		return err
	}
	request := func() func() {
		w, r := newDiscard(), pageRequest(ctx)
		return func() { w.request(cached, r, len(p.Body)) }
	}
	handler, w, r := behindMux.plain(p), newDiscard(), pageRequest(ctx)
	raw := withNewKeys(func(key string) {
		store.miss("page:" + key)
		w.request(handler, r, len(p.Body))
		store.set("page:"+key, stored)
	})
	compared := paired.Compare(l.halfPlan(), paired.Serial("raw", raw), paired.Serial("larder", request()))
	l.overRaw(name+" page that nobody has asked for", compared, "larder")
	return nil
}

// miss panics if something is stored under key: a hit would be another job.
func (s missStore) miss(key string) {
	if s.get(key) {
		panic("a hit of " + key)
	}
}

// overRaw tells what a contestant takes beyond the raw client's round trips.
func (l *Lab) overRaw(job string, c paired.Comparison, name string) {
	l.ratio(job+", to the raw client's round trips and the load", c, name, Bound{})
	l.report(job+", over the raw client's round trips and the load", Microseconds, over(c, name), Bound{})
}

// storedPerson and storedPage return what larder stores for one miss.
func storedPerson(ctx context.Context) ([]byte, error) {
	return lastStored(ctx, func(caches *cache.Handler) error {
		c, err := caches.Cache(cache.DefaultAlias)
		if err != nil {
			return err
		}
		_, err = cache.For[person](c).GetOrSet(ctx, "person:1", loadPerson)
		return err
	})
}

func storedPage(ctx context.Context, p *pages.Page) ([]byte, error) {
	return lastStored(ctx, func(caches *cache.Handler) error {
		newDiscard().request(behindMux.cached(caches, p), pageRequest(ctx), len(p.Body))
		return nil
	})
}

// lastStored returns the last value that a store gets while do uses caches on it. They
// are shut down before it is looked at, since a page may be stored after its response.
func lastStored(ctx context.Context, do func(*cache.Handler) error) ([]byte, error) {
	store, err := newRecorder()
	if err != nil {
		return nil, err
	}
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "recorder", Opener: store.opener()}})
	if err != nil {
		return nil, err
	}
	err = do(caches)
	if err := errors.Join(err, caches.Shutdown(ctx)); err != nil {
		return nil, err
	}
	if len(store.last) == 0 {
		return nil, fmt.Errorf("a miss has stored nothing")
	}
	return store.last, nil
}
