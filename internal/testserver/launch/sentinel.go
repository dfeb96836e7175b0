package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// RedisSentinels starts so many Sentinels that watch, by the name, the primary
// at the address and its replicas, which have been started before. It returns
// when all Sentinels know each other and the replicas. They take the primary as
// down after 500 ms. More settings are lines as in sentinel.conf.
func RedisSentinels(ctx context.Context, count int, name, primary string, settings ...string) (Group, error) {
	replicas, err := connectedReplicas(ctx, primary)
	if err != nil {
		return nil, err
	}
	var group Group
	for range count {
		p, err := sentinel(ctx, count/2+1, name, primary, settings)
		if err != nil {
			return nil, errors.Join(err, group.Close())
		}
		group = append(group, p)
	}
	knows := []string{"status=ok", "slaves=" + replicas, fmt.Sprintf("sentinels=%d\r\n", count)}
	for _, p := range group {
		err := Await(ctx, func(ctx context.Context) error { return answers(ctx, p.Addr(), "INFO sentinel", knows...) })
		if err != nil {
			return nil, errors.Join(err, group.Close())
		}
	}
	return group, nil
}

func sentinel(ctx context.Context, quorum int, name, primary string, settings []string) (*Process, error) {
	host, primaryPort, err := net.SplitHostPort(primary)
	if err != nil {
		return nil, err
	}
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	lines := append([]string{
		"bind " + loopback,
		"port " + port.String(),
		fmt.Sprintf("sentinel monitor %s %s %s %d", name, host, primaryPort, quorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s 500", name),
		fmt.Sprintf("sentinel failover-timeout %s 5000", name),
	}, settings...)
	return Start(ctx, Command{
		Program: "redis-server",
		Args:    []string{"sentinel.conf", "--sentinel"},
		Ports:   []*Port{port},
		User:    nobody,
		Prepare: func(_ context.Context, dir string) error {
			return writeFile(nobody, dir, "sentinel.conf", strings.Join(lines, "\n")+"\n")
		},
		Ready: redisReady,
	})
}

// connectedReplicas returns how many replicas a primary has, in digits.
func connectedReplicas(ctx context.Context, primary string) (string, error) {
	info, err := ask(ctx, primary, "INFO replication")
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(info, "connected_slaves:")
	replicas, _, found := strings.Cut(rest, "\r\n")
	if !found {
		return "", fmt.Errorf("%s does not say how many replicas it has: %s", primary, info)
	}
	return replicas, nil
}
