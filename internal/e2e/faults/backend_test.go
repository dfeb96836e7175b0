package faults_test

import (
	"context"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"

	_ "github.com/larder-go/larder/backends/memcachestore"
)

// backend is a server behind a door and a proxy, for what is true of every
// backend.
type backend struct {
	server crashing
	door   *door
	proxy  *load.Proxy
	url    string // of a cache, to which options can be added
}

type crashing interface {
	Addr() string
	Kill()
	Restart(context.Context) error
}

// newBackend puts a door and a proxy before a server. urlAt returns the URL of
// a cache on a server at an address.
func newBackend(t *testing.T, server crashing, urlAt func(addr string) string) *backend {
	t.Helper()
	proxy := load.NewProxy(t, server.Addr())
	door := newDoor(t, proxy.Addr())
	return &backend{server, door, proxy, urlAt(door.addr)}
}

func (b *backend) restart(t *testing.T) {
	t.Helper()
	if err := b.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// everyBackend runs a test for each backend, on a server of its own, and looks for
// goroutines that it leaves behind.
func everyBackend(t *testing.T, test func(t *testing.T, b *backend)) {
	t.Run("Memcached", func(t *testing.T) {
		load.Leaks(t)
		test(t, newBackend(t, testserver.StartMemcached(t), func(addr string) string {
			return "memcached://" + addr + "?clear_lag=0&io_timeout=10s"
		}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		load.Leaks(t)
		server := startPostgres(t, pgstore.Options{})
		test(t, newBackend(t, server, func(addr string) string {
			return at(t, server.URL(), addr, "pool_max_conns=8&op_timeout=10s")
		}))
	})
}
