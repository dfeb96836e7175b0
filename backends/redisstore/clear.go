package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// Clear implements [driver.Store]. It walks through all keys of the database,
// on a cluster through those of every primary, by SCAN with the prefix as the
// pattern, and removes those of the namespace by UNLINK, ClearBatch of
// the [StoreOptions] at a time: the time grows with the number of keys in the
// database, not with that in the namespace, and no single step is long. A store
// that is the Owner sends FLUSHDB instead of that. A key that a cluster moves
// to another node meanwhile may be missed.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	err := s.onPrimaries(ctx, func(ctx context.Context, client *redis.Client) error {
		if s.opts.Owner {
			return client.FlushDBAsync(ctx).Err()
		}
		return s.sweep(ctx, client, ns)
	})
	if s.replicas != nil {
		s.replicas.wroteAll()
	}
	return s.translate(ctx, err)
}

// onPrimaries calls do for each primary, for those of a cluster at the same
// time.
func (s *Store) onPrimaries(ctx context.Context, do func(context.Context, *redis.Client) error) error {
	if cluster, ok := s.primary.client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, do)
	}
	return do(ctx, s.primary.client.(*redis.Client))
}

// sweep removes the keys of ns that client's server holds.
func (s *Store) sweep(ctx context.Context, client *redis.Client, ns driver.Namespace) error {
	pattern := escapePattern(ns.Prefix) + ":[0-9]*:*"
	for cursor := uint64(0); ; {
		found, next, err := client.Scan(ctx, cursor, pattern, int64(s.opts.ClearBatch)).Result()
		if err != nil {
			return err
		}
		if err := s.remove(ctx, ns, found); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// remove removes those of the keys found that are in ns: the pattern finds
// others too, such as "shop:01:k" and "shop:1x:k" for "shop".
func (s *Store) remove(ctx context.Context, ns driver.Namespace, found []string) error {
	var keys [][]byte
	for _, key := range found {
		if key := []byte(key); ns.Contains(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return s.unlink(ctx, keys)
}

// escapePattern returns the pattern that matches prefix and nothing else.
func escapePattern(prefix string) string {
	escaped := make([]byte, 0, len(prefix)+8)
	for i := range len(prefix) {
		switch c := prefix[i]; c {
		case '*', '?', '[', ']', '^', '\\':
			escaped = append(escaped, '\\', c)
		default:
			escaped = append(escaped, c)
		}
	}
	return string(escaped)
}
