package pgstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

var _ driver.Inspector = (*Store)(nil)

// Inspect implements [driver.Inspector]. The figures are those of the table,
// whichever aliases use it, with its indexes and with rows that have expired
// and are not culled yet; their number is estimated as culling does it.
func (s *Store) Inspect(ctx context.Context) ([]driver.Inspection, error) {
	i := driver.Inspection{Where: s.target.server}
	var rows int64
	size, err := s.size(ctx, &i)
	if err == nil {
		rows, err = s.estimate(ctx)
	}
	switch {
	case errors.Is(err, driver.ErrClosed):
		return nil, err
	case err != nil:
		i.Err = err
	default:
		table := "table " + s.target.table
		i.Figures = []driver.Figure{
			{Name: "entries, estimated", Of: table, Value: rows},
			{Name: "size", Of: table, Value: size, Unit: "bytes"},
		}
	}
	return []driver.Inspection{i}, nil
}

// size returns what the table takes on the server's disk, in bytes, and puts
// into i what its connection knows of the server.
func (s *Store) size(ctx context.Context, i *driver.Inspection) (size int64, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		// "15.18 (Debian ...)"; a proxy may tell no version.
		if version, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), " "); version != "" {
			i.Product = "PostgreSQL " + version
		}
		began := time.Now()
		err := conn.QueryRow(ctx, `SELECT pg_total_relation_size($1::text::regclass)`, s.target.table).Scan(&size)
		i.Latency = time.Since(began)
		return err
	})
	return size, err
}
