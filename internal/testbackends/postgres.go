package testbackends

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/testserver"
)

var postgres = Server{
	Start: func(tb testing.TB) (Process, func(string) string) {
		server := testserver.StartPostgres(tb)
		if _, err := pgstore.CreateTable(tb.Context(), pgstore.Options{URL: server.URL()}); err != nil {
			tb.Fatal(err)
		}
		return server, func(addr string) string {
			u := parse(tb, server.URL())
			u.Host = addr
			return u.String()
		}
	},
	Timeouts: []string{"connect_timeout", "op_timeout"},
	PoolSize: "pool_max_conns",
}

// newTable returns the URL of a table on the shared server. It is dropped when the test ends.
func newTable(tb testing.TB) string {
	opts := pgstore.Options{URL: testserver.Postgres(tb), Table: "test_" + strings.ToLower(rand.Text())}
	if _, err := pgstore.CreateTable(tb.Context(), opts); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := DropTable(opts); err != nil {
			tb.Error(err)
		}
	})
	return postgres.WithTimeout(PostgresURL(tb, opts.Table), LongTimeout)
}

// DropTable drops the table of a cache.
func DropTable(opts pgstore.Options) error {
	ctx, cancel := context.WithTimeout(context.Background(), LongTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, opts.URL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{opts.Table}.Sanitize())
	return errors.Join(err, conn.Close(ctx))
}

// PostgresURL returns the URL of a table on the shared server, which may not exist.
func PostgresURL(tb testing.TB, table string) string {
	return With(testserver.Postgres(tb), "table", table)
}

func parse(tb testing.TB, address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}
