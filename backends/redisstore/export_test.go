package redisstore

import (
	"net"

	"github.com/redis/go-redis/v9"
)

// AddHook adds a hook to the client for the primary.
func (s *Store) AddHook(h redis.Hook) { s.primary.client.AddHook(h) }

// Track returns conn as the store's dialer gives it to the client.
func Track(conn net.Conn) net.Conn {
	return &trackedConn{Conn: conn, socket: conn, dialer: newDialer(Options{})}
}
