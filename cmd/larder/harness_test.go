package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// serve starts a server that answers each connection by handle, until the test
// ends, and returns its address.
func serve(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() { handle(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return listener.Addr().String()
}

// unresponsive takes requests and never answers.
func unresponsive(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// echoing repeats what it is sent in an error, as a server does with a command
// that it does not know.
func echoing(conn net.Conn) {
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(conn, "-ERR unknown command %q\r\n", buf[:n]); err != nil {
			return
		}
	}
}

// oldRedis is a server that answers PING, and INFO with an old version.
func oldRedis(conn net.Conn) {
	answering(conn, func(line string) string { return likeRedis(line, "3.2.12", "unknown command") })
}

// answering is a server that answers each line with what reply returns, until its client
// leaves.
func answering(conn net.Conn, reply func(line string) string) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if _, err := io.WriteString(conn, reply(lines.Text())); err != nil {
			return
		}
	}
}

// likeRedis replies to a line as a Redis of this version does, and that every other
// command has failed in this way.
func likeRedis(line, version, failure string) string {
	switch strings.ToLower(line) {
	case "ping":
		return "+PONG\r\n"
	case "info":
		text := "redis_version:" + version + "\r\nredis_mode:standalone\r\nrole:master\r\n"
		return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text)
	case "hello", "client", "get", "set", "scan":
		return "-ERR " + failure + "\r\n"
	}
	return ""
}

// stopsAtScan is a server that is silent as soon as it is asked for its keys; asked is
// called then.
func stopsAtScan(conn net.Conn, asked func()) {
	answering(conn, func(line string) string {
		if strings.EqualFold(line, "scan") {
			asked()
			return ""
		}
		return likeRedis(line, "7.0.0", "unknown command")
	})
}

// oldMemcached is a server that answers stats, and nothing else.
func oldMemcached(conn net.Conn) {
	answering(conn, func(line string) string {
		if line == "stats" {
			return "STAT version 1.4.15\r\nSTAT curr_items 0\r\nEND\r\n"
		}
		return "ERROR\r\n"
	})
}

// oldPostgres is a server that lets everybody in and says that it is old.
func oldPostgres(conn net.Conn) {
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "12.22"})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if backend.Flush() == nil {
		unresponsive(conn)
	}
}
