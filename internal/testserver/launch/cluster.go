package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

const clusterSlots = 16384

// RedisCluster starts a Redis Cluster of so many primaries, which share the
// slots evenly and in order, and returns when all know all. More arguments are
// settings of each node.
func RedisCluster(ctx context.Context, nodes int, args ...string) (Group, error) {
	var group Group
	var buses []int
	for range nodes {
		bus, err := FreePort()
		if err != nil {
			return nil, errors.Join(err, group.Close())
		}
		node, err := Redis(ctx, append([]string{"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus)}, args...)...)
		if err != nil {
			return nil, errors.Join(err, group.Close())
		}
		group, buses = append(group, node), append(buses, bus)
	}
	if err := join(ctx, group, buses); err != nil {
		return nil, errors.Join(err, group.Close())
	}
	return group, nil
}

// join makes a cluster of the nodes, whose ports for each other are buses.
func join(ctx context.Context, nodes Group, buses []int) error {
	for i, node := range nodes {
		if err := assignSlots(ctx, node, i, len(nodes)); err != nil {
			return err
		}
		if err := meet(ctx, nodes[0], node, buses[i]); err != nil {
			return err
		}
	}
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

// assignSlots gives a node the slots of the i-th of n, and an epoch: nodes of
// the same epoch would first have to agree who gets another.
func assignSlots(ctx context.Context, node *Process, i, n int) error {
	if _, err := ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1)); err != nil {
		return err
	}
	first, end := i*clusterSlots/n, (i+1)*clusterSlots/n
	_, err := ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", first, end-1))
	return err
}

// meet introduces a node to another.
func meet(ctx context.Context, node, other *Process, bus int) error {
	host, port, err := net.SplitHostPort(other.Addr())
	if err != nil {
		return err
	}
	_, err = ask(ctx, node.Addr(), fmt.Sprintf("CLUSTER MEET %s %s %d", host, port, bus))
	return err
}
