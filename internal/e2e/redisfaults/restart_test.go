package redisfaults

import (
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// restart kills the server under the traffic, and starts it again, empty, when
// the fault has been felt.
func restart(t *testing.T, server *testserver.Process, traffic *load.Traffic, felt func(load.Counts) bool) {
	t.Helper()
	traffic.Mark()
	server.Kill()
	traffic.Lost()
	traffic.Until(t, felt)
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	traffic.Mark()
	traffic.Until(t, load.Recovered(500))
}

func TestAServerIsKilledAndRestarted(t *testing.T) {
	forms(t, func(t *testing.T, pipeline bool) {
		server := testserver.StartRedis(t)
		cfg := cache.Config{Backend: "redis", Location: "redis://" + server.Addr(), Options: options("pipeline", pipeline)}
		s := open(t, cfg, server.Addr())
		traffic := load.Start(t, s, load.Options{Kind: load.RedisErrors})
		traffic.Until(t, load.Recovered(300))
		for range 2 {
			restart(t, server, traffic, load.Failed(100))
		}
		if report := s.finish(t, traffic); report.Kinds[load.Network] == 0 {
			t.Errorf("no error of the network: %v", report.Counts)
		}
	})
}

func TestAServerComesAfterTheProgram(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartRedis(t)
	server.Kill()
	s := newSite(t, cache.Config{Backend: "redis", Location: "redis://" + server.Addr(), Options: options()}, server.Addr())
	traffic := load.Start(t, s, load.Options{Kind: load.RedisErrors})
	traffic.Until(t, load.FailedBy(load.NotOpened, 100))
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	traffic.Mark()
	traffic.Until(t, load.Recovered(500))
	s.finish(t, traffic)
}

// With MissOnError nobody hears of the outage, and with a circuit breaker the
// dead server is left alone meanwhile.
func TestAServerIsKilledAndReadsMiss(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartRedis(t)
	cfg := cache.Config{
		Backend: "redis", Location: "redis://" + server.Addr(), Options: options(),
		OnError: cache.MissOnError, BreakerFailures: 5, BreakerCooldown: breakerCooldown,
	}
	s := open(t, cfg, server.Addr())
	traffic := load.Start(t, s, load.Options{Drops: true})
	traffic.Until(t, load.Recovered(300))
	restart(t, server, traffic, func(c load.Counts) bool { return c.Misses > 300 })
	traffic.Mark()
	traffic.Until(t, func(c load.Counts) bool { return c.Hits > 300 })
	withoutError(t, s.finish(t, traffic))
}
