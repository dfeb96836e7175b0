package testbackends

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testserver"
)

// Server says how tests start the server of a backend, and which options bound its use.
type Server struct {
	// Start starts a server for this test with an empty cache. at returns the URL of the
	// cache for the address of the server, or for that of a proxy before it.
	Start func(tb testing.TB) (p Process, at func(addr string) string)

	// Timeouts are the options that bound how long an operation waits for the server.
	Timeouts []string

	// PoolSize is the option that bounds the number of connections to the server.
	PoolSize string
}

// Process is a server that a test has started.
type Process interface {
	Addr() string // host:port
	Kill()        // as a crash would
	Restart(ctx context.Context) error
}

var redis = Server{
	Start: func(tb testing.TB) (Process, func(string) string) {
		return testserver.StartRedis(tb), func(addr string) string { return "redis://" + addr }
	},
	Timeouts: []string{"dial_timeout", "read_timeout", "write_timeout"},
	PoolSize: "pool_size",
}

var memcached = Server{
	Start: func(tb testing.TB) (Process, func(string) string) {
		return testserver.StartMemcached(tb), func(addr string) string { return "memcached://" + addr }
	},
	Timeouts: []string{"io_timeout"},
	PoolSize: "max_conns",
}

// LongTimeout is a time-out for tests in which no operation is to time out: it is long enough
// on a busy machine under the race detector.
const LongTimeout = 10 * time.Second

// ownURL returns the URL of a cache on a server that it starts.
func (s *Server) ownURL(tb testing.TB) string {
	p, at := s.Start(tb)
	return s.WithTimeout(at(p.Addr()), LongTimeout)
}

// WithTimeout adds a time-out of operations to the URL of a cache.
func (s *Server) WithTimeout(address string, timeout time.Duration) string {
	for _, option := range s.Timeouts {
		address = With(address, option, timeout.String())
	}
	return address
}

// WithPoolSize adds a bound of connections to the URL of a cache.
func (s *Server) WithPoolSize(address string, conns int) string {
	return With(address, s.PoolSize, strconv.Itoa(conns))
}
