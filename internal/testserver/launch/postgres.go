package launch

import (
	"context"
	"crypto/rand"
	"net/url"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const (
	role     = "larder"
	database = "postgres"
)

// PostgreSQL is a PostgreSQL server, or a PgBouncer before one.
type PostgreSQL struct {
	*Process
	password string
}

// Postgres makes a database cluster and starts its server on a free port.
// Commits survive the end of the server and not that of the machine: nothing is
// flushed to the disk. More arguments are those of postgres
// ("-c", "max_connections=10"); they win.
func Postgres(ctx context.Context, args ...string) (*PostgreSQL, error) {
	port, err := Reserve()
	if err != nil {
		return nil, err
	}
	// Whoever is on this machine can connect to loopback.
	password := rand.Text()
	settings := []string{
		"-D", "data", "-h", loopback, "-p", port.String(), "-F",
		"-c", "unix_socket_directories=",
		"-c", "full_page_writes=off",
	}
	return startPostgreSQL(ctx, password, Command{
		Program: "postgres",
		Args:    append(settings, args...),
		Ports:   []*Port{port},
		Prepare: func(ctx context.Context, dir string) error { return initialise(ctx, dir, password) },
		Quit:    syscall.SIGINT,  // ends sessions; SIGTERM waits for them
		Crash:   syscall.SIGQUIT, // SIGKILL would leave sessions and shared memory behind
	})
}

// initialise makes the files of a cluster whose one role has the password.
func initialise(ctx context.Context, dir, password string) error {
	const file = "password.txt"
	if err := writeFile(postgres, dir, file, password+"\n"); err != nil {
		return err
	}
	return run(ctx, dir, Command{
		Program: "initdb",
		Args: []string{
			"-D", "data", "--no-sync", "--encoding=UTF8", "--locale=C",
			"--username=" + role, "--auth=scram-sha-256", "--pwfile=" + file,
		},
		User: postgres,
	})
}

func startPostgreSQL(ctx context.Context, password string, command Command) (*PostgreSQL, error) {
	command.User = postgres
	command.Ready = func(ctx context.Context, addr string) error {
		return postgresReady(ctx, connectionURL(addr, password))
	}
	process, err := Start(ctx, command)
	if err != nil {
		return nil, err
	}
	return &PostgreSQL{Process: process, password: password}, nil
}

func postgresReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// URL returns a connection URL with the rights of a superuser.
func (p *PostgreSQL) URL() string { return connectionURL(p.Addr(), p.password) }

func connectionURL(addr, password string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, password),
		Host:     addr,
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}
