package pgstore

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Options are the settings of a [Store]. The zero value means the defaults.
// Printing or logging Options shows no password.
type Options struct {
	// URL says where the database is:
	// postgres://user:password@host:port/database?sslmode=require. pgx reads
	// it, so that it may have several hosts and the parameters of libpq, and
	// what it leaves out comes from the environment (PGHOST, PGUSER,
	// PGPASSWORD ...). [New] takes none.
	URL string

	// Table is the name of the table, taken literally. By default
	// "larder_cache".
	Table string

	// Schema is the schema of the table, taken literally. By default the table
	// is looked for in the search path of the connection.
	Schema string

	// Logged makes [CreateTable] create a table whose entries survive a crash
	// of the server and reach its replicas. Nothing else looks at it.
	Logged bool

	// MaxEntries is how many rows the table is kept to, see the package
	// comment. By default a million.
	MaxEntries int64

	// MaxValueBytes is the greatest length of a value, in bytes; a larger one
	// is driver.ErrTooLarge. By default, and at most, 256 MiB: the server's
	// own limit is a gigabyte for a whole statement, in which a value may need
	// two bytes for each of its own.
	MaxValueBytes int

	// CullInterval is the time between two rounds of culling, each of which
	// starts up to a tenth of it later so that processes do not work in step.
	// By default a minute. Negative means that this store never culls; then
	// another should.
	CullInterval time.Duration

	// CullBatch is how many rows one statement of a round of culling, or of
	// Clear, deletes at most. By default 1000.
	CullBatch int

	// Timeout limits an operation: the wait for a connection and for the answer
	// together. By default 5 s. An operation that ran out of it fails with
	// [os.ErrDeadlineExceeded]. Clear has no limit: give it a context with a deadline.
	Timeout time.Duration

	// Logger is told when culling begins to fail and when it works again. Nil
	// means slog.Default().
	Logger *slog.Logger

	// Pool configures the connections of a Store that opens them itself.
	// [New] takes none.
	Pool PoolOptions

	alias string // what the settings call the cache, for messages
}

// PoolOptions configure the connections of a [Store]. For a zero field what
// the URL says holds, such as pool_max_conns=8, and else the default.
type PoolOptions struct {
	// QueryMode says how statements are sent. By default they are prepared.
	// [pgx.QueryExecModeExec] prepares nothing and so works through PgBouncer
	// in transaction mode, of every version, as does
	// [pgx.QueryExecModeCacheDescribe], which remembers how the server describes
	// a statement; [pgx.QueryExecModeSimpleProtocol] is for proxies that know
	// only the simple protocol. [pgx.QueryExecModeDescribeExec] is an error: such
	// a proxy would run other statements than its own.
	QueryMode pgx.QueryExecMode

	// ConnectTimeout is how long one attempt to connect may take. By default
	// 3 s.
	ConnectTimeout time.Duration

	// MaxConns is the greatest number of connections. By default 4, or the
	// number of processors if that is more.
	MaxConns int32

	// MinConns is the number of connections that the pool tries to keep open.
	// By default 0.
	MinConns int32

	// MaxConnLifetime is the age at which a connection is replaced. By
	// default an hour.
	MaxConnLifetime time.Duration

	// MaxConnIdleTime is how long a connection may be unused before it is
	// closed. By default half an hour.
	MaxConnIdleTime time.Duration
}

const (
	defaultTable          = "larder_cache"
	defaultMaxEntries     = 1_000_000
	maxValueBytes         = 256 << 20
	defaultCullInterval   = time.Minute
	defaultCullBatch      = 1000
	defaultTimeout        = 5 * time.Second
	defaultConnectTimeout = 3 * time.Second

	// maxIdentifier is the length in bytes to which PostgreSQL cuts a name
	// without a word (NAMEDATALEN - 1).
	maxIdentifier = 63
)

// withDefaults returns o with its zero fields set, or says all that is wrong.
func (o Options) withDefaults() (Options, error) {
	setDefault(&o.Table, defaultTable)
	setDefault(&o.MaxEntries, defaultMaxEntries)
	setDefault(&o.MaxValueBytes, maxValueBytes)
	setDefault(&o.CullInterval, defaultCullInterval)
	setDefault(&o.CullBatch, defaultCullBatch)
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.Logger, slog.Default())
	return o, errors.Join(
		checkIdentifier("Table", o.Table),
		checkIdentifier("Schema", o.Schema),
		checkPositive("MaxEntries", o.MaxEntries),
		checkPositive("MaxValueBytes", o.MaxValueBytes),
		checkPositive("CullBatch", o.CullBatch),
		checkPositive("Timeout", o.Timeout),
		checkMaxValueBytes(o.MaxValueBytes),
		o.Pool.check(),
	)
}

func (p PoolOptions) check() error {
	var err error
	if p.MaxConns < 0 || p.MinConns < 0 || p.ConnectTimeout < 0 || p.MaxConnLifetime < 0 || p.MaxConnIdleTime < 0 {
		err = errors.New("pgstore: the numbers and durations in Pool must not be negative")
	}
	return errors.Join(err, checkQueryMode(p.QueryMode))
}

func setDefault[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

func checkPositive[T int | int64 | time.Duration](name string, n T) error {
	if n <= 0 {
		return fmt.Errorf("pgstore: %s is %v: it must be greater than zero", name, n)
	}
	return nil
}

func checkMaxValueBytes(n int) error {
	if n > maxValueBytes {
		return fmt.Errorf("pgstore: MaxValueBytes is %d: it must be at most %d", n, maxValueBytes)
	}
	return nil
}

// checkIdentifier refuses the names that PostgreSQL would not take as they
// are. Quoting makes all others safe.
func checkIdentifier(field, name string) error {
	switch {
	case len(name) > maxIdentifier:
		return fmt.Errorf("pgstore: %s is %d bytes long: PostgreSQL takes at most %d", field, len(name), maxIdentifier)
	case !utf8.ValidString(name):
		return fmt.Errorf("pgstore: %s %q is not valid UTF-8", field, name)
	}
	for _, c := range []byte(name) {
		if c == 0 {
			return fmt.Errorf("pgstore: %s %q has a NUL byte", field, name)
		}
	}
	return nil
}

// identifier is the table's name, with its schema if there is one.
func (o Options) identifier() pgx.Identifier {
	if o.Schema == "" {
		return pgx.Identifier{o.Table}
	}
	return pgx.Identifier{o.Schema, o.Table}
}

// String describes the options by the table's name alone, since the URL may
// hold a password.
func (o Options) String() string {
	setDefault(&o.Table, defaultTable)
	return "pgstore.Options for the table " + o.identifier().Sanitize()
}

// GoString is [Options.String], for %#v.
func (o Options) GoString() string { return o.String() }

// LogValue is [Options.String], for log/slog.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// MarshalText is [Options.String], for encoders such as that of JSON.
func (o Options) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
