package redisfaults

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

const (
	crowd  = 40
	rounds = 5
	linger = 50 * time.Millisecond
)

// With the cache away everyone who asks for a page at the same time still
// shares one load: the database does not notice the outage.
func TestAnOutageDoesNotStampedeTheDatabase(t *testing.T) {
	for name, test := range map[string]struct {
		fault func(*testserver.Process, *load.Proxy)
		cfg   cache.Config
		opts  []cache.Option
	}{
		"killed, FailOpen":             {fault: killed, opts: []cache.Option{cache.FailOpen}},
		"killed, MissOnError":          {fault: killed, cfg: cache.Config{OnError: cache.MissOnError}},
		"killed, MissOnError, breaker": {fault: killed, cfg: cache.Config{OnError: cache.MissOnError, BreakerFailures: 5}},
		"silent, FailOpen":             {fault: unresponsive, opts: []cache.Option{cache.FailOpen}},
		"silent, MissOnError, breaker": {fault: unresponsive, cfg: cache.Config{OnError: cache.MissOnError, BreakerFailures: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			load.Leaks(t)
			server := testserver.StartRedis(t)
			proxy := load.NewProxy(t, server.Addr())
			test.cfg.Backend, test.cfg.Location = "redis", "redis://"+proxy.Addr()
			test.cfg.Options = options("pool_size", crowd)
			s := open(t, test.cfg)
			test.fault(server, proxy)
			for round := range rounds {
				stampede(t, s, fmt.Sprint("page", round), test.opts)
			}
		})
	}
}

func killed(server *testserver.Process, _ *load.Proxy)      { server.Kill() }
func unresponsive(_ *testserver.Process, proxy *load.Proxy) { proxy.Stall() }

// stampede has a crowd ask for a key at the same time. The first load ends only
// when all have failed to find the key, and have had time to go from there to the load.
func stampede(t *testing.T, s *site, key string, opts []cache.Option) {
	t.Helper()
	var failedLookUps, running, loads atomic.Int64
	all := make(chan struct{})
	defer s.handler.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventError && e.Key == key && failedLookUps.Add(1) == crowd {
			close(all)
		}
		return nil
	})()
	loader := func(ctx context.Context) (string, error) {
		if n := running.Add(1); n > 1 {
			t.Errorf("%d loads of %s at the same time", n, key)
		}
		defer running.Add(-1)
		loads.Add(1)
		select {
		case <-all:
			time.Sleep(linger)
			return "value of " + key, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	var asking sync.WaitGroup
	for range crowd {
		asking.Go(func() {
			value, err := cache.For[string](s).GetOrSet(t.Context(), key, loader, opts...)
			if err != nil || value != "value of "+key {
				t.Errorf("GetOrSet(%s) = %q, %v", key, value, err)
			}
		})
	}
	asking.Wait()
	// On a busy machine some may be so late, between look-up and load, that the load they
	// were to share is over.
	if n := loads.Load(); n > crowd/2 {
		t.Errorf("%d loads for %d who asked for %s at the same time", n, crowd, key)
	}
}
