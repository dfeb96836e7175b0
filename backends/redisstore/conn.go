package redisstore

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// trackedConn is a connection that its dialer knows while it is open.
//
// It closes itself at the first error that means that it is broken. The client
// closes no connection that fails while it is being set up, so each attempt to
// reach a server that accepts and does not answer would leave one.
//
// A deadline that passes does not always mean that. The client also looks, for a
// millisecond, whether the server has sent something on its own; where there is
// nothing, or only a session ticket of TLS 1.3, the look ends by its deadline and
// the connection is as good as before. What the two differ in is that the client
// has asked before it waits for a reply: it writes, sets the deadline for
// reading, and reads. Before a look it sets the deadline without having written.
type trackedConn struct {
	net.Conn           // what is read and written: the socket, or TLS over it
	socket   io.Closer // under Conn
	dialer   *dialer

	asked  atomic.Bool // something was written since the last deadline for reading
	waited atomic.Bool // what is read now is a reply

	fail  sync.Once
	cause error // the first error that broke the connection, under fail
}

// plainConn is a trackedConn without TLS. Through SyscallConn the client sees
// whether the server has closed an idle connection before it uses it again. Of
// TLS it sees nothing: what waits under it need not be meant for the client.
type plainConn struct {
	*trackedConn
	syscall.Conn
}

// failed returns nil if err is. Otherwise it closes the connection and returns the
// first error: the client tries again, and would report only that the
// connection is closed.
func (c *trackedConn) failed(err error) error {
	if err == nil {
		return nil
	}
	c.fail.Do(func() {
		c.cause = err
		c.abandon()
	})
	return c.cause
}

// abandon closes the socket. TLS is not told, which would wait for a server that
// does not read.
func (c *trackedConn) abandon() {
	c.dialer.forget(c)
	_ = c.socket.Close() // the error that led here is the one to report
}

// Read implements [net.Conn].
func (c *trackedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) && !c.waited.Load() {
		return n, err
	}
	return n, c.failed(err)
}

// Write implements [net.Conn]. After any error a part of b may have been sent, so
// the connection cannot be used again.
func (c *trackedConn) Write(b []byte) (int, error) {
	c.asked.Store(true)
	n, err := c.Conn.Write(b)
	return n, c.failed(err)
}

// SetDeadline implements [net.Conn].
func (c *trackedConn) SetDeadline(t time.Time) error { return c.failed(c.Conn.SetDeadline(t)) }

// SetReadDeadline implements [net.Conn]. What is read from now on is a reply if
// something was written since it was last called.
func (c *trackedConn) SetReadDeadline(t time.Time) error {
	c.waited.Store(c.asked.Swap(false))
	return c.failed(c.Conn.SetReadDeadline(t))
}

// SetWriteDeadline implements [net.Conn].
func (c *trackedConn) SetWriteDeadline(t time.Time) error {
	return c.failed(c.Conn.SetWriteDeadline(t))
}

// Close implements [net.Conn].
func (c *trackedConn) Close() error {
	c.dialer.forget(c)
	return c.Conn.Close()
}
