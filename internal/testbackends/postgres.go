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

// newTable returns the URL of a table that is dropped when the test ends.
func newTable(tb testing.TB) string {
	opts := pgstore.Options{URL: testserver.Postgres(tb), Table: "test_" + strings.ToLower(rand.Text())}
	if _, err := pgstore.CreateTable(tb.Context(), opts); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, opts.URL)
		if err != nil {
			tb.Fatal(err)
		}
		_, err = conn.Exec(ctx, "DROP TABLE "+pgx.Identifier{opts.Table}.Sanitize())
		if err := errors.Join(err, conn.Close(ctx)); err != nil {
			tb.Error(err)
		}
	})
	return PostgresURL(tb, opts.Table)
}

// PostgresURL returns the URL of a table, which may not exist.
func PostgresURL(tb testing.TB, table string) string {
	server, err := url.Parse(testserver.Postgres(tb))
	if err != nil {
		tb.Fatal(err)
	}
	query := server.Query()
	query.Set("table", table)
	server.RawQuery = query.Encode()
	return server.String()
}
