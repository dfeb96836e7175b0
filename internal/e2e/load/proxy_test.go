package load_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/e2e/load"
)

// echo starts a server that sends back what it gets.
func echo(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn) // ends with the connection
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, p *load.Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// roundTrip sends a hundred bytes and returns how many come back before a
// time-out or the end.
func roundTrip(t *testing.T, conn net.Conn, limit time.Duration) (n int, err error) {
	t.Helper()
	if _, err := conn.Write(bytes.Repeat([]byte("a"), 100)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return io.ReadFull(conn, make([]byte, 100))
}

func wantRoundTrip(t *testing.T, p *load.Proxy) {
	t.Helper()
	if n, err := roundTrip(t, dial(t, p), 10*time.Second); n != 100 || err != nil {
		t.Fatalf("%d bytes of 100 come back, error %v", n, err)
	}
}

func TestAProxyCutsRepliesInTheMiddle(t *testing.T) {
	load.Leaks(t)
	p := load.NewProxy(t, echo(t))
	wantRoundTrip(t, p)
	p.CutReplies(30)
	if n, err := roundTrip(t, dial(t, p), 10*time.Second); n != 30 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes come back, error %v, want 30 and the end", n, err)
	}
	p.Heal()
	wantRoundTrip(t, p)
}

func TestAProxyIsUnresponsiveAndKeepsConnectionsOpen(t *testing.T) {
	load.Leaks(t)
	p := load.NewProxy(t, echo(t))
	conn := dial(t, p)
	p.Stall()
	if n, err := roundTrip(t, conn, 50*time.Millisecond); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes come back, error %v, want a time-out", n, err)
	}
	p.Heal()
	wantRoundTrip(t, p)
}

func TestAProxyDelaysReplies(t *testing.T) {
	load.Leaks(t)
	p := load.NewProxy(t, echo(t))
	p.Latency(time.Hour, time.Minute)
	if n, err := roundTrip(t, dial(t, p), 50*time.Millisecond); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes come back, error %v, want a time-out", n, err)
	}
	p.Heal()
	p.Latency(time.Millisecond, 0)
	wantRoundTrip(t, p)
}

func TestAProxyRefusesConnections(t *testing.T) {
	load.Leaks(t)
	p := load.NewProxy(t, echo(t))
	conn := dial(t, p)
	p.Refuse()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection is still open")
	}
	if _, err := net.Dial("tcp", p.Addr()); err == nil {
		t.Error("a connection is accepted")
	}
	p.Heal()
	wantRoundTrip(t, p)
}
