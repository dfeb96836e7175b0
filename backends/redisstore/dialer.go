package redisstore

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// dialer makes the connections of a store and knows those that are open. The
// client loses sight of one that fails while it is being set up, and would
// leave it to the garbage collector.
type dialer struct {
	timeout time.Duration
	tls     *tls.Config

	mu     sync.Mutex
	closed bool
	open   map[*trackedConn]struct{}
}

func newDialer(opts Options) *dialer {
	return &dialer{timeout: opts.DialTimeout, tls: opts.TLS, open: make(map[*trackedConn]struct{})}
}

// trackedConn is a connection that its dialer forgets when it is closed. It is
// a *net.TCPConn, not any net.Conn, so that the client can look at the socket
// before it uses an idle connection again.
type trackedConn struct {
	*net.TCPConn
	dialer *dialer
}

func (c *trackedConn) Close() error {
	c.dialer.mu.Lock()
	delete(c.dialer.open, c)
	c.dialer.mu.Unlock()
	return c.TCPConn.Close()
}

// dial connects to addr, and sets up TLS if that is asked for.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	tracked := &trackedConn{conn.(*net.TCPConn), d}
	if !d.track(tracked) {
		_ = tracked.Close() // nothing was sent that could be lost
		return nil, redis.ErrClosed
	}
	if d.tls == nil {
		return tracked, nil
	}
	return secure(ctx, tracked, d.tls, addr)
}

func (d *dialer) track(c *trackedConn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.open[c] = struct{}{}
	}
	return !d.closed
}

func secure(ctx context.Context, conn net.Conn, config *tls.Config, addr string) (net.Conn, error) {
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		config = config.Clone()
		config.ServerName = host
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// close closes what the clients, closed before, have left open, and lets no
// more be opened.
func (d *dialer) close() {
	d.mu.Lock()
	left := d.open
	d.open, d.closed = nil, true
	d.mu.Unlock()
	for conn := range left {
		_ = conn.TCPConn.Close()
	}
}
