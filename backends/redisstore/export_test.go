package redisstore

import "github.com/redis/go-redis/v9"

// AddHook adds a hook to the client for the primary.
func (s *Store) AddHook(h redis.Hook) { s.primary.client.AddHook(h) }
