package redisstore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

func figure(i driver.Inspection, name string) driver.Figure {
	at := slices.IndexFunc(i.Figures, func(f driver.Figure) bool { return f.Name == name })
	if at < 0 {
		return driver.Figure{}
	}
	return i.Figures[at]
}

func inspect(t *testing.T, s driver.Inspector, servers int) []driver.Inspection {
	t.Helper()
	found, err := s.Inspect(t.Context())
	if err != nil || len(found) != servers {
		t.Fatalf("Inspect = %+v, %v, want %d servers", found, err, servers)
	}
	return found
}

// Inspect reports the primary and each replica.
func TestInspectTellsOfThePrimaryAndOfEachReplica(t *testing.T) {
	primary := testserver.StartRedis(t)
	replica := testserver.StartRedisReplica(t, primary.Addr())
	s := open(t, redisstore.Options{Addrs: []string{primary.Addr()}, Replicas: []string{replica.Addr()}, DB: 3, MaxRetries: -1})
	set(t, s, "k", "v")
	for i, addr := range []string{primary.Addr(), replica.Addr()} {
		found := inspect(t, s, 2)[i]
		if found.Where != addr || !strings.HasPrefix(found.Product, "Redis ") || found.Latency <= 0 || found.Err != nil {
			t.Errorf("%+v", found)
		}
		if f := figure(found, "memory"); f.Value <= 0 || f.Of != "server" || f.Unit != "bytes" {
			t.Errorf("%+v", f)
		}
	}
	if f := figure(inspect(t, s, 2)[0], "entries"); f.Value != 1 || f.Of != "database 3" {
		t.Errorf("%+v", f)
	}
	replica.Kill()
	found := inspect(t, s, 2)
	if found[0].Err != nil || found[1].Err == nil || found[1].Where != replica.Addr() {
		t.Errorf("with a replica that is gone: %+v", found)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.Inspect(t.Context())
	wantErr(t, "Inspect after Shutdown", err, driver.ErrClosed)
}

// Inspect reports each primary of a cluster.
func TestInspectTellsOfEachPrimaryOfACluster(t *testing.T) {
	cluster := testserver.StartRedisCluster(t, 3).Addrs()
	s := open(t, redisstore.Options{Addrs: cluster[:1], Cluster: true})
	var where []string
	for _, found := range inspect(t, s, 3) {
		where = append(where, found.Where)
	}
	slices.Sort(where)
	slices.Sort(cluster)
	if !slices.Equal(where, cluster) {
		t.Errorf("%v, want %v", where, cluster)
	}
}

// Inspect works without the right to INFO.
func TestInspectDoesWithoutINFO(t *testing.T) {
	addr := testserver.StartRedis(t, "--user", "app", "on", ">word", "~*", "+@all", "-info").Addr()
	s := open(t, redisstore.Options{Addrs: []string{addr}, Username: "app", Password: "word"})
	found := inspect(t, s, 1)[0]
	if found.Err != nil || found.Product != "" || found.Latency <= 0 || len(found.Figures) != 0 {
		t.Errorf("%+v", found)
	}
}
