package faults_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// memcachedUnderLoad returns a cache whose connections go through the proxy. It
// asks for its epoch in each operation, so that a restart loses only what was
// on the server.
func memcachedUnderLoad(t *testing.T, server *testserver.Process, options string) (*subject, *load.Proxy) {
	t.Helper()
	proxy := load.NewProxy(t, server.Addr())
	url := fmt.Sprintf("memcached://%s?clear_lag=0&max_conns=16&%s", proxy.Addr(), options)
	s := underLoad(t, url, load.Options{Kind: load.MemcachedErrors})
	s.handler.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		var failure *memcachestore.ServerError
		if e.Kind == cache.EventError && !errors.Is(e.Err, cache.ErrNotFound) && (!errors.As(e.Err, &failure) || failure.Addr != proxy.Addr()) {
			t.Errorf("%v is no ServerError of %s", e.Err, proxy.Addr())
		}
		return nil
	})
	return s, proxy
}

func TestMemcachedKilledAndRestarted(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	s, _ := memcachedUnderLoad(t, server, "io_timeout=2s")
	for range 3 {
		server.Kill()
		s.await(load.Failed(enough))
		s.Lost()
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.wantRecovery()
	}
	s.wantNothingLeft(connections.OfMemcached(t, server.Addr()))
}

func TestMemcachedRepliesCutInTheMiddle(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	s, proxy := memcachedUnderLoad(t, server, "io_timeout=2s")
	for _, bytes := range []int64{1, 30, 200, 3000} {
		proxy.CutReplies(bytes)
		s.await(load.FailedBy(load.Network, 50))
		proxy.Heal()
		s.wantRecovery()
	}
	s.wantNothingLeft(connections.OfMemcached(t, server.Addr()))
}

func TestMemcachedUnresponsiveForFiveSeconds(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	s, proxy := memcachedUnderLoad(t, server, "io_timeout=250ms")
	proxy.Stall()
	s.await(load.FailedBy(load.TimedOut, unresponsiveFor(250*time.Millisecond)))
	proxy.Heal()
	s.wantRecovery()
	s.wantNothingLeft(connections.OfMemcached(t, server.Addr()))
}

// unresponsiveFor returns how many operations of the load time out in five seconds.
func unresponsiveFor(timeout time.Duration) int {
	const workers = 8
	return workers * int(5*time.Second/timeout)
}

func TestMemcachedSlow(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	s, proxy := memcachedUnderLoad(t, server, "io_timeout=10s")
	proxy.Latency(200*time.Millisecond, 100*time.Millisecond)
	s.await(load.Done(100))
	proxy.Heal()
	s.wantRecovery()
	if report := s.wantNothingLeft(connections.OfMemcached(t, server.Addr())); report.Errors > 0 {
		t.Errorf("a slow server is no failing one: %v", report.Counts)
	}
}
