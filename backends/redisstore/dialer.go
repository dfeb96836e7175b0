package redisstore

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"syscall"
	"time"
	"weak"

	"github.com/redis/go-redis/v9"
)

// dialer makes the connections of a store and knows those that are open. The
// client loses sight of one that fails while it is being set up: that is closed
// with the store, or by the garbage collector before.
type dialer struct {
	timeout time.Duration
	tls     *tls.Config // nil for none

	mu     sync.Mutex
	closed bool
	open   map[weak.Pointer[trackedConn]]struct{}
}

// socketConn is what the system gives: a *net.TCPConn or a *net.UnixConn.
type socketConn interface {
	net.Conn
	syscall.Conn
}

func newDialer(opts Options) *dialer {
	return &dialer{timeout: opts.DialTimeout, tls: opts.TLS, open: make(map[weak.Pointer[trackedConn]]struct{})}
}

// dial connects to addr, and sets up TLS if that is asked for.
// The network is "unix" where addr is a path.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	dialled, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	socket := dialled.(socketConn)
	c := &trackedConn{Conn: socket, socket: socket, dialer: d}
	var secured *tls.Conn
	if d.tls != nil {
		secured = tls.Client(socket, d.configFor(addr))
		c.Conn = secured
	}
	if !d.track(c) {
		c.abandon() // nothing was sent that could be lost
		return nil, redis.ErrClosed
	}
	if secured == nil {
		return plainConn{c, socket}, nil
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		c.abandon()
		return nil, err
	}
	return c, nil
}

// configFor returns the TLS configuration for addr, whose host is on the server's
// certificate unless the options name another.
func (d *dialer) configFor(addr string) *tls.Config {
	if d.tls.ServerName != "" {
		return d.tls
	}
	config := d.tls.Clone()
	config.ServerName, _, _ = net.SplitHostPort(addr) // it was dialled, so it is host:port
	return config
}

// track reports whether c may be used: not after close.
func (d *dialer) track(c *trackedConn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		ref := weak.Make(c)
		d.open[ref] = struct{}{}
		runtime.AddCleanup(c, d.forgetRef, ref) // its socket has a cleanup of its own
	}
	return !d.closed
}

func (d *dialer) forget(c *trackedConn) { d.forgetRef(weak.Make(c)) }

func (d *dialer) forgetRef(ref weak.Pointer[trackedConn]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, ref)
}

// close closes every connection, which ends what waits for one, and lets no more
// be opened.
func (d *dialer) close() {
	d.mu.Lock()
	left := d.open
	d.open, d.closed = nil, true
	d.mu.Unlock()
	for ref := range left {
		if conn := ref.Value(); conn != nil {
			_ = conn.Close() // what fails to close is closed
		}
	}
}
