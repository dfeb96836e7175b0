package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/internal/testserver"
)

// A statement that was prepared on one connection of the server does not exist
// on the next that PgBouncer, in transaction mode, gives the client. Two server
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
