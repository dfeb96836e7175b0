package redisstore_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// The Redis store passes the conformance suite.
func TestConformance(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		t.Run("pipeline="+strconv.FormatBool(pipeline), func(t *testing.T) {
			top := standalone(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: pipeline}})
			runAll(t, top)
		})
	}
}

// The Redis store with replicas passes the conformance suite.
func TestConformanceWithReplicas(t *testing.T) {
	t.Parallel()
	t.Run("settled", func(t *testing.T) {
		top, settle := replicated(t, 0)
		top.opened = func(_ testing.TB, s *redisstore.Store) { s.AddHook(settle) }
		runAll(t, top)
	})
	t.Run("read-your-writes", func(t *testing.T) {
		top, settle := replicated(t, time.Minute)
		// A store knows of its own writes only.
		top.shared = func(s *redisstore.Store) { s.AddHook(settle) }
		runAll(t, top)
	})
}

// The Redis store on a cluster passes the conformance suite.
func TestConformanceOnACluster(t *testing.T) {
	t.Parallel()
	for _, pipeline := range []bool{false, true} {
		t.Run("pipeline="+strconv.FormatBool(pipeline), func(t *testing.T) {
			nodes := testserver.StartRedisCluster(t, 3)
			opts := redisstore.Options{Addrs: nodes.Addrs(), Cluster: true, PoolSize: 8}
			opts.MaxValueSize, opts.Pipeline = maxValueSize, pipeline
			raw := rawClient(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: nodes.Addrs()}))
			runAll(t, &topology{
				serial: true,
				fresh: func(tb testing.TB) place {
					if err := onEach(tb.Context(), raw, flush); err != nil {
						tb.Fatal(err)
					}
					return place{opts, raw}
				},
				kill: func(tb testing.TB) func([]byte) bool { return killNode(tb, nodes, len(nodes)-1) },
			})
		})
	}
}

// killNode ends a node until the end of the test, and returns whether a key is on
// it.
func killNode(tb testing.TB, nodes launch.Group, i int) (has func(key []byte) bool) {
	tb.Helper()
	asked := rawClient(tb, redis.NewClient(&redis.Options{Addr: nodes[(i+1)%len(nodes)].Addr()}))
	nodes[i].Kill()
	tb.Cleanup(func() {
		if err := errors.Join(nodes[i].Restart(context.Background()), launch.ClusterIsWhole(context.Background(), nodes)); err != nil {
			tb.Error(err)
		}
	})
	return func(key []byte) bool {
		slot, err := asked.ClusterKeySlot(tb.Context(), string(key)).Result()
		if err != nil {
			tb.Error(err)
		}
		return launch.NodeOfSlot(int(slot), len(nodes)) == i
	}
}

// The Redis store behind Sentinels passes the conformance suite.
func TestConformanceBehindSentinels(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t, "--databases", "10000")
	testserver.StartRedisReplica(t, primary.Addr())
	sentinels := testserver.StartRedisSentinels(t, 1, "larder", primary.Addr())
	top := databases(primary.Addr(), redisstore.Options{Addrs: sentinels.Addrs(), MasterName: "larder"})
	runAll(t, top)
}

func runAll(t *testing.T, top *topology) {
	h := top.harness()
	cachetest.RunStore(t, h)
	cachetest.ModelStore(t, h)
	cachetest.RunCache(t, h)
	cachetest.ModelCache(t, h)
}

// standalone is one server, with a database for each store.
func standalone(tb testing.TB, opts redisstore.Options) *topology {
	server := testserver.StartRedis(tb, "--databases", "10000")
	opts.Addrs = []string{server.Addr()}
	return databases(server.Addr(), opts)
}

// databases is the databases of the primary at addr, one for each store.
func databases(addr string, opts redisstore.Options) *topology {
	opts.MaxValueSize = maxValueSize
	var next atomic.Int64
	return &topology{fresh: func(tb testing.TB) place {
		opts := opts
		opts.DB = int(next.Add(1))
		return place{opts, rawClient(tb, redis.NewClient(&redis.Options{Addr: addr, DB: opts.DB}))}
	}}
}
