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
	"time"
)

// askLimit bounds one question to a server that does not answer yet.
const askLimit = time.Second

// ask sends one command to a Redis server on a connection of its own, and
// returns a simple or a bulk reply. An error reply is an error with its text.
func ask(ctx context.Context, addr, command string) (string, error) {
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
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
