package redisfaults

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// lagging runs traffic on a primary and a replica that no longer hears from it.
func lagging(t *testing.T, o load.Options, further ...any) load.Report {
	t.Helper()
	load.Leaks(t)
	primary := testserver.StartRedis(t)
	link := load.NewProxy(t, primary.Addr())
	replica := testserver.StartRedisReplica(t, link.Addr())
	opts := options(append([]any{"replicas", replica.Addr(), "read_timeout", longTimeout}, further...)...)
	s := open(t, cache.Config{Backend: "redis", Location: "redis://" + primary.Addr(), Options: opts}, primary.Addr(), replica.Addr())
	o.Kind = load.RedisErrors
	traffic := load.Start(t, s, o)
	traffic.Until(t, load.Recovered(300))
	followed(t, primary.Addr())
	traffic.Mark()
	link.Stall()
	traffic.Until(t, load.Recovered(1000))
	link.Heal()
	traffic.Mark()
	traffic.Until(t, load.Recovered(500))
	report := s.finish(t, traffic)
	withoutError(t, report)
	return report
}

// followed returns when the replica has what the primary has.
func followed(t *testing.T, primary string) {
	t.Helper()
	reached := redis.NewIntCmd(t.Context(), "wait", 1, 10_000)
	_, err := admin(t, primary).Pipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Set(t.Context(), "followed", "", 0)
		return p.Process(t.Context(), reached)
	})
	if err != nil || reached.Val() != 1 {
		t.Fatalf("%d replicas follow the primary, error %v", reached.Val(), err)
	}
}

// Reads may be old, but never wrong; counters are exact, since what writes goes
// to the primary whatever the reads do.
func TestAReplicaLags(t *testing.T) {
	if report := lagging(t, load.Options{Stale: true}); report.Old == 0 {
		t.Errorf("no read was old, so the replica has not lagged: %v", report.Counts)
	}
}

func TestAReplicaLagsAndAProgramReadsItsOwnWrites(t *testing.T) {
	lagging(t, load.Options{}, "read_your_writes", "1m")
}

func TestAReplicaIsKilledAndRestarted(t *testing.T) {
	load.Leaks(t)
	primary := testserver.StartRedis(t)
	replica := testserver.StartRedisReplica(t, primary.Addr())
	s := open(t, cache.Config{
		Backend: "redis", Location: "redis://" + primary.Addr(), Options: options("replicas", replica.Addr(), "read_timeout", longTimeout),
	}, primary.Addr(), replica.Addr())
	traffic := load.Start(t, s, load.Options{Stale: true, Kind: load.RedisErrors})
	traffic.Until(t, load.Recovered(300))
	replica.Kill()
	traffic.Mark()
	traffic.Until(t, load.Recovered(300)) // at the primary
	if err := replica.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	traffic.Mark()
	traffic.Until(t, load.Recovered(300))
	withoutError(t, s.finish(t, traffic))
}
