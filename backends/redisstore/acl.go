package redisstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// probes are the commands of a store, each in a form that changes nothing: key does not
// exist, and a server looks at permissions before it looks at arguments.
func probes(key string, owner bool) [][]any {
	all := [][]any{
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
	if owner {
		// Without the right, the first word is refused; with it, the second is no mode.
		return append(all, []any{"flushdb", "no mode"})
	}
	return all
}

// checkPermissions reports which of the commands of a store the user may not run, all in
// one round trip. Any other answer, of a cluster that the key is elsewhere, or that the
// user has no right to this key, is none of its concern.
func checkPermissions(ctx context.Context, client redis.Cmdable, where string, opts Options) error {
	key := "larder:probe:" + rand.Text()
	commands := probes(key, opts.Owner)
	replies, _ := client.Pipelined(ctx, func(p redis.Pipeliner) error { // each reply has its error
		for _, command := range commands {
			p.Do(ctx, command...)
		}
		return nil
	})
	var missing []string
	var first error
	for i, reply := range replies {
		if err := reply.Err(); isForbidden(err) {
			missing = append(missing, "+"+commands[i][0].(string))
			first = cmp.Or(first, err)
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("redisstore: %s does not let the user run all commands that the store needs: allow %s (ACL SETUSER): %w",
		where, strings.Join(missing, " "), first)
}

// isForbidden reports whether err says that the user may not run a command, whatever the
// key.
func isForbidden(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") && strings.Contains(err.Error(), "command")
}
