package launch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// Memcached starts memcached on a free TCP port. More arguments are its options
// ("-m", "8"); they win.
func Memcached(ctx context.Context, args ...string) (*Process, error) {
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	return startMemcached(ctx, Command{
		Args:  append([]string{"-l", loopback, "-p", port.String()}, args...),
		Ports: []*Port{port},
		Ready: memcachedReady("tcp"),
	})
}

// MemcachedUnix starts memcached on a unix socket; Addr returns its path. More
// arguments are its options; they win.
func MemcachedUnix(ctx context.Context, args ...string) (*Process, error) {
	const socket = "memcached.sock"
	return startMemcached(ctx, Command{
		Args:   append([]string{"-s", socket}, args...),
		Socket: socket,
		Ready:  memcachedReady("unix"),
	})
}

func startMemcached(ctx context.Context, command Command) (*Process, error) {
	command.Program = "memcached"
	command.User = nobody
	command.Quit = os.Kill // there is nothing to save, and SIGTERM takes a second
	return Start(ctx, command)
}

func memcachedReady(network string) func(context.Context, string) error {
	return func(ctx context.Context, addr string) error {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "version\r\n"); err != nil {
			return err
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && !strings.HasPrefix(line, "VERSION ") {
			err = fmt.Errorf("it answers %q", line)
		}
		return err
	}
}
