package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// askLimit bounds one question to a server that does not answer yet.
const askLimit = time.Second

// ask sends one command to a Redis server on a connection of its own, and
// returns a simple or a bulk reply. An error reply is an error with its text. A
// server that speaks TLS hangs up, and is asked again over TLS.
func ask(ctx context.Context, addr, command string) (string, error) {
	reply, err := askOver(ctx, addr, command, plain)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return askOver(ctx, addr, command, secured)
	}
	return reply, err
}

func plain(conn net.Conn) (net.Conn, error) { return conn, nil }

func askOver(ctx context.Context, addr, command string, over func(net.Conn) (net.Conn, error)) (string, error) {
	socket, err := dial(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer socket.Close()
	conn, err := over(socket)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	return readReply(bufio.NewReader(conn))
}

func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return "", errors.New("an empty reply")
	}
	switch kind, rest := line[0], line[1:]; kind {
	case '+':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	case '$':
		size, err := strconv.ParseUint(rest, 10, 20)
		if err != nil {
			return "", err
		}
		bulk := make([]byte, size)
		_, err = io.ReadFull(r, bulk)
		return string(bulk), err
	default:
		return "", fmt.Errorf("a reply of another type: %q", line)
	}
}

// dial connects to a server for one question.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	deadline := time.Now().Add(askLimit)
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(deadline)
}
