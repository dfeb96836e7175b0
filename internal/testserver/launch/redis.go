package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Redis starts redis-server on a free port, without persistence. More arguments
// are settings as in redis.conf ("--maxmemory", "1mb"); they win.
func Redis(ctx context.Context, args ...string) (*Process, error) {
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	return startRedis(ctx, false, []*Port{port}, args)
}

// RedisTLS is Redis for a server that speaks only TLS 1.3, with the files of this
// package in its folder. It asks no certificate of clients unless told so
// ("--tls-auth-clients", "yes").
func RedisTLS(ctx context.Context, args ...string) (*Process, error) {
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	return startRedis(ctx, true, []*Port{port}, args)
}

// startRedis starts redis-server on the first of the ports.
func startRedis(ctx context.Context, secure bool, ports []*Port, args []string) (*Process, error) {
	settings := []string{"--bind", loopback, "--save", "", "--repl-diskless-sync-delay", "0"}
	command := Command{Program: "redis-server", Ports: ports, User: nobody, Ready: redisReady}
	for _, s := range listening(secure, ports[0]) {
		settings = append(settings, "--"+s[0], s[1])
	}
	if secure {
		command.Prepare = writeIdentity
	}
	command.Args = append(settings, args...)
	return Start(ctx, command)
}

// listening returns the settings, by name and value, for a Redis or a Sentinel at
// a port.
func listening(secure bool, port *Port) [][2]string {
	if !secure {
		return [][2]string{{"port", port.String()}}
	}
	return append([][2]string{{"port", "0"}, {"tls-port", port.String()}}, tlsSettings...)
}

// RedisReplica starts a replica of the server at primary (host:port), and
// returns when it has the primary's data.
func RedisReplica(ctx context.Context, primary string, args ...string) (*Process, error) {
	host, port, err := net.SplitHostPort(primary)
	if err != nil {
		return nil, err
	}
	p, err := Redis(ctx, append([]string{"--replicaof", host + " " + port}, args...)...)
	if err != nil {
		return nil, err
	}
	err = Await(ctx, func(ctx context.Context) error {
		return answers(ctx, p.Addr(), "INFO replication", "master_link_status:up")
	})
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// redisReady takes a server that asks for a password as ready: it answers.
func redisReady(ctx context.Context, addr string) error {
	_, err := ask(ctx, addr, "PING")
	if err != nil && strings.HasPrefix(err.Error(), "NOAUTH ") {
		return nil
	}
	return err
}

// answers checks that the reply to a command has each of the texts in it.
func answers(ctx context.Context, addr, command string, texts ...string) error {
	reply, err := ask(ctx, addr, command)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if !strings.Contains(reply, text) {
			return fmt.Errorf("the reply of %s to %s has no %s:\n%s", addr, command, text, reply)
		}
	}
	return nil
}
