package redisstore

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"

	"github.com/redis/go-redis/v9"
)

// AddHook adds a hook to the client for the primary.
func (s *Store) AddHook(h redis.Hook) { s.primary.client.AddHook(h) }

// Track returns conn as the store's dialer gives it to the client.
func Track(conn net.Conn) net.Conn {
	return &trackedConn{Conn: conn, socket: conn, dialer: newDialer(Options{})}
}

// ClientLog is what replaces the logger of go-redis.
type ClientLog struct{ *clientLog }

// NewClientLog returns one that writes to plain before it has a user.
func NewClientLog(plain io.Writer) ClientLog {
	return ClientLog{newClientLog(log.New(plain, "redis: ", 0))}
}

// Use directs the lines to logger until release is called.
func (l ClientLog) Use(logger *slog.Logger, secrets ...string) (release func()) {
	return l.use(logger, secrets)
}

// Print writes a line as go-redis does.
func (l ClientLog) Print(format string, args ...any) { l.Printf(context.Background(), format, args...) }
