package faults_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// door passes connections on to a server and counts them. When the server is
// not there, it closes them.
type door struct {
	addr   string // where it listens
	server string
	knocks atomic.Int64 // connections, ever

	mu      sync.Mutex
	open    map[net.Conn]struct{}
	closed  bool
	passing sync.WaitGroup
}

func newDoor(tb testing.TB, server string) *door {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	d := &door{addr: listener.Addr().String(), server: server, open: make(map[net.Conn]struct{})}
	d.passing.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			d.knocks.Add(1)
			d.passing.Go(func() { d.pass(client) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		d.closeAll()
		d.passing.Wait()
	})
	return d
}

// pass connects a client with the server until one of them ends.
func (d *door) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", d.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !d.enter(client, server) {
		return
	}
	defer d.leave(client, server)
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	_, _ = io.Copy(client, server)
	_ = client.Close()
	up.Wait()
}

func (d *door) enter(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range conns {
		d.open[conn] = struct{}{}
	}
	return !d.closed
}

func (d *door) leave(conns ...net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range conns {
		delete(d.open, conn)
	}
}

func (d *door) closeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for conn := range d.open {
		_ = conn.Close()
	}
}
