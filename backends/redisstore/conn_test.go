package redisstore_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/redisstore"
)

// scriptedConn is a connection whose reads and writes end as they are told to.
type scriptedConn struct {
	net.Conn
	readErr, writeErr error
	closed            int
}

func (c *scriptedConn) Read(b []byte) (int, error) {
	if c.readErr != nil {
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: c.readErr}
	}
	return len(b), nil
}

func (c *scriptedConn) Write(b []byte) (int, error) {
	if c.writeErr != nil {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: c.writeErr}
	}
	return len(b), nil
}

func (c *scriptedConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptedConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptedConn) SetWriteDeadline(time.Time) error { return nil }
func (c *scriptedConn) Close() error                     { c.closed++; return nil }

// clientSteps are what the client does with a connection: it sends a command and
// waits for the reply, or looks whether there is something to read.
type clientSteps struct {
	*testing.T
	conn net.Conn
}

func (s clientSteps) write() error {
	s.setsDeadline(s.conn.SetWriteDeadline)
	_, err := s.conn.Write([]byte("PING"))
	return err
}

func (s clientSteps) read() error {
	s.setsDeadline(s.conn.SetReadDeadline)
	_, err := s.conn.Read(make([]byte, 1))
	return err
}

func (s clientSteps) setsDeadline(set func(time.Time) error) {
	if err := set(time.Time{}); err != nil {
		s.Errorf("a deadline: %v", err)
	}
}

// Checking an idle connection leaves it as it was: before the first command, between commands, and
// however often.
func TestALookThatFindsNothingLeavesTheConnection(t *testing.T) {
	raw := new(scriptedConn)
	client := clientSteps{t, redisstore.Track(raw)}
	for range 3 {
		for range 2 {
			raw.readErr = os.ErrDeadlineExceeded
			if err := client.read(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("a look: %v, want the error of the deadline", err)
			}
		}
		raw.readErr = nil
		if err := errors.Join(client.write(), client.read()); err != nil {
			t.Fatalf("a command after a look: %v", err)
		}
	}
	if raw.closed > 0 {
		t.Error("the look has closed the connection")
	}
}

// The first error of a connection closes it, and all later calls report that error.
func TestABrokenConnectionIsClosedAtItsFirstError(t *testing.T) {
	for _, test := range []struct {
		name string
		want error
		fail func(*scriptedConn, clientSteps) error
	}{
		{"no reply in time", os.ErrDeadlineExceeded, func(raw *scriptedConn, client clientSteps) error {
			raw.readErr = os.ErrDeadlineExceeded
			return errors.Join(client.write(), client.read())
		}},
		{"the rest of a reply does not come in time", os.ErrDeadlineExceeded, func(raw *scriptedConn, client clientSteps) error {
			err := errors.Join(client.write(), client.read())
			raw.readErr = os.ErrDeadlineExceeded
			_, rest := client.conn.Read(make([]byte, 1))
			return errors.Join(err, rest)
		}},
		{"no reply after a look", os.ErrDeadlineExceeded, func(raw *scriptedConn, client clientSteps) error {
			raw.readErr = os.ErrDeadlineExceeded
			_ = client.read()
			return errors.Join(client.write(), client.read())
		}},
		{"a command is not sent in time", os.ErrDeadlineExceeded, func(raw *scriptedConn, client clientSteps) error {
			raw.writeErr = os.ErrDeadlineExceeded
			return client.write()
		}},
		{"closed by the server, at a look", io.EOF, func(raw *scriptedConn, client clientSteps) error {
			raw.readErr = io.EOF
			return client.read()
		}},
		{"reset, at a look", syscall.ECONNRESET, func(raw *scriptedConn, client clientSteps) error {
			raw.readErr = syscall.ECONNRESET
			return client.read()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw := new(scriptedConn)
			client := clientSteps{t, redisstore.Track(raw)}
			if err := test.fail(raw, client); !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if raw.closed != 1 {
				t.Fatalf("the connection was closed %d times", raw.closed)
			}
			raw.readErr = net.ErrClosed
			if _, err := client.conn.Read(make([]byte, 1)); !errors.Is(err, test.want) {
				t.Errorf("afterwards: %v, want %v", err, test.want)
			}
		})
	}
}

// A push message of the server breaks no connection. It is looked at when it is there, and after it
// the client looks for another.
func TestAPushMessageBreaksNoConnection(t *testing.T) {
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
			if _, err := io.WriteString(conn, ">2\r\n+notice\r\n+text\r\n"); err != nil {
				return
			}
			go answer(conn, "redis_version:7.0.0\r\nrole:master\r\n")
		}
	}()
	for range 20 {
		if _, err := openURL(t, "redis://"+listener.Addr().String()+"?max_retries=0"); err != nil {
			t.Fatal(err)
		}
	}
}
