package memcachestore_test

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// unresponsiveServer accepts connections and never answers. Each request line that
// comes in is sent to the channel. All ends with the test.
func unresponsiveServer(tb testing.TB) (addr string, requests <-chan string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	lines := make(chan string, 1000)
	ended, end := context.WithCancel(context.Background())
	tb.Cleanup(func() {
		end()
		listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ended, func() { conn.Close() })
			wg.Go(func() {
				for in := bufio.NewScanner(conn); in.Scan(); {
					lines <- in.Text()
				}
			})
		}
	})
	return listener.Addr().String(), lines
}

// meter counts what goes over the connections that it dials.
type meter struct{ dials, requests atomic.Int64 }

func (m *meter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	m.dials.Add(1)
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return &meteredConn{Conn: conn, meter: m}, err
}

// during returns the number of round trips that f makes.
func (m *meter) during(f func()) int64 {
	before := m.requests.Load()
	f()
	return m.requests.Load() - before
}

// meteredConn counts a request whenever something is written after an answer.
// It is used by one goroutine at a time.
type meteredConn struct {
	net.Conn
	meter   *meter
	writing bool
}

func (c *meteredConn) Write(b []byte) (int, error) {
	if !c.writing {
		c.meter.requests.Add(1)
		c.writing = true
	}
	return c.Conn.Write(b)
}

func (c *meteredConn) Read(b []byte) (int, error) {
	c.writing = false
	return c.Conn.Read(b)
}
