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
	return startSentinels(ctx, false, count, name, primary, settings)
}

// RedisSentinelsTLS is RedisSentinels for Sentinels that speak only TLS 1.3, to
// the primary too, as RedisTLS has it.
func RedisSentinelsTLS(ctx context.Context, count int, name, primary string, settings ...string) (Group, error) {
	return startSentinels(ctx, true, count, name, primary, settings)
}

func startSentinels(ctx context.Context, secure bool, count int, name, primary string, settings []string) (Group, error) {
	replicas, err := connectedReplicas(ctx, primary)
	if err != nil {
		return nil, err
	}
	var group Group
	for range count {
		p, err := sentinel(ctx, secure, count/2+1, name, primary, settings)
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

func sentinel(ctx context.Context, secure bool, quorum int, name, primary string, settings []string) (*Process, error) {
	host, primaryPort, err := net.SplitHostPort(primary)
	if err != nil {
		return nil, err
	}
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	lines := []string{"bind " + loopback}
	for _, s := range listening(secure, port) {
		lines = append(lines, s[0]+" "+s[1])
	}
	lines = append(lines,
		fmt.Sprintf("sentinel monitor %s %s %s %d", name, host, primaryPort, quorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s 500", name),
		fmt.Sprintf("sentinel failover-timeout %s 5000", name))
	lines = append(lines, settings...)
	return Start(ctx, Command{
		Program: "redis-server",
		Args:    []string{"sentinel.conf", "--sentinel"},
		Ports:   []*Port{port},
		User:    nobody,
		Prepare: func(ctx context.Context, dir string) error {
			if secure {
				if err := writeIdentity(ctx, dir); err != nil {
					return err
				}
			}
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
