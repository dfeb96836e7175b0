package pgstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// The PostgreSQL store passes the conformance suite.
func TestConformance(t *testing.T) {
	h := harness(t, pgstore.Options{MaxValueBytes: 1 << 20})
	cachetest.RunStore(t, h)
	cachetest.RunCache(t, h)
}

// The PostgreSQL store behaves as the model. The models open hundreds of stores, one after the
// other; they share a pool and a table, so that this does not take hundreds of migrations.
func TestModelsOnASharedPool(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{})
	shared := opts
	shared.URL = ""
	h := cachetest.Harness{
		Abilities:   abilities,
		Granularity: time.Microsecond,
		New: func(tb testing.TB, _ driver.Clock) driver.Store {
			if _, err := pool.Exec(tb.Context(), "DELETE FROM "+identifier(opts)); err != nil {
				tb.Fatal(err)
			}
			s, err := pgstore.New(pool, shared)
			if err != nil {
				tb.Fatal(err)
			}
			return s
		},
		Advance: func(tb testing.TB, _ driver.Store, d time.Duration) { advance(tb, pool, opts, d) },
	}
	cachetest.ModelStore(t, h)
	cachetest.ModelCache(t, h)
}

// harness gives each case a table of its own.
func harness(tb testing.TB, opts pgstore.Options) cachetest.Harness {
	admin := database(tb)
	if opts.URL == "" {
		opts.URL = testserver.Postgres(tb)
	}
	var tables sync.Map // from store to Options
	optionsOf := func(store driver.Store) pgstore.Options {
		opts, _ := tables.Load(store)
		return opts.(pgstore.Options)
	}
	openOn := func(tb testing.TB, opts pgstore.Options) driver.Store {
		s, err := pgstore.Open(tb.Context(), opts)
		if err != nil {
			tb.Fatal(err)
		}
		tables.Store(driver.Store(s), opts)
		return s
	}
	return cachetest.Harness{
		Abilities:    abilities,
		Granularity:  time.Microsecond,
		MaxValueSize: opts.MaxValueBytes,
		Parallel:     true,
		New: func(tb testing.TB, _ driver.Clock) driver.Store {
			return openOn(tb, newTableOn(tb, admin, opts))
		},
		Reopen: func(tb testing.TB, store driver.Store, _ driver.Clock) driver.Store {
			return openOn(tb, optionsOf(store))
		},
		Advance: func(tb testing.TB, store driver.Store, d time.Duration) {
			advance(tb, admin, optionsOf(store), d)
		},
	}
}

// newTableOn is newTable without two connections for each of many tables.
func newTableOn(tb testing.TB, admin *pgxpool.Pool, opts pgstore.Options) pgstore.Options {
	tb.Helper()
	opts.Table = uniqueTable()
	if created, err := pgstore.CreateTableOn(tb.Context(), admin, opts); err != nil || !created {
		tb.Fatalf("CreateTableOn: %t, %v", created, err)
	}
	tb.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP TABLE "+identifier(opts), pgx.QueryExecModeExec); err != nil {
			tb.Error(err)
		}
	})
	return opts
}

const abilities = cachetest.Many | cachetest.Counter | cachetest.Replacer | cachetest.Peeker | cachetest.Expirer | cachetest.HeadReplacer |
	cachetest.Invalidator

// advance makes d pass for a table.
func advance(tb testing.TB, pool *pgxpool.Pool, opts pgstore.Options, d time.Duration) {
	tb.Helper()
	sql := "UPDATE " + identifier(opts) + " SET expires = expires - $1::bigint * interval '1 microsecond' WHERE expires < 'infinity'"
	if _, err := pool.Exec(tb.Context(), sql, pgx.QueryExecModeExec, d.Microseconds()); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkStore(b *testing.B) {
	cachetest.BenchmarkStore(b, harness(b, pgstore.Options{}))
}
