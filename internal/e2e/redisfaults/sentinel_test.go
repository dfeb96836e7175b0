package redisfaults

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

func TestThePrimaryFailsOverUnderSharedPipelines(t *testing.T) {
	load.Leaks(t)
	s, traffic, _ := failOver(t, true)
	s.finish(t, traffic)
}

// The old primary comes back with nothing, and as a primary at first.
func TestThePrimaryFailsOverAndComesBack(t *testing.T) {
	load.Leaks(t)
	s, traffic, old := failOver(t, false)
	if err := old.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := admin(t, old.Addr())
	testserver.Await(t, func(ctx context.Context) error { return follows(ctx, again) })
	traffic.Mark()
	traffic.Until(t, load.Recovered(300))
	s.servers = append(s.servers, again)
	s.finish(t, traffic)
}

// failOver kills the primary under traffic, and returns when the traffic has
// found the next. What the old one had acknowledged and not yet passed on is
// lost with it; from then on nothing is.
func failOver(t *testing.T, pipeline bool) (s *site, traffic *load.Traffic, old *testserver.Process) {
	t.Helper()
	old = testserver.StartRedis(t)
	replica := testserver.StartRedisReplica(t, old.Addr())
	sentinels := testserver.StartRedisSentinels(t, 3, "larder", old.Addr())
	s = open(t, cache.Config{
		Backend:  "redis+sentinel",
		Location: "redis+sentinel://" + strings.Join(sentinels.Addrs(), ",") + "/larder",
		Options:  options("pipeline", pipeline),
	}, append(sentinels.Addrs(), replica.Addr())...)
	traffic = load.Start(t, s, load.Options{Kind: load.RedisErrors})
	traffic.Until(t, load.Recovered(300))
	old.Kill()
	traffic.Lost()
	traffic.Mark()
	traffic.Until(t, load.Failed(1))
	traffic.Until(t, load.Recovered(500))
	return s, traffic, old
}

// follows returns nil if the server has become a replica.
func follows(ctx context.Context, server *redis.Client) error {
	info, err := server.Info(ctx, "replication").Result()
	if err == nil && !strings.Contains(info, "master_link_status:up") {
		err = fmt.Errorf("it follows nobody:\n%s", info)
	}
	return err
}
