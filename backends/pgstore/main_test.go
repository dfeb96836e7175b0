package pgstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database opens the tests' own pool on the shared server.
func database(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	return newPool(tb, testserver.Postgres(tb), nil)
}

func newPool(tb testing.TB, url string, configure func(*pgxpool.Config)) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	if configure != nil {
		configure(config)
	}
	pool, err := pgxpool.NewWithConfig(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// newTable creates the table of opts, under a name of its own unless opts have
// one, and drops it when the test ends. It returns opts for Open.
func newTable(tb testing.TB, opts pgstore.Options) pgstore.Options {
	tb.Helper()
	if opts.URL == "" {
		opts.URL = testserver.Postgres(tb)
	}
	if opts.Table == "" {
		opts.Table = uniqueTable()
	}
	created, err := pgstore.CreateTable(tb.Context(), opts)
	if err != nil || !created {
		tb.Fatalf("CreateTable: %t, %v", created, err)
	}
	tb.Cleanup(func() { exec(tb, opts.URL, "DROP TABLE IF EXISTS "+identifier(opts)) })
	return opts
}

func uniqueTable() string { return "pgstore_test_" + strings.ToLower(rand.Text()) }

func identifier(opts pgstore.Options) string {
	if opts.Schema == "" {
		return pgx.Identifier{opts.Table}.Sanitize()
	}
	return pgx.Identifier{opts.Schema, opts.Table}.Sanitize()
}

// exec runs a statement on a connection of its own. It is called from cleanups
// too, when the context of the test has ended.
func exec(tb testing.TB, url, sql string, args ...any) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	_, err = conn.Exec(ctx, sql, args...)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// queryOne returns the one value that sql selects.
func queryOne[T any](tb testing.TB, pool *pgxpool.Pool, sql string, args ...any) (value T) {
	tb.Helper()
	if err := pool.QueryRow(tb.Context(), sql, args...).Scan(&value); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return value
}

// open opens a Store on a table that is there.
func open(tb testing.TB, opts pgstore.Options) *pgstore.Store {
	tb.Helper()
	s, err := pgstore.Open(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { shutdown(tb, s) })
	return s
}

func shutdown(tb testing.TB, s *pgstore.Store) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		tb.Errorf("Shutdown: %v", err)
	}
}

func set(tb testing.TB, s *pgstore.Store, key, value string, ttl time.Duration) {
	tb.Helper()
	if err := s.Set(tb.Context(), []byte(key), []byte(value), ttl); err != nil {
		tb.Fatalf("Set(%.40q): %v", key, err)
	}
}

func wantValue(tb testing.TB, s *pgstore.Store, key, want string) {
	tb.Helper()
	got, err := s.Get(tb.Context(), []byte(key))
	if err != nil || string(got) != want {
		tb.Errorf("Get(%.40q) = %.40q, %v, want %.40q", key, got, err, want)
	}
}

func wantMissing(tb testing.TB, s *pgstore.Store, key string) {
	tb.Helper()
	if got, err := s.Get(tb.Context(), []byte(key)); !errors.Is(err, driver.ErrNotFound) {
		tb.Errorf("Get(%.40q) = %.40q, %v, want ErrNotFound", key, got, err)
	}
}

// wantError checks that err is one line that has all of parts.
func wantError(tb testing.TB, what string, err error, parts ...string) {
	tb.Helper()
	if err == nil {
		tb.Errorf("%s: no error", what)
		return
	}
	text := err.Error()
	if strings.Contains(text, "\n") {
		tb.Errorf("%s: more than one line:\n%s", what, text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			tb.Errorf("%s: %q is missing from\n%s", what, part, text)
		}
	}
}
