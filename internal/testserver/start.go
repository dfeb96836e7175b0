package testserver

import (
	"context"
	"errors"
	"testing"

	"github.com/larder-go/larder/internal/testserver/launch"
)

// Process is a server that a test has started.
type Process = launch.Process

// FreePort returns a port of 127.0.0.1 that nobody listens on, and that no
// server is given before the end of the test.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := launch.Reserve()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(port.Release)
	return port.Number()
}

// Start starts a server for this test, which stops it at its end, and returns
// at once: Await says when it answers. User nobody runs it when the tests run
// as root. The folder of the process is its working directory.
func Start(tb testing.TB, program string, args ...string) *Process {
	tb.Helper()
	p, err := launch.Start(tb.Context(), launch.Command{Program: program, Args: args, User: "nobody"})
	return started(tb, p, err)
}

// Await waits until ready returns nil, and fails the test if that takes longer
// than 30 s.
func Await(tb testing.TB, ready func(context.Context) error) {
	tb.Helper()
	if err := launch.Await(tb.Context(), ready); err != nil {
		tb.Fatal(err)
	}
}

// StartRedis starts a Redis server for this test, as launch.Redis does.
func StartRedis(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p, err := launch.Redis(tb.Context(), args...)
	return started(tb, p, err)
}

// StartRedisTLS starts a Redis server that speaks only TLS 1.3 for this test, as
// launch.RedisTLS does.
func StartRedisTLS(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p, err := launch.RedisTLS(tb.Context(), args...)
	return started(tb, p, err)
}

// StartRedisReplica starts a replica for this test, as launch.RedisReplica does.
func StartRedisReplica(tb testing.TB, primary string, args ...string) *Process {
	tb.Helper()
	p, err := launch.RedisReplica(tb.Context(), primary, args...)
	return started(tb, p, err)
}

// StartRedisSentinels starts Sentinels for this test, as launch.RedisSentinels
// does.
func StartRedisSentinels(tb testing.TB, count int, name, primary string, settings ...string) launch.Group {
	tb.Helper()
	g, err := launch.RedisSentinels(tb.Context(), count, name, primary, settings...)
	return started(tb, g, err)
}

// StartRedisSentinelsTLS starts Sentinels that speak only TLS 1.3 for this test,
// as launch.RedisSentinelsTLS does.
func StartRedisSentinelsTLS(tb testing.TB, count int, name, primary string, settings ...string) launch.Group {
	tb.Helper()
	g, err := launch.RedisSentinelsTLS(tb.Context(), count, name, primary, settings...)
	return started(tb, g, err)
}

// StartRedisCluster starts a Redis Cluster for this test, as
// launch.RedisCluster does.
func StartRedisCluster(tb testing.TB, nodes int, args ...string) launch.Group {
	tb.Helper()
	g, err := launch.RedisCluster(tb.Context(), nodes, args...)
	return started(tb, g, err)
}

// StartRedisClusterTLS starts a Redis Cluster that speaks only TLS 1.3 for this
// test, as launch.RedisClusterTLS does.
func StartRedisClusterTLS(tb testing.TB, nodes int, args ...string) launch.Group {
	tb.Helper()
	g, err := launch.RedisClusterTLS(tb.Context(), nodes, args...)
	return started(tb, g, err)
}

// StartMemcached starts a Memcached server for this test, as launch.Memcached
// does.
func StartMemcached(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p, err := launch.Memcached(tb.Context(), args...)
	return started(tb, p, err)
}

// StartMemcachedUnix starts a Memcached server on a unix socket for this test,
// as launch.MemcachedUnix does.
func StartMemcachedUnix(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p, err := launch.MemcachedUnix(tb.Context(), args...)
	return started(tb, p, err)
}

// StartPostgres starts a PostgreSQL cluster for this test, as launch.Postgres
// does.
func StartPostgres(tb testing.TB, args ...string) *launch.PostgreSQL {
	tb.Helper()
	p, err := launch.Postgres(tb.Context(), args...)
	return started(tb, p, err)
}

// StartPgBouncer starts a PgBouncer before server for this test, as its method
// PgBouncer does.
func StartPgBouncer(tb testing.TB, server *launch.PostgreSQL, mode string, settings ...string) *launch.PostgreSQL {
	tb.Helper()
	p, err := server.PgBouncer(tb.Context(), mode, settings...)
	return started(tb, p, err)
}

// started hands a server to the test, or ends the test.
func started[P interface{ Close() error }](tb testing.TB, p P, err error) P {
	tb.Helper()
	if errors.Is(err, launch.ErrNotInstalled) {
		Unavailable(tb, err.Error())
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}
