package targets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver/launch"
	"github.com/larder-go/larder/middleware"
)

// roundTrips counts the round trips of a client.
type roundTrips struct{ atomic.Int64 }

func (e *roundTrips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (e *roundTrips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		e.Add(1)
		return next(ctx, cmd)
	}
}

func (e *roundTrips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		e.Add(1)
		return next(ctx, cmds)
	}
}

// site is a page in a cache on Redis, as one process has it.
type site struct {
	page   http.Handler
	caches *cache.Handler
}

// newSite returns a site that knows nothing of what others know.
func (l *Lab) newSite(ctx context.Context, client *redis.Client, prefix string, page http.Handler) (site, error) {
	opener := &driver.Backend{
		Validate: func(driver.Config) error { return nil },
		Open: func(context.Context, driver.Config) (driver.Store, error) {
			return redisstore.New(client, redisstore.StoreOptions{})
		},
	}
	caches, err := l.cachesOf(ctx, cache.Config{Backend: "bench-redis", Opener: opener, KeyPrefix: prefix})
	return site{middleware.CachePage(pageTTL)(page), caches}, err
}

// request asks for the page and returns what became of it.
func (s site) request(ctx context.Context) (cacheStatus string) {
	scope := s.caches.Scope(ctx)
	defer scope.Close(ctx)
	w := newDiscard()
	s.page.ServeHTTP(w, pageRequest(scope))
	return w.header.Get("Cache-Status")
}

func pagesOnRedis(ctx context.Context, l *Lab) error {
	if err := l.roundTripsOfPages(ctx); err != nil {
		return err
	}
	client, err := l.redisClient(ctx)
	if err != nil {
		return err
	}
	look, err := l.oneLook()
	if err != nil {
		return err
	}
	for _, size := range []int{1 << 10, 32 << 10} {
		prefix := fmt.Sprint(redisPrefix, "-page-", size)
		page := threeHeaders(bytes.Repeat([]byte("p"), size))
		site, err := l.newSite(ctx, client, prefix, page)
		if err != nil {
			return err
		}
		scope := site.caches.Scope(ctx)
		l.cleanup(func() { must(scope.Close(context.WithoutCancel(ctx))) })
		if err := checkHit(site.page, pageRequest(scope)); err != nil {
			return err
		}
		var key string
		// A page may be a hit a moment before it is on the server.
		err = launch.Await(ctx, func(ctx context.Context) error {
			found, err := largest(ctx, client, prefix)
			key = found
			return err
		})
		if err != nil {
			return err
		}
		w, r := newDiscard(), pageRequest(scope)
		hit := func() { w.request(site.page, r, size) }
		raw := func() { mustBytes(client.Get(ctx, key).Bytes()) }
		sent := func() {
			raw()
			w.request(page, r, size)
		}
		_, least := leastOfHit(site.page, pageRequest(scope), bytes.Repeat([]byte("p"), size))
		c := l.compare(paired.Serial("raw", raw), paired.Serial("hit", hit), paired.Serial("sent", sent),
			followed(raw, func() { w.request(least, r, size) }),
			paired.Serial("looked", func() { raw(); look(); w.request(least, r, size) }))
		l.ratio(fmt.Sprintf("a page hit on Redis, %d KiB, to a raw GET of its bytes", size>>10), c, "hit", AtMost(1.1))
		l.ratio("the same by the raw client, and a handler that sets three fields", c, "sent", Bound{})
		l.ratio("the same, and the handler sets the fields of a hit", c, "followed", Bound{})
		l.ratio("the same, and a Get of otter before it", c, "looked", Bound{})
		// A second copy of the body would be a whole one more.
		if size == 32<<10 {
			l.report("a page hit on Redis, 32 KiB: more than the raw GET", Bytes, allocated(hit)-allocated(raw), AtMost(float64(size)/4))
		}
	}
	return nil
}

// roundTripsOfPages counts for a page that varies: in a process that has seen
// it, and in one that has not.
func (l *Lab) roundTripsOfPages(ctx context.Context) error {
	client, err := l.redisClient(ctx)
	if err != nil {
		return err
	}
	trips := new(roundTrips)
	client.AddHook(trips)
	varying := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept")
		_, _ = w.Write([]byte("a page"))
	})
	const prefix = redisPrefix + "-varies"
	first, err := l.newSite(ctx, client, prefix, varying)
	if err != nil {
		return err
	}
	first.request(ctx)
	other, err := l.newSite(ctx, client, prefix, varying)
	if err != nil {
		return err
	}
	before := trips.Load()
	status := other.request(ctx)
	unknown := trips.Load() - before
	if !strings.Contains(status, "hit") {
		return fmt.Errorf("no hit in the other process: %s", status)
	}
	before = trips.Load()
	other.request(ctx)
	known := trips.Load() - before
	l.report("a page hit on Redis, its Vary list unknown to the process", RoundTrips, float64(unknown), AtMost(2))
	l.report("a page hit on Redis, its Vary list known", RoundTrips, float64(known), Exactly(1))
	return nil
}

// largest returns the key under prefix with the longest value: the page's.
func largest(ctx context.Context, client *redis.Client, prefix string) (key string, err error) {
	keys, err := client.Keys(ctx, prefix+"*").Result()
	if err != nil {
		return "", err
	}
	length := int64(0)
	for _, k := range keys {
		n, err := client.StrLen(ctx, k).Result()
		if err != nil {
			return "", err
		}
		if n > length {
			key, length = k, n
		}
	}
	if key == "" {
		return "", errors.New("the page is not on the server")
	}
	return key, nil
}
