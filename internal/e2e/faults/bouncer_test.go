package faults_test

import (
	"net/url"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// PgBouncer keeps its clients while the server behind it is away: they wait,
// for as long as the cache does.
func TestPostgresRestartedBehindPgBouncer(t *testing.T) {
	for name, tc := range map[string]struct {
		end   func(server, bouncer *launch.PostgreSQL) (ended *launch.PostgreSQL)
		loses bool
	}{
		"fast":              {end: func(server, _ *launch.PostgreSQL) *launch.PostgreSQL { server.Stop(); return server }},
		"immediate":         {end: func(server, _ *launch.PostgreSQL) *launch.PostgreSQL { server.Kill(); return server }, loses: true},
		"PgBouncer, killed": {end: func(_, bouncer *launch.PostgreSQL) *launch.PostgreSQL { bouncer.Kill(); return bouncer }},
	} {
		t.Run(name, func(t *testing.T) {
			load.Leaks(t)
			server := startPostgres(t, pgstore.Options{})
			// After a failure PgBouncer lets 15 seconds pass, unless it is told otherwise.
			bouncer := testserver.StartPgBouncer(t, server, "transaction", "default_pool_size = 4", "server_login_retry = 1", "admin_users = larder")
			s := underLoad(t, at(t, bouncer.URL(), bouncer.Addr(), "pool_max_conns=8&query_mode=exec&op_timeout=2s"), load.Options{Kind: load.PostgresErrors})
			for range 2 {
				s.Mark()
				ended := tc.end(server, bouncer)
				if !s.Until(t, load.Failed(16)) {
					t.FailNow()
				}
				if tc.loses {
					s.Lost()
				}
				if err := ended.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.wantRecovery()
			}
			s.wantNothingLeft(connections.OfPgBouncer(t, console(t, bouncer)))
		})
	}
}

// console returns the URL of a PgBouncer's own database.
func console(t *testing.T, bouncer *launch.PostgreSQL) string {
	t.Helper()
	u, err := url.Parse(bouncer.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/pgbouncer"
	return u.String()
}
