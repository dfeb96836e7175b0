package memcachestore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// maxItem is the limit of a server that was started without another.
const maxItem = 1 << 20

// The Memcached store passes the conformance suite.
func TestConformance(t *testing.T) {
	t.Parallel()
	pool := newServerPool(t, 1, 24)
	h := harness(pool.take)
	h.Parallel = true
	cachetest.RunStore(t, h)
	cachetest.RunCache(t, h)
}

// The Memcached store over three servers passes the conformance suite.
func TestConformanceOverThreeServers(t *testing.T) {
	t.Parallel()
	pool := newServerPool(t, 3, 12)
	h := harness(pool.take)
	h.Parallel = true
	h.PartDown = func(tb testing.TB, store driver.Store) (isDown func(key []byte) bool) {
		s := store.(*memcachestore.Store)
		addr := s.ServerOf("shop:1:a")
		pool.kill(tb, addr)
		return func(key []byte) bool { return s.ServerOf(string(key)) == addr }
	}
	cachetest.RunStore(t, h)
}

// The Memcached store behaves as the model. The models open a store for each of their many runs,
// one after another.
func TestModels(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	h := harness(func(tb testing.TB) []string {
		for _, addr := range servers {
			flush(tb, addr)
		}
		return servers
	})
	cachetest.ModelStore(t, h)
	cachetest.ModelCache(t, h)
}

func BenchmarkStore(b *testing.B) {
	addr := testserver.StartMemcached(b).Addr()
	h := harness(nil)
	h.New = func(tb testing.TB, _ driver.Clock) driver.Store {
		flush(tb, addr)
		return open(tb, memcachestore.Options{Addrs: []string{addr}}).In(driver.Namespace{Prefix: "shop"})
	}
	cachetest.BenchmarkStore(b, h)
}

// harness describes stores over the empty servers that take returns. The cases
// that reopen a store expect each to see at once what the other clears.
func harness(take func(testing.TB) []string) cachetest.Harness {
	var servers sync.Map // from store to addresses
	openAt := func(tb testing.TB, addrs []string) driver.Store {
		s, err := memcachestore.Open(tb.Context(), memcachestore.Options{
			Addrs:     addrs,
			ClearLag:  memcachestore.NoLag,
			IOTimeout: longTimeout,
		})
		if err != nil {
			tb.Fatal(err)
		}
		servers.Store(driver.Store(s), addrs)
		return s
	}
	return cachetest.Harness{
		Abilities:       cachetest.Many | cachetest.Counter | cachetest.Replacer | cachetest.KeyChecker | cachetest.Invalidator,
		Granularity:     time.Second,
		MaxValueSize:    maxItem,
		UnsignedCounter: true,
		New: func(tb testing.TB, _ driver.Clock) driver.Store {
			return openAt(tb, take(tb))
		},
		Reopen: func(tb testing.TB, store driver.Store, _ driver.Clock) driver.Store {
			addrs, _ := servers.Load(store)
			return openAt(tb, addrs.([]string))
		},
	}
}

func startServer(tb testing.TB) *testserver.Process {
	tb.Helper()
	return testserver.StartMemcached(tb, "-t", "1")
}

func startServers(tb testing.TB, n int) (addrs []string) {
	tb.Helper()
	for range n {
		addrs = append(addrs, startServer(tb).Addr())
	}
	return addrs
}

// serverPool lends groups of servers to the tests that run at once.
type serverPool struct {
	free    chan []string
	servers map[string]*testserver.Process // by address
}

func newServerPool(tb testing.TB, perGroup, groups int) serverPool {
	tb.Helper()
	pool := serverPool{make(chan []string, groups), make(map[string]*testserver.Process)}
	for range groups {
		var addrs []string
		for range perGroup {
			server := startServer(tb)
			pool.servers[server.Addr()] = server
			addrs = append(addrs, server.Addr())
		}
		pool.free <- addrs
	}
	return pool
}

// kill ends a server until the end of the test, which has taken it.
func (p serverPool) kill(tb testing.TB, addr string) {
	tb.Helper()
	server := p.servers[addr]
	server.Kill()
	tb.Cleanup(func() {
		if err := server.Restart(context.Background()); err != nil {
			tb.Error(err)
		}
	})
}

// take returns empty servers that are tb's until it ends.
func (p serverPool) take(tb testing.TB) []string {
	tb.Helper()
	addrs := <-p.free
	tb.Cleanup(func() { p.free <- addrs })
	for _, addr := range addrs {
		flush(tb, addr)
	}
	return addrs
}
