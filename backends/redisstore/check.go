package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// minVersion is the first major version of the server that has UNLINK. All
// other commands of the store are older.
const minVersion = 4

// check asks each server whether it is there and what it is.
func (s *Store) check(ctx context.Context, opts Options) error {
	if cluster, ok := s.primary.client.(*redis.ClusterClient); ok {
		return checkCluster(ctx, cluster, opts)
	}
	if err := checkServer(ctx, s.primary.client, opts.where(), "primary", opts); err != nil || s.replicas == nil {
		return err
	}
	for i, n := range s.replicas.nodes {
		if err := checkServer(ctx, n.client, opts.Replicas[i], "replica", opts); err != nil {
			return err
		}
	}
	return nil
}

// checkCluster asks every primary. One that cannot be reached is left to the
// operations on its keys, if another answers: a program may start while a node is
// down.
func checkCluster(ctx context.Context, cluster *redis.ClusterClient, opts Options) error {
	began := time.Now()
	var answered atomic.Bool // the primaries are checked at the same time
	var unreached atomic.Pointer[error]
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, client *redis.Client) error {
		err := checkServer(ctx, client, client.Options().Addr, "cluster", opts)
		if err != nil && isUnreached(err) {
			unreached.CompareAndSwap(nil, &err)
			return nil
		}
		answered.Store(true)
		return err
	})
	switch first := unreached.Load(); {
	case err == nil && first != nil && !answered.Load():
		return *first
	case err != nil && !answered.Load():
		return noAnswer(ctx, err, opts.where(), began, opts)
	}
	return err
}

// isUnreached reports whether err says that there was no answer, rather than what
// it was.
func isUnreached(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled) || errors.Is(err, redis.ErrPoolTimeout)
}

// checkServer asks one server, which is to play the role of a primary, a
// replica or a node of a cluster.
func checkServer(ctx context.Context, client redis.Cmdable, where, role string, opts Options) error {
	began := time.Now()
	if err := client.Ping(ctx).Err(); err != nil {
		return noAnswer(ctx, err, where, began, opts)
	}
	text, err := client.Info(ctx).Result()
	if err != nil && !isReply(err) { // a user without the right to INFO may well have all others
		return noAnswer(ctx, err, where, began, opts)
	}
	if err := readInfo(text).suits(where, role); err != nil || role == "replica" {
		return err
	}
	return checkPermissions(ctx, client, where, opts)
}

// noAnswer says in one line which server did not answer, after how long, and
// what to do about it where that is known.
func noAnswer(ctx context.Context, err error, where string, began time.Time, opts Options) error {
	if ended := endedContext(ctx, err); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w (%w)", ended, err)
	}
	text := err.Error()
	for _, known := range []struct{ reply, format string }{
		{"WRONGPASS", "%s refuses the user name or the password: %w"},
		{"invalid password", "%s refuses the user name or the password: %w"},
		{"NOPERM", "%s does not let the user run a command that the store needs: %w"},
		{"NOAUTH", "%s wants a password, and none is given: %w"},
		{"DB index is out of range", "%s has no database " + strconv.Itoa(opts.DB) + ": %w"},
		{"invalid DB index", "%s has no database " + strconv.Itoa(opts.DB) + ": %w"},
		{"cluster support disabled", "%s is not a cluster: use redis:// instead of redis+cluster://: %w"},
		{"SELECT is not allowed in cluster mode", "%s has no database " + strconv.Itoa(opts.DB) + ", being a cluster: %w"},
		{"ERR unknown command", "%s is not the server that the settings say, or too old: %w"},
	} {
		if strings.Contains(text, known.reply) {
			return fmt.Errorf("redisstore: "+known.format, where, err)
		}
	}
	return fmt.Errorf("redisstore: no answer from %s after %s: %w", where, time.Since(began).Round(time.Millisecond), err)
}

// info is what INFO says, by name.
type info map[string]string

func readInfo(text string) info {
	fields := make(info)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// suits reports whether the server can play role. What it does not say is
// taken for right.
func (i info) suits(where, role string) error {
	major, _, _ := strings.Cut(i["redis_version"], ".")
	if n, err := strconv.Atoi(major); err == nil && n < minVersion {
		return fmt.Errorf("redisstore: %s is Redis %s, which is too old: %d.0 is needed, for UNLINK", where, i["redis_version"], minVersion)
	}
	switch mode := i["redis_mode"]; {
	case mode == "sentinel":
		return fmt.Errorf("redisstore: %s is a Sentinel: use redis+sentinel:// with the name of the primary", where)
	case mode == "cluster" && role != "cluster":
		return fmt.Errorf("redisstore: %s is a node of a cluster: use redis+cluster://", where)
	}
	if role == "primary" && i["role"] == "slave" {
		return fmt.Errorf("redisstore: %s is a replica of %s:%s: name that one, and this in replicas", where, i["master_host"], i["master_port"])
	}
	return nil
}
