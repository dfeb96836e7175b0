package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// DB is what [CreateTableOn] needs of a connection. *pgxpool.Pool, *pgx.Conn
// and pgx.Tx are such.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// TableSQL returns the statement that [CreateTable] would send, which is one
// and can be pasted. It dials nothing.
func TableSQL(opts Options) (string, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return "", err
	}
	return tableSQL(opts), nil
}

// CreateTable creates the table of opts in the database of opts.URL. If there
// is a table of that name already, it reports false, and an error only if that
// cannot be the table of a store.
func CreateTable(ctx context.Context, opts Options) (created bool, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return false, err
	}
	config, err := poolConfig(opts)
	if err != nil {
		return false, err
	}
	t := newTarget(config.ConnConfig, opts)
	began := time.Now()
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return false, t.unopened(ctx, t.explain(ctx, err), time.Since(began))
	}
	created, err = createTable(ctx, conn, opts)
	closeErr := conn.Close(ctx)
	return created, errors.Join(t.explain(ctx, err), closeErr)
}

// CreateTableOn is [CreateTable] with a connection of the program's. In a
// transaction of one's own, a table that is there already aborts it.
func CreateTableOn(ctx context.Context, db DB, opts Options) (created bool, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return false, err
	}
	return createTable(ctx, db, opts)
}

func createTable(ctx context.Context, db DB, opts Options) (created bool, err error) {
	_, err = db.Exec(ctx, tableSQL(opts), pgx.QueryExecModeSimpleProtocol)
	// Of two who create it at the same time, one may fail in a catalogue.
	if hasCode(err, codeDuplicateTable, codeUniqueViolation) {
		table := opts.identifier().Sanitize()
		return false, checkColumns(ctx, db, newStatements(table).check, table)
	}
	return err == nil, err
}

// tableSQL puts what cannot be said in one CREATE TABLE into one block. Values
// are stored as they are: the server would try to compress each large one, but
// that is for the codec to do, and heads are cheaper to read so.
func tableSQL(opts Options) string {
	kind := "UNLOGGED TABLE"
	if opts.Logged {
		kind = "TABLE"
	}
	body := fmt.Sprintf(`BEGIN
    CREATE %[2]s %[1]s (
        key     bytea       PRIMARY KEY,
        value   bytea       NOT NULL,
        expires timestamptz NOT NULL
    );
    ALTER TABLE %[1]s ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE INDEX ON %[1]s (expires);
END`, opts.identifier().Sanitize(), kind)
	quote := "$larder$"
	for strings.Contains(body, quote) {
		quote = "$x" + quote[1:]
	}
	return "DO " + quote + " " + body + " " + quote
}

// checkTable reports whether the store can use the table.
func (s *Store) checkTable(ctx context.Context) error {
	return s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return checkColumns(ctx, conn, s.sql.check, s.target.table)
	})
}

// checkColumns runs a statement that returns no rows, for the types that it
// would return.
func checkColumns(ctx context.Context, db DB, check, table string) error {
	rows, err := db.Query(ctx, check)
	if err != nil {
		return err
	}
	columns := rows.FieldDescriptions()
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	for i, want := range []uint32{pgtype.ByteaOID, pgtype.ByteaOID, pgtype.TimestamptzOID} {
		if columns[i].DataTypeOID != want {
			return fmt.Errorf("the table %s is not one of pgstore's: its column %q has another type", table, columns[i].Name)
		}
	}
	return nil
}
