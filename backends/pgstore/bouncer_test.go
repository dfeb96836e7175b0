package pgstore_test

import (
	"cmp"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/internal/testserver"
)

// The store passes the conformance suite through PgBouncer in transaction mode. A statement that
// was prepared on one connection of the server does not exist on the next one; two server
// connections for four clients make sure that they change.
func TestConformanceThroughPgBouncerInTransactionMode(t *testing.T) {
	server := testserver.StartPostgres(t)
	bouncer := testserver.StartPgBouncer(t, server, "transaction", "default_pool_size = 2", "max_client_conn = 200")
	t.Setenv("LARDER_TEST_POSTGRES", server.URL())
	cachetest.RunStore(t, harness(t, pgstore.Options{
		URL:           bouncer.URL(),
		MaxValueBytes: 1 << 20,
		Pool:          pgstore.PoolOptions{QueryMode: pgx.QueryExecModeExec},
	}))
}

// Each query mode works through PgBouncer, or is refused. Version 1.18, which Debian has, knows
// nothing of prepared statements; later ones track those with a name if they are told to.
func TestModesThroughPgBouncerInTransactionMode(t *testing.T) {
	server := testserver.StartPostgres(t, "-c", "default_transaction_isolation=repeatable read")
	bouncer := testserver.StartPgBouncer(t, server, "transaction", "default_pool_size = 4", "max_client_conn = 200")
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			opts := newTable(t, pgstore.Options{URL: server.URL()})
			opts.URL, opts.Pool = bouncer.URL(), pgstore.PoolOptions{QueryMode: mode, MaxConns: 16}
			s := open(t, opts)
			if mode != pgx.QueryExecModeCacheStatement {
				wantNoneUndone(t, s)
				return
			}
			// What does not work says what would.
			if err := someError(t, s); err != nil {
				wantError(t, "a mixed-up statement", err, "PgBouncer in transaction mode: set query_mode to exec")
			}
		})
	}
}

// someError returns an error of many concurrent look-ups, if there is one.
func someError(t *testing.T, s *pgstore.Store) error {
	errs := make(chan error, 16)
	for range cap(errs) {
		go func() {
			var err error
			for range 100 {
				if _, e := s.Get(t.Context(), []byte("k")); found(e) != nil {
					err = e
				}
			}
			errs <- err
		}()
	}
	var some error
	for range cap(errs) {
		some = cmp.Or(<-errs, some)
	}
	return some
}
