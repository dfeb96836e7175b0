package testserver_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/internal/testserver"
)

func redisClient(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { client.Close() })
	return client
}

func TestARedisServerRestartsAtItsAddressAndEmpty(t *testing.T) {
	t.Parallel()
	p := testserver.StartRedis(t)
	client := redisClient(t, p.Addr())
	for _, end := range []func(){p.Stop, p.Kill} {
		if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		end()
		if err := refused(p.Addr()); err != nil {
			t.Fatal(err)
		}
		if err := p.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := client.Exists(t.Context(), "k").Result(); n != 0 || err != nil {
			t.Errorf("after a restart %d keys are left, error %v", n, err)
		}
	}
}

func TestARedisServerTakesSettings(t *testing.T) {
	t.Parallel()
	p := testserver.StartRedis(t, "--requirepass", "secret")
	if err := redisClient(t, p.Addr()).Ping(t.Context()).Err(); err == nil {
		t.Error("the server answers without the password")
	}
}

func TestAReplicaIsReadyWithTheDataOfItsPrimary(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t)
	if err := redisClient(t, primary.Addr()).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	replica := testserver.StartRedisReplica(t, primary.Addr())
	if v, err := redisClient(t, replica.Addr()).Get(t.Context(), "k").Result(); v != "v" || err != nil {
		t.Errorf("the replica has %q, error %v", v, err)
	}
}

func TestSentinelsPromoteAReplicaWhenThePrimaryIsGone(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t)
	replica := testserver.StartRedisReplica(t, primary.Addr())
	sentinels := testserver.StartRedisSentinels(t, 3, "mymaster", primary.Addr())
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "mymaster", SentinelAddrs: sentinels.Addrs()})
	defer client.Close()
	if err := client.Set(t.Context(), "k", "before", 0).Err(); err != nil {
		t.Fatal(err)
	}
	primary.Kill()
	testserver.Await(t, func(ctx context.Context) error { return client.Set(ctx, "k", "after", 0).Err() })
	if v, err := redisClient(t, replica.Addr()).Get(t.Context(), "k").Result(); v != "after" || err != nil {
		t.Errorf("the promoted replica has %q, error %v", v, err)
	}
}

func TestAClusterServesEverySlot(t *testing.T) {
	t.Parallel()
	cluster := testserver.StartRedisCluster(t, 3)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	for i := range 100 { // a hundred keys miss a third of the slots once in 10^17 runs
		if err := client.Set(t.Context(), fmt.Sprint("k", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range cluster.Addrs() {
		if n, err := redisClient(t, addr).DBSize(t.Context()).Result(); n == 0 || err != nil {
			t.Errorf("%s has %d keys, error %v", addr, n, err)
		}
	}
}
