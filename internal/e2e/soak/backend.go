package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/e2e/soak/measure"
	"github.com/larder-go/larder/internal/e2e/soak/pages"
	"github.com/larder-go/larder/internal/testserver/launch"

	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/redisstore"
)

// backend is one of those under load, with two caches: one for data, which must
// lose nothing while all is well, and one for pages.
type backend struct {
	name     string
	dataURL  string // of the caches, with an option at least
	pagesURL string
	kind     func(error) string // its documented errors, see [load.Options]
	health   measure.Health

	server server // nil if it has none
	proxy  *load.Proxy

	data  *load.Traffic
	pages *pages.Traffic
}

// server is one that can be broken.
type server interface {
	Addr() string
	Kill()
	Restart(context.Context) error
	Close() error
}

func (b *backend) pagesAlias() string { return b.name + "-pages" }

// The names of the backends.
const (
	memory    = "memory"
	file      = "file"
	redis     = "redis"
	memcached = "memcached"
	postgres  = "postgres"
)

// aPage is what the caches of pages have that share a store with data. The pages
// go on without the store while it is away, and do not wait for it each time.
const aPage = "&prefix=pages&breaker_failures=5&breaker_cooldown=500ms"

// aDatum is what the caches of data have: entries that outlive the soak.
const aDatum = "&prefix=data&timeout=24h"

// startBackends starts a server for each backend that has one, with a proxy before
// it, for as long as the host lasts. The pools are smaller than the crowds, and the
// time-outs so short that a silence is felt. The program has a list of its own because
// the table of internal/testbackends starts servers for tests; the test of the soak compares
// the two.
func startBackends(h *host) []*backend {
	dir, err := os.MkdirTemp("", "larder-soak-*")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			h.Error(err)
		}
	})
	return []*backend{
		{
			name:     memory,
			dataURL:  "memory://data?max_bytes=16MiB" + aDatum,
			pagesURL: "memory://pages?max_bytes=16MiB" + aPage,
		},
		{
			name:     file,
			dataURL:  "file://" + dir + "/data?max_bytes=16MiB" + aDatum,
			pagesURL: "file://" + dir + "/pages?max_bytes=32MiB" + aPage,
		},
		startRedis(h),
		startMemcached(h),
		startPostgres(h),
	}
}

func startRedis(h *host) *backend {
	server, err := launch.Redis(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	return behindProxy(h, redis, server, load.RedisErrors, func(addr string) string {
		return fmt.Sprintf("redis://%s?pool_size=8&dial_timeout=1s&read_timeout=1s&write_timeout=1s", addr)
	})
}

func startMemcached(h *host) *backend {
	server, err := launch.Memcached(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	// It asks for its epoch in each operation, so that a restart loses only what
	// was on the server.
	return behindProxy(h, memcached, server, load.MemcachedErrors, func(addr string) string {
		return fmt.Sprintf("memcached://%s?max_conns=8&io_timeout=1s&clear_lag=0", addr)
	})
}

func startPostgres(h *host) *backend {
	server, err := launch.Postgres(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	b := behindProxy(h, postgres, server, load.PostgresErrors, func(addr string) string {
		u, err := url.Parse(server.URL())
		if err != nil {
			h.Fatal(err)
		}
		u.Host = addr
		u.RawQuery += "&pool_max_conns=8&op_timeout=1s&connect_timeout=1s&cull_interval=5s"
		return u.String()
	})
	if _, err := pgstore.CreateTable(h.ctx, pgstore.Options{URL: server.URL()}); err != nil {
		h.Fatal(err)
	}
	return b
}

// behindProxy returns the backend on a server, with a proxy before it. urlAt
// returns the URL of a cache on a server at an address.
func behindProxy(h *host, name string, s server, kind func(error) string, urlAt func(addr string) string) *backend {
	h.Cleanup(func() {
		if err := s.Close(); err != nil {
			h.Error(err)
		}
	})
	proxy := load.NewProxy(h, s.Addr())
	at := urlAt(proxy.Addr())
	return &backend{name: name, dataURL: at + aDatum, pagesURL: at + aPage, kind: kind, server: s, proxy: proxy}
}
