package connections_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/testserver"

	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/redisstore"
)

// The sizes of the pools. Each is far below the number of clients.
const (
	redisPool     = 6
	memcachedPool = 3 // of each server
	postgresPool  = 4
)

// servers are real servers of a test's own, so that all connections to them
// are the test's.
type servers struct {
	settings cache.Settings
	censuses []census
}

func startServers(tb testing.TB) servers {
	tb.Helper()
	redis := testserver.StartRedis(tb).Addr()
	postgres := testserver.StartPostgres(tb).URL()
	if _, err := pgstore.CreateTable(tb.Context(), pgstore.Options{URL: postgres}); err != nil {
		tb.Fatal(err)
	}
	s := servers{censuses: []census{
		{"Redis", connections.OfRedis(tb, redis), redisPool},
		{"PostgreSQL", connections.OfPostgres(tb, postgres), postgresPool},
	}}
	var memcached []string
	for range 3 {
		addr := testserver.StartMemcached(tb).Addr()
		memcached = append(memcached, addr)
		s.censuses = append(s.censuses, census{"Memcached at " + addr, connections.OfMemcached(tb, addr), memcachedPool})
	}
	// On a busy machine under the race detector nothing is to time out.
	s.settings = make(cache.Settings)
	for alias, url := range map[string]string{
		"default":   "memory://",
		"file":      "file://" + tb.TempDir(),
		"redis":     fmt.Sprintf("redis://%s?pool_size=%d&read_timeout=30s", redis, redisPool),
		"memcached": fmt.Sprintf("memcached://%s?max_conns=%d&io_timeout=30s", strings.Join(memcached, ","), memcachedPool),
		"postgres":  fmt.Sprintf("%s&pool_max_conns=%d&op_timeout=30s", postgres, postgresPool),
	} {
		config, err := cache.ParseURL(url)
		if err != nil {
			tb.Fatal(err)
		}
		s.settings[alias] = config
	}
	return s
}

// counter is the key of each alias that counts its visits.
const counter = "visits"

// open returns the caches of the servers, emptied, with counters at zero. The
// function that it returns ends them, and fails the test unless each server
// then counts no connection any more.
func (s servers) open(tb testing.TB) (h *cache.Handler, shutdown func()) {
	tb.Helper()
	h, err := cache.NewHandler(s.settings, cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		tb.Fatal(err)
	}
	for _, alias := range h.Aliases() {
		c := h.Proxy(alias)
		if err := c.Clear(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		if err := c.Set(tb.Context(), counter, 0, cache.Never); err != nil {
			tb.Fatal(err)
		}
	}
	return h, func() {
		tb.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
		s.wantNone(tb)
	}
}

// watched counts the connections while run runs.
func (s servers) watched(tb testing.TB, run func()) {
	tb.Helper()
	for _, c := range s.censuses {
		defer c.watch(tb)()
	}
	run()
}

func (s servers) wantNone(tb testing.TB) {
	tb.Helper()
	for _, c := range s.censuses {
		connections.WantNone(tb, c.count)
	}
}
