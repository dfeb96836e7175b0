package roundtrips_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// backend is a column of the table.
type backend struct {
	name  string
	start func(t *testing.T, m *testserver.Meter) place

	// together says of which operations the client makes several round trips
	// at the same time, and how many. The test proves it.
	together map[string]testserver.Hold

	// scatters says that two keys are on one server or on two, by chance.
	scatters bool
}

// place is where a backend has its entries, behind a meter.
type place struct {
	config cache.Config
	settle func() error // returns when what was written can be read everywhere; nil if that is at once
}

// The list is the test's own: a column is a set-up of servers behind meters, as the table in
// the documents has it, and a backend may have several.
var backends = []backend{
	{name: "Redis", start: standalone},
	{name: "Redis, replicas", start: replicated},
	{name: "Redis Cluster", start: clustered, scatters: true, together: map[string]testserver.Hold{
		"GetMany of 100":    {Together: 3},
		"SetMany of 100":    {Together: 3},
		"DeleteMany of 100": {Together: 3},
		"Clear of 100":      {After: 1, Together: 3}, // it asks for the map first
	}},
	// Of many items, the first to each server tries whether that is there.
	{name: "Memcached", start: memcached(1), together: map[string]testserver.Hold{
		"SetMany of 100":    {After: 1, Together: 16},
		"DeleteMany of 100": {After: 1, Together: 16},

		// It counts while it reads the records, then changes them, and counts again.
		"InvalidateTags of 1":  {Together: 2},
		"InvalidateTags of 10": {After: 2, Together: 10},
	}},
	{name: "Memcached, 3 servers", start: memcached(3), scatters: true, together: map[string]testserver.Hold{
		"GetMany of 100":    {Together: 3},
		"SetMany of 100":    {After: 1, Together: 48},
		"DeleteMany of 100": {After: 1, Together: 48},
		"Clear of 100":      {Together: 3},
	}},
	{name: "PostgreSQL", start: postgres},
}

func standalone(t *testing.T, m *testserver.Meter) place {
	server := testserver.StartRedis(t)
	return place{config: parse(t, "redis://"+m.Before(t, server.Addr()))}
}

func replicated(t *testing.T, m *testserver.Meter) place {
	const replicas = 2
	primary := testserver.StartRedis(t)
	var addrs []string
	for range replicas {
		addrs = append(addrs, m.Before(t, testserver.StartRedisReplica(t, primary.Addr()).Addr()))
	}
	client := redisClient(t, primary.Addr())
	return place{
		config: parse(t, "redis://"+m.Before(t, primary.Addr())+"?replicas="+strings.Join(addrs, ",")),
		settle: func() error {
			// Only writes of this connection are waited for, and all before them.
			if err := client.Set(t.Context(), "settled", "", 0).Err(); err != nil {
				return err
			}
			reached, err := client.Wait(t.Context(), replicas, 10*time.Second).Result()
			if err == nil && reached != replicas {
				err = errors.New("the replicas do not follow")
			}
			return err
		},
	}
}

// clustered makes the nodes tell their clients the addresses of the proxies.
func clustered(t *testing.T, m *testserver.Meter) place {
	nodes := testserver.StartRedisCluster(t, 3)
	var addrs []string
	for _, addr := range nodes.Addrs() {
		announced := m.Before(t, addr)
		_, port, _ := strings.Cut(announced, ":")
		if err := redisClient(t, addr).ConfigSet(t.Context(), "cluster-announce-port", port).Err(); err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, announced)
	}
	for _, addr := range nodes.Addrs() {
		testserver.Await(t, func(ctx context.Context) error { return announces(ctx, redisClient(t, addr), addrs) })
	}
	return place{config: parse(t, "redis+cluster://"+strings.Join(addrs, ","))}
}

// announces checks that a node names all addrs as those of the cluster.
func announces(ctx context.Context, node *redis.Client, addrs []string) error {
	nodes, err := node.ClusterNodes(ctx).Result()
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		_, port, _ := strings.Cut(addr, ":")
		if !strings.Contains(nodes, ":"+port+"@") { // a node may not know its own host
			return fmt.Errorf("%s is not among the nodes:\n%s", addr, nodes)
		}
	}
	return nil
}

// memcached gives the servers names of their own, since it is from the names
// that the store decides which keys a server has.
func memcached(servers int) func(*testing.T, *testserver.Meter) place {
	return func(t *testing.T, m *testserver.Meter) place {
		var names []string
		proxies := make(map[string]string)
		for i := range servers {
			name := fmt.Sprintf("server%d:11211", i)
			names = append(names, name)
			proxies[name] = m.Before(t, testserver.StartMemcached(t).Addr())
		}
		// How long the test takes must not count.
		config := parse(t, "memcached://"+strings.Join(names, ",")+"?clear_lag=1h&io_timeout=10s")
		config.Options["dial"] = func(ctx context.Context, network, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, proxies[address])
		}
		return place{config: config}
	}
}

func postgres(t *testing.T, m *testserver.Meter) place {
	metered, err := url.Parse(testbackends.URL(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	metered.Host = m.Before(t, metered.Host)
	return place{config: parse(t, testbackends.With(metered.String(), "cull_interval", "0"))}
}

func redisClient(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func parse(t *testing.T, url string) cache.Config {
	t.Helper()
	config, err := cache.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	config.KeyPrefix = "trips"
	return config
}
