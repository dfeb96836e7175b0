package redisfaults

import (
	"syscall"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

const breakerCooldown = 300 * time.Millisecond

// behindProxy opens a cache that reaches its server through a proxy.
func behindProxy(t *testing.T, cfg cache.Config) (*site, *load.Proxy) {
	t.Helper()
	server := testserver.StartRedis(t)
	proxy := load.NewProxy(t, server.Addr())
	cfg.Backend, cfg.Location = "redis", "redis://"+proxy.Addr()
	return open(t, cfg, server.Addr()), proxy
}

func TestConnectionsAreCutInTheMiddleOfAReply(t *testing.T) {
	forms(t, func(t *testing.T, pipeline bool) {
		s, proxy := behindProxy(t, cache.Config{Options: options("pipeline", pipeline)})
		traffic := load.Start(t, s, load.Options{Kind: load.RedisErrors})
		traffic.Until(t, load.Recovered(300))
		// Lengths with which the cut falls elsewhere each time, after the greeting.
		for _, after := range []int64{701, 1499, 4111, 9973} {
			traffic.Mark()
			proxy.CutReplies(after)
			traffic.Until(t, load.Failed(30))
			proxy.Heal()
			traffic.Mark()
			traffic.Until(t, load.Recovered(200))
		}
		s.finish(t, traffic)
	})
}

func TestAServerIsUnresponsive(t *testing.T) {
	for name, failures := range map[string]int{"plain": 0, "with a circuit breaker": 5} {
		t.Run(name, func(t *testing.T) {
			load.Leaks(t)
			s, proxy := behindProxy(t, cache.Config{Options: options(), BreakerFailures: failures, BreakerCooldown: breakerCooldown})
			traffic := load.Start(t, s, load.Options{Kind: load.RedisErrors})
			traffic.Until(t, load.Recovered(300))
			traffic.Mark()
			proxy.Stall()
			heal := time.Now().Add(5 * time.Second)
			traffic.Until(t, func(load.Counts) bool { return time.Now().After(heal) })
			felt := traffic.Counts()
			proxy.Heal()
			traffic.Mark()
			traffic.Until(t, load.Recovered(500))
			s.finish(t, traffic)
			if felt.Kinds[load.TimedOut] == 0 || (felt.Kinds[load.Unavailable] > 0) != (failures > 0) {
				t.Errorf("in the silence: %v", felt)
			}
		})
	}
}

// A server that is stopped accepts connections all the same, by its kernel, and
// does what it was sent meanwhile when it goes on: writes whose callers have
// gone, too. Connections that the client gave up must not be left with it.
func TestAServerIsFrozen(t *testing.T) {
	forms(t, func(t *testing.T, pipeline bool) {
		server := testserver.StartRedis(t)
		cfg := cache.Config{Backend: "redis", Location: "redis://" + server.Addr(), Options: options("pipeline", pipeline)}
		s := open(t, cfg, server.Addr())
		traffic := load.Start(t, s, load.Options{Late: true, Kind: load.RedisErrors})
		traffic.Until(t, load.Recovered(300))
		traffic.Mark()
		signal(t, server, syscall.SIGSTOP)
		traffic.Until(t, load.FailedBy(load.TimedOut, 30))
		signal(t, server, syscall.SIGCONT)
		traffic.Mark()
		traffic.Until(t, load.Recovered(500))
		s.finish(t, traffic)
	})
}

func signal(t *testing.T, server *testserver.Process, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(server.PID(), signal); err != nil {
		t.Fatal(err)
	}
}

func TestRepliesAreSlow(t *testing.T) {
	forms(t, func(t *testing.T, pipeline bool) {
		s, proxy := behindProxy(t, cache.Config{Options: options("pipeline", pipeline, "read_timeout", longTimeout)})
		traffic := load.Start(t, s, load.Options{Kind: load.RedisErrors})
		traffic.Until(t, load.Recovered(300))
		traffic.Mark()
		proxy.Latency(200*time.Millisecond, 100*time.Millisecond)
		traffic.Until(t, load.Done(100))
		proxy.Heal()
		traffic.Mark()
		traffic.Until(t, load.Recovered(300))
		withoutError(t, s.finish(t, traffic))
	})
}
