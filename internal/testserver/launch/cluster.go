package launch

import (
	"context"
	"errors"
	"fmt"
)

const clusterSlots = 16384

// RedisCluster starts a Redis Cluster of so many primaries, which share the
// slots evenly and in order, and returns when all know all. More arguments are
// settings of each node.
func RedisCluster(ctx context.Context, nodes int, args ...string) (Group, error) {
	return startCluster(ctx, false, nodes, args)
}

// RedisClusterTLS is RedisCluster for nodes that speak only TLS 1.3, to each other
// too, as RedisTLS has it.
func RedisClusterTLS(ctx context.Context, nodes int, args ...string) (Group, error) {
	return startCluster(ctx, true, nodes, append([]string{"--tls-cluster", "yes"}, args...))
}

func startCluster(ctx context.Context, secure bool, nodes int, args []string) (Group, error) {
	var group Group
	for range nodes {
		node, err := clusterNode(ctx, secure, args)
		if err != nil {
			return nil, errors.Join(err, group.Close())
		}
		group = append(group, node)
	}
	if err := join(ctx, group); err != nil {
		return nil, errors.Join(err, group.Close())
	}
	return group, nil
}

// clusterNode starts a node, whose second port is the one for other nodes.
func clusterNode(ctx context.Context, secure bool, args []string) (*Process, error) {
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	bus, err := Reserve()
	if err != nil {
		port.Release()
		return nil, err
	}
	settings := []string{"--cluster-enabled", "yes", "--cluster-port", bus.String()}
	return startRedis(ctx, secure, []*Port{port, bus}, append(settings, args...))
}

// join makes a cluster of the nodes.
func join(ctx context.Context, nodes Group) error {
	for i, node := range nodes {
		if err := assignSlots(ctx, node, i, len(nodes)); err != nil {
			return err
		}
		if err := meet(ctx, nodes[0], node); err != nil {
			return err
		}
	}
	return ClusterIsWhole(ctx, nodes)
}

// ClusterIsWhole returns when each node of a cluster knows all and takes commands,
// as it does a few seconds after it was started again.
func ClusterIsWhole(ctx context.Context, nodes Group) error {
	known := fmt.Sprintf("cluster_known_nodes:%d\r\n", len(nodes))
	for _, node := range nodes {
		err := Await(ctx, func(ctx context.Context) error {
			return answers(ctx, node.Addr(), "CLUSTER INFO", "cluster_state:ok", known)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// NodeOfSlot returns which of n nodes, as RedisCluster has started them, has a
// slot.
func NodeOfSlot(slot, n int) int {
	for i := range n {
		if _, end := slotsOf(i, n); slot < end {
			return i
		}
	}
	return n - 1
}

// slotsOf returns the first slot of the i-th of n nodes, and the one after its
// last.
func slotsOf(i, n int) (first, end int) { return i * clusterSlots / n, (i + 1) * clusterSlots / n }

// assignSlots gives a node the slots of the i-th of n, and an epoch: nodes of
// the same epoch would first have to agree who gets another.
func assignSlots(ctx context.Context, node *Process, i, n int) error {
	if _, err := ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1)); err != nil {
		return err
	}
	first, end := slotsOf(i, n)
	_, err := ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", first, end-1))
	return err
}

// meet introduces a node to another.
func meet(ctx context.Context, node, other *Process) error {
	ports := other.command.Ports
	_, err := ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER MEET %s %s %s", loopback, ports[0], ports[1]))
	return err
}
