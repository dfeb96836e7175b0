package faults_test

import (
	"context"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/internal/testserver/launch"
)

// startPostgres starts a server with the table of a cache.
func startPostgres(t *testing.T, table pgstore.Options) *launch.PostgreSQL {
	t.Helper()
	server := testserver.StartPostgres(t)
	table.URL = server.URL()
	if _, err := pgstore.CreateTable(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	return server
}

// at returns a connection URL with another host, host:port, and options.
func at(t *testing.T, raw, host, options string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host
	u.RawQuery += "&" + options
	return u.String()
}

// postgresUnderLoad returns a cache whose connections go through the proxy.
func postgresUnderLoad(t *testing.T, server *launch.PostgreSQL, options string) (*subject, *load.Proxy) {
	t.Helper()
	proxy := load.NewProxy(t, server.Addr())
	url := at(t, server.URL(), proxy.Addr(), "pool_max_conns=8&"+options)
	return underLoad(t, url, load.Options{Kind: load.PostgresErrors}), proxy
}

// An end in good order keeps the entries; a crash empties an unlogged table,
// and no other.
func TestPostgresRestarted(t *testing.T) {
	for name, tc := range map[string]struct {
		end    func(*launch.PostgreSQL)
		logged bool
		loses  bool
	}{
		"fast":              {end: func(p *launch.PostgreSQL) { p.Stop() }},
		"immediate":         {end: func(p *launch.PostgreSQL) { p.Kill() }, loses: true},
		"immediate, logged": {end: func(p *launch.PostgreSQL) { p.Kill() }, logged: true},
		"SIGKILL":           {end: killPostmaster, loses: true},
		"SIGKILL, logged":   {end: killPostmaster, logged: true},
	} {
		t.Run(name, func(t *testing.T) {
			load.Leaks(t)
			server := startPostgres(t, pgstore.Options{Logged: tc.logged})
			s, _ := postgresUnderLoad(t, server, "op_timeout=10s")
			for range 2 {
				tc.end(server)
				s.await(load.Failed(enough))
				if tc.loses {
					s.Lost()
				}
				testserver.Await(t, server.Restart) // after SIGKILL it waits for the sessions to notice
				s.wantRecovery()
			}
			s.wantNothingLeft(connections.OfPostgres(t, server.URL()))
		})
	}
}

func killPostmaster(p *launch.PostgreSQL) {
	_ = syscall.Kill(p.PID(), syscall.SIGKILL)
	p.Kill() // waits for its end
}

// When a session is killed, as by a system that runs out of memory, the server
// ends all others, recovers, and empties unlogged tables.
func TestPostgresLosesASession(t *testing.T) {
	load.Leaks(t)
	server := startPostgres(t, pgstore.Options{Logged: true})
	s, _ := postgresUnderLoad(t, server, "op_timeout=10s")
	for range 2 {
		s.Mark()
		killASession(t, server)
		if !s.Until(t, load.Failed(1)) {
			t.FailNow()
		}
		s.wantRecovery()
	}
	s.wantNothingLeft(connections.OfPostgres(t, server.URL()))
}

func killASession(t *testing.T, server *launch.PostgreSQL) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }() // the server ends it too
	const other = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
	var pid int
	if err := conn.QueryRow(t.Context(), other).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresRepliesCutInTheMiddle(t *testing.T) {
	load.Leaks(t)
	server := startPostgres(t, pgstore.Options{})
	s, proxy := postgresUnderLoad(t, server, "op_timeout=5s")
	// A session begins with about half a kilobyte.
	for _, bytes := range []int64{1, 300, 700, 3000} {
		proxy.CutReplies(bytes)
		s.await(load.FailedBy(load.Network, 50))
		proxy.Heal()
		s.wantRecovery()
	}
	s.wantNothingLeft(connections.OfPostgres(t, server.URL()))
}

func TestPostgresUnresponsiveForFiveSeconds(t *testing.T) {
	load.Leaks(t)
	server := startPostgres(t, pgstore.Options{})
	s, proxy := postgresUnderLoad(t, server, "op_timeout=250ms")
	proxy.Stall()
	s.await(load.FailedBy(load.TimedOut, unresponsiveFor(250*time.Millisecond)))
	proxy.Heal()
	s.wantRecovery()
	s.wantNothingLeft(connections.OfPostgres(t, server.URL()))
}

func TestPostgresSlow(t *testing.T) {
	load.Leaks(t)
	server := startPostgres(t, pgstore.Options{})
	s, proxy := postgresUnderLoad(t, server, "op_timeout=20s&connect_timeout=20s")
	proxy.Latency(200*time.Millisecond, 100*time.Millisecond)
	s.await(load.Done(100))
	proxy.Heal()
	s.wantRecovery()
	if report := s.wantNothingLeft(connections.OfPostgres(t, server.URL())); report.Errors > 0 {
		t.Errorf("a slow server is no failing one: %v", report.Counts)
	}
}
