package testserver

import (
	"net"
	"sync"
	"testing"
)

// Meter counts the round trips of clients to servers: it stands between them,
// at the addresses that Before returns. It is safe for concurrent use.
//
// A round trip begins with what a client sends first on a connection, or after
// the server has spoken, and is under way until the server speaks again. So
// commands that are sent together are one, whatever the protocol.
type Meter struct {
	mu         sync.Mutex
	trips      Trips
	inProgress int
	gate       gate
}

// Trips is what a [Meter] has counted.
type Trips struct {
	Total  int // round trips on all connections
	AtOnce int // the most that were under way at the same time
}

// Hold says which round trips a [Meter] holds back, to see whether a client
// makes them at the same time. The zero value holds back none.
type Hold struct {
	After    int // to each server, so many pass before
	Together int // from then on all wait until so many are under way
}

// gate holds back what clients send until enough of it is there.
type gate struct {
	hold   Hold
	passed map[*proxy]int
	open   chan struct{} // nil while there is nothing to wait for
}

// NewMeter returns a meter that has counted nothing.
func NewMeter() *Meter { return new(Meter) }

// Before returns the address (host:port) of a proxy to the server, which the
// test closes at its end. The proxies of one meter are counted together.
func (m *Meter) Before(tb testing.TB, server string) (addr string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{meter: m, server: server, listener: listener, conns: make(map[net.Conn]struct{})}
	p.running.Go(p.accept)
	tb.Cleanup(p.close)
	return listener.Addr().String()
}

// Count returns the round trips that do makes while some are held back. If do
// waits for an answer before it has sent as many as are held back together, its
// client gives up.
func (m *Meter) Count(hold Hold, do func()) Trips {
	m.mu.Lock()
	m.trips, m.inProgress = Trips{}, 0
	if hold.Together > 1 {
		m.gate = gate{hold: hold, passed: make(map[*proxy]int), open: make(chan struct{})}
	}
	m.mu.Unlock()
	do()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.release()
	return m.trips
}

// release releases what is held back. The lock is held.
func (m *Meter) release() {
	if m.gate.open != nil {
		close(m.gate.open)
		m.gate = gate{}
	}
}

// begin counts a round trip to the server of p, and returns what it has to wait
// for, or nil. The lock is held.
func (m *Meter) begin(p *proxy) (held <-chan struct{}) {
	m.trips.Total++
	m.inProgress++
	m.trips.AtOnce = max(m.trips.AtOnce, m.inProgress)
	if m.gate.open == nil {
		return nil
	}
	if m.gate.passed[p] < m.gate.hold.After {
		m.gate.passed[p]++
		return nil
	}
	held = m.gate.open
	if m.inProgress == m.gate.hold.Together {
		m.release()
	}
	return held
}

// proxy passes bytes on between clients and one server.
type proxy struct {
	meter    *Meter
	server   string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it was closed
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close() // as the server would
			continue
		}
		if !p.keep(client, server) {
			return
		}
		t := &talk{proxy: p}
		p.running.Go(func() { p.pass(server, client, t.asked) })
		p.running.Go(func() { p.pass(client, server, t.answered) })
	}
}

// keep notes connections for close. If that came before, it closes them and
// reports false.
func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = struct{}{}
		if p.closed {
			_ = conn.Close()
		}
	}
	return !p.closed
}

// pass copies from one side to the other until either ends, and tells of each
// piece before it is passed on.
func (p *proxy) pass(to, from net.Conn, tell func()) {
	defer func() {
		// So that the other direction ends too. One that fails to close is closed.
		_ = to.Close()
		_ = from.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			tell()
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) close() {
	_ = p.listener.Close() // it fails to close only if it is closed
	p.mu.Lock()
	p.closed = true
	for conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// talk is one connection as the meter sees it.
type talk struct {
	proxy      *proxy
	inProgress bool // the client has spoken last
}

// asked is called when the client has sent something, and returns when that
// may be passed on.
func (t *talk) asked() {
	if held := t.begin(); held != nil {
		<-held
	}
}

func (t *talk) begin() (held <-chan struct{}) {
	m := t.proxy.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.inProgress {
		return nil
	}
	t.inProgress = true
	return m.begin(t.proxy)
}

// answered is called when the server has sent something.
func (t *talk) answered() {
	m := t.proxy.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.inProgress {
		t.inProgress = false
		m.inProgress--
	}
}
