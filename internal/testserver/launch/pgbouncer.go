package launch

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// PgBouncer starts pgbouncer before the server on a free port. The mode is that
// of its pools ("transaction"). More settings are lines of the section
// [pgbouncer] of pgbouncer.ini. The URL of the result is the server's, by way
// of the bouncer, which does not end with the server.
func (p *PostgreSQL) PgBouncer(ctx context.Context, mode string, settings ...string) (*PostgreSQL, error) {
	host, serverPort, err := net.SplitHostPort(p.Addr())
	if err != nil {
		return nil, err
	}
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	lines := append([]string{
		"[databases]",
		fmt.Sprintf("* = host=%s port=%s", host, serverPort),
		"[pgbouncer]",
		"listen_addr = " + loopback,
		"listen_port = " + port.String(),
		"unix_socket_dir =",
		"auth_type = scram-sha-256",
		"auth_file = users.txt",
		"pool_mode = " + mode,
	}, settings...)
	return startPostgreSQL(ctx, p.password, Command{
		Program: "pgbouncer",
		Args:    []string{"pgbouncer.ini"},
		Ports:   []*Port{port},
		Prepare: func(_ context.Context, dir string) error {
			if err := writeFile(postgres, dir, "users.txt", fmt.Sprintf("%q %q\n", role, p.password)); err != nil {
				return err
			}
			return writeFile(postgres, dir, "pgbouncer.ini", strings.Join(lines, "\n")+"\n")
		},
	})
}
