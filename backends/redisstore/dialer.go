package redisstore

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"
	"weak"

	"github.com/redis/go-redis/v9"
)

// dialer makes the connections of a store and knows those that are open. The
// client loses sight of one that fails while it is being set up: that is closed
// with the store, or by the garbage collector before.
type dialer struct {
	timeout time.Duration
	tls     *tls.Config

	mu     sync.Mutex
	closed bool
	open   map[weak.Pointer[trackedConn]]struct{}
}

func newDialer(opts Options) *dialer {
	return &dialer{timeout: opts.DialTimeout, tls: opts.TLS, open: make(map[weak.Pointer[trackedConn]]struct{})}
}

// trackedConn is a connection that its dialer forgets when it is closed. It is
// a *net.TCPConn, not any net.Conn, so that the client can look at the socket
// before it uses an idle connection again.
//
// It closes itself at the first error. The client closes no connection that
// fails while it is being set up, so each attempt to reach a server that accepts
// and does not answer would leave one.
type trackedConn struct {
	*net.TCPConn
	dialer *dialer

	fail  sync.Once
	cause error // the first error, under fail
}

// failed returns nil if err is, and otherwise closes the connection and returns
// the first error: the client tries once more, and would tell that the
// connection is closed.
func (c *trackedConn) failed(err error) error {
	if err == nil {
		return nil
	}
	c.fail.Do(func() {
		c.cause = err
		_ = c.Close()
	})
	return c.cause
}

func (c *trackedConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	return n, c.failed(err)
}

func (c *trackedConn) Write(b []byte) (int, error) {
	n, err := c.TCPConn.Write(b)
	return n, c.failed(err)
}

func (c *trackedConn) SetDeadline(t time.Time) error {
	return c.failed(c.TCPConn.SetDeadline(t))
}

func (c *trackedConn) SetReadDeadline(t time.Time) error {
	return c.failed(c.TCPConn.SetReadDeadline(t))
}

func (c *trackedConn) SetWriteDeadline(t time.Time) error {
	return c.failed(c.TCPConn.SetWriteDeadline(t))
}

func (c *trackedConn) Close() error {
	c.dialer.forget(weak.Make(c))
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
	tracked := &trackedConn{TCPConn: conn.(*net.TCPConn), dialer: d}
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
		ref := weak.Make(c)
		d.open[ref] = struct{}{}
		runtime.AddCleanup(c, d.forget, ref) // its socket has a cleanup of its own
	}
	return !d.closed
}

func (d *dialer) forget(ref weak.Pointer[trackedConn]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, ref)
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
	for ref := range left {
		if conn := ref.Value(); conn != nil {
			_ = conn.TCPConn.Close()
		}
	}
}
