package redisstore

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

var _ driver.Inspector = (*Store)(nil)

// Inspect implements [driver.Inspector] by PING and INFO to every primary and
// replica. The figures are the server's and the database's, whoever uses them:
// the entries of one alias can be counted only by looking at every key.
func (s *Store) Inspect(ctx context.Context) ([]driver.Inspection, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	var (
		mu    sync.Mutex // the primaries of a cluster are asked at the same time
		found []driver.Inspection
	)
	err := s.onPrimaries(ctx, func(ctx context.Context, client *redis.Client) error {
		i := s.inspect(ctx, client)
		mu.Lock()
		defer mu.Unlock()
		found = append(found, i)
		return nil
	})
	if err != nil {
		return nil, s.translate(ctx, err)
	}
	if s.replicas != nil {
		for _, n := range s.replicas.nodes {
			if client, ok := n.client.(*redis.Client); ok {
				found = append(found, s.inspect(ctx, client))
			}
		}
	}
	return found, nil
}

// inspect asks one server. A user without the right to INFO may well have all
// others.
func (s *Store) inspect(ctx context.Context, client *redis.Client) driver.Inspection {
	i := driver.Inspection{Where: s.address(client)}
	began := time.Now()
	i.Err = s.translate(ctx, client.Ping(ctx).Err())
	i.Latency = time.Since(began)
	if i.Err != nil {
		return i
	}
	text, err := client.Info(ctx).Result()
	if err != nil && !isReply(err) {
		i.Err = s.translate(ctx, err)
		return i
	}
	about := readInfo(text)
	if version := about["redis_version"]; version != "" {
		i.Product = "Redis " + version
	}
	i.Figures = about.figures(client.Options().DB)
	return i
}

// address names the server of client, which that of Sentinels does not tell.
func (s *Store) address(client *redis.Client) string {
	if addr := client.Options().Addr; strings.Contains(addr, ":") {
		return addr
	}
	return s.about
}

func (i info) figures(db int) []driver.Figure {
	if len(i) == 0 {
		return nil
	}
	name := "db" + strconv.Itoa(db)
	// keys=12,expires=3,avg_ttl=0; an empty database has no line.
	keys, _, _ := strings.Cut(strings.TrimPrefix(i[name], "keys="), ",")
	entries, _ := strconv.ParseInt(keys, 10, 64)
	figures := []driver.Figure{{Name: "entries", Of: "database " + strconv.Itoa(db), Value: entries}}
	for _, known := range []struct{ field, name, unit string }{
		{"used_memory", "memory", "bytes"},
		{"keyspace_hits", "hits", ""},
		{"keyspace_misses", "misses", ""},
		{"evicted_keys", "evictions", ""},
		{"connected_clients", "connections", ""},
	} {
		if n, err := strconv.ParseInt(i[known.field], 10, 64); err == nil {
			figures = append(figures, driver.Figure{Name: known.name, Of: "server", Value: n, Unit: known.unit})
		}
	}
	return figures
}
