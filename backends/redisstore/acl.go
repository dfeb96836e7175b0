package redisstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// probes are the commands of a store, each in a form that changes nothing, since key does
// not exist. FLUSHDB has no such form: some servers ignore arguments that they do not know.
func probes(key string) [][]any {
	return [][]any{
		{"get", key},
		{"mget", key},
		{"getrange", key, 0, 0},
		{"exists", key},
		{"pttl", key},
		{"set", key, "", "xx"},
		{"pexpire", key, 1},
		{"persist", key},
		{"incrby", key, "no number"},
		{"unlink", key},
		{"eval", "return 1", 1, key},
		{"evalsha", strings.Repeat("0", 40), 1, key},
		{"scan", 0, "match", key, "count", 1},
	}
}

// checkPermissions reports which of the commands of a store the user may not run, all in
// one round trip. Any other answer, of a cluster that the key is elsewhere, or that the
// user has no right to this key, is none of its concern.
//
// Whether an owner may run FLUSHDB is asked by ACL DRYRUN (Redis 7), which runs nothing.
// Where the server does not know that, or the user may not ask it, Clear tells.
func checkPermissions(ctx context.Context, client redis.Cmdable, where string, opts Options) error {
	commands := probes("larder:probe:" + rand.Text())
	var flush *redis.Cmd
	replies, _ := client.Pipelined(ctx, func(p redis.Pipeliner) error { // each reply has its error
		for _, command := range commands {
			p.Do(ctx, command...)
		}
		if opts.Owner {
			flush = p.Do(ctx, "acl", "dryrun", cmp.Or(opts.Username, "default"), "flushdb", "async")
		}
		return nil
	})
	var missing []string
	var first error
	for i, command := range commands {
		if err := replies[i].Err(); isForbidden(err) {
			missing = append(missing, "+"+command[0].(string))
			first = cmp.Or(first, err)
		}
	}
	if err := refusal(flush); err != nil {
		missing = append(missing, "+flushdb")
		first = cmp.Or(first, err)
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("redisstore: %s does not let the user run all commands that the store needs: allow %s (ACL SETUSER): %w",
		where, strings.Join(missing, " "), first)
}

// refusal is what ACL DRYRUN has answered if that is not OK, as an error. It is nil if the
// command failed, which says nothing about the command that it was asked about.
func refusal(dryRun *redis.Cmd) error {
	if dryRun == nil {
		return nil
	}
	text, err := dryRun.Text()
	if err != nil || text == "OK" {
		return nil
	}
	return errors.New(text)
}

// isForbidden reports whether err says that the user may not run a command, whatever the
// key.
func isForbidden(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") && strings.Contains(err.Error(), "command")
}
