package testserver_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/internal/testserver"
)

// queryOne runs a statement on a connection of its own, without preparing it.
func queryOne(t *testing.T, url, statement string) (value int, err error) {
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(t.Context())
	err = conn.QueryRow(t.Context(), statement, pgx.QueryExecModeSimpleProtocol).Scan(&value)
	return value, err
}

func TestAPostgreSQLServerRestartsWithItsData(t *testing.T) {
	t.Parallel()
	server := testserver.StartPostgres(t, "-c", "max_connections=17")
	if n, err := queryOne(t, server.URL(), "SELECT current_setting('max_connections')::int"); n != 17 || err != nil {
		t.Errorf("max_connections is %d, error %v", n, err)
	}
	if _, err := queryOne(t, server.URL(), "CREATE TABLE kept (v int)"); !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	written := 0
	for _, end := range []func(){server.Stop, server.Kill} {
		session, err := pgx.Connect(t.Context(), server.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close(t.Context())
		written++
		if v, err := queryOne(t, server.URL(), "INSERT INTO kept VALUES (1) RETURNING v"); v != 1 || err != nil {
			t.Fatal(err)
		}
		end() // does not wait for the session
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := queryOne(t, server.URL(), "SELECT count(*) FROM kept"); n != written || err != nil {
			t.Errorf("after a restart %d rows of %d are left, error %v", n, written, err)
		}
	}
}

func TestPostgreSQLAsksForThePassword(t *testing.T) {
	t.Parallel()
	server := testserver.StartPostgres(t)
	_, err := queryOne(t, strings.Replace(server.URL(), "larder:", "larder:not", 1), "SELECT 1")
	if err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("the error for a wrong password is %v, want SQLSTATE 28P01", err)
	}
}

func TestPgBouncerStandsBeforeTheServer(t *testing.T) {
	t.Parallel()
	server := testserver.StartPostgres(t)
	bouncer := testserver.StartPgBouncer(t, server, "transaction", "default_pool_size = 2")
	if bouncer.Addr() == server.Addr() {
		t.Fatal("the bouncer has the server's address")
	}
	if v, err := queryOne(t, bouncer.URL(), "SELECT 42"); v != 42 || err != nil {
		t.Errorf("the value is %d, error %v", v, err)
	}
	bouncer.Stop()
	if _, err := queryOne(t, bouncer.URL(), "SELECT 42"); err == nil {
		t.Error("the server answers without the bouncer at its address")
	}
}
