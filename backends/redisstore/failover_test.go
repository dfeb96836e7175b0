package redisstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// The store follows the primary that the Sentinels choose.
func TestTheStoreFollowsThePrimaryThatTheSentinelsChoose(t *testing.T) {
	primary := testserver.StartRedis(t)
	testserver.StartRedisReplica(t, primary.Addr())
	sentinels := testserver.StartRedisSentinels(t, 3, "larder", primary.Addr())
	s := open(t, redisstore.Options{Addrs: sentinels.Addrs(), MasterName: "larder", DialTimeout: time.Second, ReadTimeout: time.Second})
	set(t, s, "k", "before")
	primary.Kill()
	testserver.Await(t, func(ctx context.Context) error {
		return s.Set(ctx, []byte("k"), []byte("after"), driver.Never)
	})
	wantValue(t, s, "k", "after")
}

// Reads go on when a replica is gone.
// Django, RedisCache
func TestAReplicaThatIsGoneIsNoMatter(t *testing.T) {
	primary := testserver.StartRedis(t)
	replica := testserver.StartRedisReplica(t, primary.Addr())
	for _, pipeline := range []bool{false, true} {
		opts := redisstore.Options{Addrs: []string{primary.Addr()}, Replicas: []string{replica.Addr()}}
		opts.Pipeline = pipeline
		s := open(t, opts)
		set(t, s, "k", "1")
		replica.Kill()
		for _, name := range []string{"Get", "GetMany", "Peek", "TTL"} {
			if err := steps[name](t.Context(), s); err != nil {
				t.Errorf("pipeline %v: %s: %v", pipeline, name, err)
			}
		}
		if err := replica.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// With ReadYourWrites, a program reads what it has written from the primary. A replica that no
// longer hears from its primary lags without end.
func TestAProgramReadsItsOwnWritesFromThePrimary(t *testing.T) {
	top, settle := replicated(t, time.Minute)
	p := top.fresh(t)
	s := open(t, p.opts)
	set(t, s, "k", "old")
	if err := settle.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, addr := range p.opts.Replicas {
		stray(t, addr)
	}
	p.opts.ReadYourWrites = 0
	another := open(t, p.opts)
	for i := range 20 {
		value := fmt.Sprint(i)
		set(t, s, "k", value)
		wantValue(t, s, "k", value)
		wantValue(t, another, "k", "old")
	}
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: "k"}); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "k", "19")
	if _, _, err := s.Delete(t.Context(), []byte("k")); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, s, "k")
}
