package connections_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
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
	s.settings = settingsOf(tb, map[string]place{
		"redis":     {"redis://" + redis, redisPool},
		"memcached": {"memcached://" + strings.Join(memcached, ","), memcachedPool},
		"postgres":  {postgres, postgresPool},
	})
	return s
}

// place is where a networked backend keeps entries, with the size of its pool.
type place struct {
	url  string
	pool int
}

// settingsOf has an alias for each backend of the table. Each server has its own way to count
// connections, so a backend that has a server needs a census, and its place.
func settingsOf(tb testing.TB, places map[string]place) cache.Settings {
	tb.Helper()
	settings := cache.Settings{cache.DefaultAlias: {Backend: "memory"}}
	for _, b := range testbackends.All() {
		url := ""
		if b.Server == nil {
			url = b.URL(tb)
		} else if at, counted := places[b.Name]; counted {
			url = b.Server.WithPoolSize(b.Server.WithTimeout(at.url, 3*testbackends.LongTimeout), at.pool)
		} else {
			tb.Fatalf("the connections to the server of %s are not counted: give startServers a census of them", b.Name)
		}
		config, err := cache.ParseURL(url)
		if err != nil {
			tb.Fatal(err)
		}
		settings[b.Name] = config
	}
	return settings
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
