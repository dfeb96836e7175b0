package faults_test

import (
	"testing"
	"time"

	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testbackends"
)

// backend is a server behind a door and a proxy, for what is true of every
// backend.
type backend struct {
	server testbackends.Process
	door   *door
	proxy  *load.Proxy

	urlWithin func(timeout time.Duration) string
	url       string // of a cache whose operations do not time out; options can be added
}

// ownOptions are what the caches of one backend have beside the time-outs.
var ownOptions = map[string][2]string{
	"redis":     {"max_retries", "0"},    // a failure is one attempt, without the pauses between several
	"memcached": {"clear_lag", "0"},      // it asks for its epoch in each operation: a restart loses only what was on the server
	"postgres":  {"pool_max_conns", "8"}, // fewer than callers
}

// newBackend starts the server of a backend, with a door and a proxy before it.
func newBackend(t *testing.T, b testbackends.Backend) *backend {
	t.Helper()
	server, at := b.Server.Start(t)
	proxy := load.NewProxy(t, server.Addr())
	door := newDoor(t, proxy.Addr())
	urlWithin := func(timeout time.Duration) string {
		url := b.Server.WithTimeout(at(door.addr), timeout)
		if option, ok := ownOptions[b.Name]; ok {
			url = testbackends.With(url, option[0], option[1])
		}
		return url
	}
	return &backend{server, door, proxy, urlWithin, urlWithin(testbackends.LongTimeout)}
}

func (b *backend) restart(t *testing.T) {
	t.Helper()
	if err := b.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// everyBackend runs a test for each backend that has a server, on a server of its own, and
// looks for goroutines that it leaves behind.
func everyBackend(t *testing.T, test func(t *testing.T, b *backend)) {
	for _, b := range testbackends.Networked() {
		t.Run(b.Name, func(t *testing.T) {
			load.Leaks(t)
			test(t, newBackend(t, b))
		})
	}
}
