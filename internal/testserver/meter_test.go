package testserver_test

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testserver"
)

// startEcho returns the address of a server that sends each line back.
func startEcho(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					if _, err := conn.Write(append(lines.Bytes(), '\n')); err != nil {
						return
					}
				}
			})
		}
	})
	return listener.Addr().String()
}

// speaker is a client of an echo server.
type speaker struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dialEcho(t *testing.T, addr string) *speaker {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil { // a meter may hold back for ever
		t.Fatal(err)
	}
	return &speaker{t, conn, bufio.NewReader(conn)}
}

// say sends text and waits for as many lines.
func (s *speaker) say(text string, lines int) {
	if _, err := io.WriteString(s.conn, text); err != nil {
		s.t.Error(err)
	}
	for range lines {
		if _, err := s.r.ReadString('\n'); err != nil {
			s.t.Error(err)
		}
	}
}

func TestAMeterCountsTurnsAndNotMessages(t *testing.T) {
	m := testserver.NewMeter()
	a, b := dialEcho(t, m.Before(t, startEcho(t))), dialEcho(t, m.Before(t, startEcho(t)))
	for _, test := range []struct {
		name string
		hold testserver.Hold
		do   func()
		want testserver.Trips
	}{
		{"nothing", testserver.Hold{}, func() {}, testserver.Trips{}},
		{"one question", testserver.Hold{}, func() { a.say("x\n", 1) }, testserver.Trips{Total: 1, AtOnce: 1}},
		{"one after the other", testserver.Hold{}, func() { a.say("x\n", 1); a.say("y\n", 1); b.say("z\n", 1) }, testserver.Trips{Total: 3, AtOnce: 1}},
		{"several in one", testserver.Hold{}, func() { a.say("x\ny\nz\n", 3) }, testserver.Trips{Total: 1, AtOnce: 1}},
		{"one in pieces", testserver.Hold{}, func() { a.say("x", 0); a.say("y", 0); a.say("z\n", 1) }, testserver.Trips{Total: 1, AtOnce: 1}},
		{"two at once, after one to each alone", testserver.Hold{After: 1, Together: 2}, func() {
			a.say("x\n", 1)
			b.say("x\n", 1)
			var both sync.WaitGroup
			both.Go(func() { a.say("x\n", 1) })
			both.Go(func() { b.say("x\n", 1); b.say("y\n", 1) })
			both.Wait()
		}, testserver.Trips{Total: 5, AtOnce: 2}},
	} {
		if got := m.Count(test.hold, test.do); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestWhatAMeterHoldsBackIsReleasedInTheEnd(t *testing.T) {
	m := testserver.NewMeter()
	s := dialEcho(t, m.Before(t, startEcho(t)))
	got := m.Count(testserver.Hold{Together: 2}, func() { s.say("x\n", 0) }) // the second never comes
	if _, err := s.r.ReadString('\n'); err != nil {
		t.Error(err)
	}
	// That the question has come to the meter within Count is not certain.
	if got.Total > 1 {
		t.Errorf("%+v, want one round trip at most", got)
	}
}
