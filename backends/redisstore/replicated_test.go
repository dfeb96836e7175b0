package redisstore_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/internal/testserver"
)

// replicated is a primary with two replicas. The settler waits until they have
// what the primary has.
func replicated(tb testing.TB, window time.Duration) (*topology, *settler) {
	primary := testserver.StartRedis(tb, "--databases", "10000")
	opts := redisstore.Options{Addrs: []string{primary.Addr()}, ReadYourWrites: window}
	for range 2 {
		replica := testserver.StartRedisReplica(tb, primary.Addr(), "--databases", "10000")
		opts.Replicas = append(opts.Replicas, replica.Addr())
	}
	settle := &settler{rawClient(tb, redis.NewClient(&redis.Options{Addr: primary.Addr(), DB: 0})), len(opts.Replicas)}
	top := databases(primary.Addr(), opts)
	top.settle = func(tb testing.TB) {
		tb.Helper()
		if err := settle.wait(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	return top, settle
}

// stray makes a replica follow nobody, with the data that it has, except for being
// read-only.
func stray(tb testing.TB, addr string) {
	tb.Helper()
	admin := redis.NewClient(&redis.Options{Addr: addr})
	defer admin.Close()
	if err := admin.Do(tb.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		tb.Fatal(err)
	}
}

// settler is a hook that returns from a command when all replicas know of it.
type settler struct {
	primary  *redis.Client
	replicas int
}

// wait writes to a database that no store has, and waits for the replicas to
// have that, and so all that came before.
func (s *settler) wait(ctx context.Context) error {
	reached := redis.NewIntCmd(ctx, "wait", s.replicas, 10_000)
	_, err := s.primary.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "settled", time.Now().UnixNano(), 0)
		return p.Process(ctx, reached)
	})
	if err == nil && reached.Val() != int64(s.replicas) {
		err = fmt.Errorf("%d of %d replicas have the last write", reached.Val(), s.replicas)
	}
	return err
}

func (s *settler) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (s *settler) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if ctx.Err() == nil {
			if err := s.wait(ctx); err != nil {
				return err
			}
		}
		return err
	}
}

func (s *settler) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		if ctx.Err() == nil {
			if err := s.wait(ctx); err != nil {
				return err
			}
		}
		return err
	}
}

func flush(ctx context.Context, c *redis.Client) error { return c.FlushDB(ctx).Err() }
