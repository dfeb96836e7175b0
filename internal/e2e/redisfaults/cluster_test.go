package redisfaults

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// tag puts all keys that contain it into one slot.
const tag = "{moving}"

// A cluster tells nobody but those who ask for what has moved: they are
// redirected, and no operation fails.
func TestAClusterMovesASlot(t *testing.T) {
	forms(t, func(t *testing.T, pipeline bool) {
		addrs := testserver.StartRedisCluster(t, 3).Addrs()
		s := open(t, cache.Config{
			Backend:  "redis+cluster",
			Location: "redis+cluster://" + strings.Join(addrs, ","),
			Options:  options("pipeline", pipeline, "read_timeout", longTimeout),
		}, addrs...)
		elsewhere := load.Start(t, s, load.Options{Workers: 4, Kind: load.RedisErrors})
		traffic := load.Start(t, s, load.Options{Workers: 6, Prefix: tag, Kind: load.RedisErrors})
		traffic.Until(t, load.Recovered(500))
		nodes := knowEachOther(t, addrs)
		for range 3 { // around the cluster, and back
			move(t, nodes, traffic)
		}
		elsewhere.Mark()
		elsewhere.Until(t, load.Recovered(100))
		for _, report := range []load.Report{elsewhere.Stop(), s.finish(t, traffic)} {
			withoutError(t, report)
		}
	})
}

// node is one of a cluster.
type node struct {
	*redis.Client
	id, host, port string
}

func knowEachOther(t *testing.T, addrs []string) []node {
	t.Helper()
	nodes := make([]node, len(addrs))
	for i, addr := range addrs {
		client := admin(t, addr)
		id, err := client.Do(t.Context(), "cluster", "myid").Text()
		if err != nil {
			t.Fatal(err)
		}
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = node{client, id, host, port}
	}
	return nodes
}

// move moves the slot of tag from the node that has it to the next, in small
// steps between which the traffic goes on.
func move(t *testing.T, nodes []node, traffic *load.Traffic) {
	t.Helper()
	slot, err := nodes[0].ClusterKeySlot(t.Context(), tag).Result()
	if err != nil {
		t.Fatal(err)
	}
	at := owner(t, nodes, slot)
	from, to := nodes[at], nodes[(at+1)%len(nodes)]
	do(t, to, "cluster", "setslot", slot, "importing", from.id)
	do(t, from, "cluster", "setslot", slot, "migrating", to.id)
	for {
		traffic.Mark()
		traffic.Until(t, load.Done(40))
		keys, err := from.ClusterGetKeysInSlot(t.Context(), int(slot), 8).Result()
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) == 0 {
			break
		}
		args := []any{"migrate", to.host, to.port, "", 0, 5000, "keys"}
		for _, key := range keys {
			args = append(args, key)
		}
		do(t, from, args...)
	}
	do(t, to, "cluster", "setslot", slot, "node", to.id)
	for _, other := range nodes {
		do(t, other, "cluster", "setslot", slot, "node", to.id)
	}
	traffic.Mark()
	traffic.Until(t, load.Recovered(300))
}

// owner returns the index of the node that has the slot.
func owner(t *testing.T, nodes []node, slot int64) int {
	t.Helper()
	for i, n := range nodes {
		text, err := n.ClusterNodes(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if fields := strings.Fields(line); strings.Contains(fields[2], "myself") && has(fields[8:], slot) {
				return i
			}
		}
	}
	t.Fatalf("no node has the slot %d", slot)
	return 0
}

// has reports whether a slot is in ranges such as "0-5460" and "7000".
func has(ranges []string, slot int64) bool {
	for _, r := range ranges {
		first, last, isRange := strings.Cut(r, "-")
		if !isRange {
			last = first
		}
		low, lowErr := strconv.ParseInt(first, 10, 64)
		high, highErr := strconv.ParseInt(last, 10, 64)
		if lowErr == nil && highErr == nil && low <= slot && slot <= high {
			return true
		}
	}
	return false
}

func do(t *testing.T, n node, args ...any) {
	t.Helper()
	if err := n.Do(context.WithoutCancel(t.Context()), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}
