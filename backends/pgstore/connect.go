package pgstore

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// poolConfig returns the configuration of a pool for opts, which have their
// defaults.
func poolConfig(opts Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(orDefaultURL(opts.URL))
	if err != nil {
		return nil, explainURL(err)
	}
	p := opts.Pool
	override(&config.ConnConfig.DefaultQueryExecMode, p.QueryMode)
	if err := checkQueryMode(config.ConnConfig.DefaultQueryExecMode); err != nil {
		return nil, err
	}
	override(&config.ConnConfig.ConnectTimeout, p.ConnectTimeout)
	setDefault(&config.ConnConfig.ConnectTimeout, defaultConnectTimeout)
	override(&config.MaxConns, p.MaxConns)
	override(&config.MinConns, p.MinConns)
	override(&config.MaxConnLifetime, p.MaxConnLifetime)
	override(&config.MaxConnIdleTime, p.MaxConnIdleTime)
	if config.MinConns > config.MaxConns {
		return nil, fmt.Errorf("pgstore: the pool must hold at least %d connections and at most %d", config.MinConns, config.MaxConns)
	}
	return config, nil
}

// orDefaultURL returns url, or one that leaves everything to the environment.
func orDefaultURL(url string) string {
	if url == "" {
		return "postgres://"
	}
	return url
}

// override sets field to value unless that is zero.
func override[T comparable](field *T, value T) {
	var zero T
	if value != zero {
		*field = value
	}
}

// explainURL says what is wrong with a URL without a word of it: pgx masks a
// password only where it can tell it, and of a malformed URL any part may be
// one. What it quotes comes first in its message, what the parser quotes last
// and in brackets.
func explainURL(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("pgstore: the URL of the database names a file that cannot be read: %w", file)
	}
	text := err.Error()
	if cause := errors.Unwrap(err); cause != nil {
		text = strings.TrimSuffix(text, " ("+cause.Error()+")")
	}
	fault := text[strings.LastIndex(text, "`: ")+len("`: "):]
	return fmt.Errorf("pgstore: the URL of the database: %s: %w", fault, errURL)
}

var errURL = errors.New("it must have the form postgres://user:password@host:port/database?option=value, " +
	"with all other characters percent-encoded")

// target is what messages name: the server and the table, never the password.
type target struct {
	server         string // host:port, or the path of a socket
	user, database string
	table          string
	alias          string // empty where there are no settings
	timeout        time.Duration
}

func newTarget(config *pgx.ConnConfig, opts Options) target {
	t := target{
		user:     config.User,
		database: config.Database,
		table:    opts.identifier().Sanitize(),
		alias:    opts.alias,
		timeout:  opts.Timeout,
	}
	servers := []string{address(config.Host, config.Port)}
	for _, f := range config.Fallbacks {
		// A fallback may be the same server without TLS.
		if a := address(f.Host, f.Port); a != servers[len(servers)-1] {
			servers = append(servers, a)
		}
	}
	t.server = strings.Join(servers, ", ")
	return t
}

func address(host string, port uint16) string {
	if network, address := pgconn.NetworkAddress(host, port); network == "unix" {
		return address
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
