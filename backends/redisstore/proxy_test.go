package redisstore_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"testing"
)

// proxy passes bytes on between clients and a server, and counts round trips:
// how often a client speaks after the server has.
type proxy struct {
	listener net.Listener
	server   string
	running  sync.WaitGroup

	mu        sync.Mutex
	trips     int
	conns     map[net.Conn]struct{}
	swallow   []byte // what closes the connection instead of being passed on
	swallowed int
	held      chan struct{} // until it is closed, nothing reaches the server
	came      chan struct{} // told of what is held
}

func startProxy(tb testing.TB, server string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, conns: make(map[net.Conn]struct{})}
	p.serve(tb, listener)
	return p
}

func (p *proxy) serve(tb testing.TB, listener net.Listener) {
	p.running.Go(func() { p.accept(listener) })
	tb.Cleanup(func() {
		listener.Close()
		p.listener.Close()
		p.cut()
		p.running.Wait()
	})
}

// overTLS makes the proxy speak TLS at another address, which it returns.
func (p *proxy) overTLS(tb testing.TB, config *tls.Config) (addr string) {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		tb.Fatal(err)
	}
	p.serve(tb, listener)
	return listener.Addr().String()
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		answered := true // whether the server was the last to speak, under mu
		p.running.Go(func() { p.pass(server, client, &answered, false) })
		p.running.Go(func() { p.pass(client, server, &answered, true) })
	}
}

func (p *proxy) pass(to, from net.Conn, answered *bool, fromServer bool) {
	defer p.end(from)
	defer p.end(to)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		if !fromServer && *answered {
			p.trips++
		}
		*answered = fromServer
		held := p.held
		swallow := !fromServer && p.swallow != nil && bytes.Contains(buffer[:n], p.swallow)
		if swallow {
			p.swallowed++
		}
		p.mu.Unlock()
		if swallow {
			return
		}
		if !fromServer && held != nil {
			p.came <- struct{}{}
			<-held
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) end(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
}

// open returns how many connections are open, on both sides of the proxy.
func (p *proxy) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// count returns the number of round trips that do makes.
func (p *proxy) count(do func()) int {
	p.mu.Lock()
	before := p.trips
	p.mu.Unlock()
	do()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trips - before
}

// swallowing calls do while the proxy closes every connection on which text
// comes, and returns how often it came.
func (p *proxy) swallowing(text string, do func()) int {
	p.mu.Lock()
	p.swallow, p.swallowed = []byte(text), 0
	p.mu.Unlock()
	do()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallow = nil
	return p.swallowed
}

// hold keeps what clients send from the server until release is called, which
// happens at the end of the test in any case. came is told of each piece.
func (p *proxy) hold(tb testing.TB) (came <-chan struct{}, release func()) {
	held := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.came = held, make(chan struct{}, 100)
	release = sync.OnceFunc(func() {
		close(held)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.held = nil
	})
	tb.Cleanup(release)
	return p.came, release
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}
