package neighbours

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// network is a listener whose connections are pipes in this process, so that a
// server, its clients and their timers live in one synctest bubble.
type network struct {
	connections chan net.Conn
	closed      chan struct{}
	closing     sync.Once
}

func newNetwork() *network {
	return &network{connections: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.connections:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *network) Close() error {
	n.closing.Do(func() { close(n.closed) })
	return nil
}

// Addr implements net.Listener.
func (n *network) Addr() net.Addr { return address(80) }

// dial connects to the server.
func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.connections <- peer{server}:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// transport returns a transport over the network that leaves bodies as they came.
func (n *network) transport() *http.Transport {
	return &http.Transport{DialContext: n.dial, DisableCompression: true}
}

// peer is a connection whose ends have addresses, as middleware expects.
type peer struct{ net.Conn }

func (peer) LocalAddr() net.Addr  { return address(80) }
func (peer) RemoteAddr() net.Addr { return address(50_000) }

func address(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: port} }
