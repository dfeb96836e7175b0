package pgstore_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// Whatever isolation the server has for its default, every operation does what the contract says.
func TestConformanceUnderAStricterIsolation(t *testing.T) {
	for _, level := range []string{"repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			server := testserver.StartPostgres(t, "-c", "default_transaction_isolation="+level, "-c", "max_connections=300")
			t.Setenv("LARDER_TEST_POSTGRES", server.URL())
			cachetest.RunStore(t, harness(t, pgstore.Options{URL: server.URL(), MaxValueBytes: 1 << 20}))
		})
	}
}

// No statement is undone however many writers a row has, whichever way the isolation was set.
func TestNoStatementIsUndoneHoweverContendedTheRow(t *testing.T) {
	server := testserver.StartPostgres(t)
	exec(t, server.URL(), "CREATE ROLE strict LOGIN SUPERUSER PASSWORD 'x'")
	exec(t, server.URL(), "ALTER ROLE strict SET default_transaction_isolation = 'repeatable read'")
	exec(t, server.URL(), "CREATE DATABASE strict")
	exec(t, server.URL(), "ALTER DATABASE strict SET default_transaction_isolation = 'serializable'")
	with := func(change func(u *url.URL, query url.Values)) string {
		u, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		change(u, query)
		u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		return u.String()
	}
	for name, where := range map[string]string{
		"role":      with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("strict", "x") }),
		"database":  with(func(u *url.URL, _ url.Values) { u.Path = "/strict" }),
		"parameter": with(func(_ *url.URL, q url.Values) { q.Set("default_transaction_isolation", "serializable") }),
		"options":   with(func(_ *url.URL, q url.Values) { q.Set("options", `-c default_transaction_isolation=repeatable\ read`) }),
	} {
		for _, mode := range modes {
			t.Run(fmt.Sprint(name, "/", mode), func(t *testing.T) {
				pool := pgstore.PoolOptions{QueryMode: mode, MaxConns: 16}
				s := open(t, newTable(t, pgstore.Options{URL: where, Pool: pool}))
				wantNoneUndone(t, s)
			})
		}
	}
}

// wantNoneUndone runs every operation that changes a row on one row at once.
func wantNoneUndone(t *testing.T, s *pgstore.Store) {
	const writers, rounds = 16, 10
	ctx := t.Context()
	set(t, s, "shop:1:n", "0", driver.Never)
	key := []byte("shop:1:hot")
	operations := map[string]func() error{
		"Set":   func() error { return s.Set(ctx, key, []byte("1"), driver.Never) },
		"Add":   func() error { _, _, err := s.Add(ctx, key, []byte("1"), driver.Never); return err },
		"Touch": func() error { _, err := s.Touch(ctx, key, driver.Never); return found(err) },
		"Get":   func() error { _, err := s.Get(ctx, key); return found(err) },
		"Incr":  func() error { _, err := s.Incr(ctx, key, 1); return found(err) },
		"Replace": func() error {
			_, err := s.Replace(ctx, key, []byte("1"), []byte("2"), driver.Never)
			return err
		},
		"ReplaceHead": func() error {
			_, err := s.ReplaceHead(ctx, key, []byte("2"), []byte("1"), driver.Never)
			return err
		},
		"Delete": func() error { _, _, err := s.Delete(ctx, key); return err },
		"SetMany": func() error {
			_, err := s.SetMany(ctx, []driver.Item{{Key: key, Value: []byte("1")}, {Key: []byte("shop:2:x")}}, driver.Never)
			return err
		},
		"DeleteMany": func() error { return s.DeleteMany(ctx, [][]byte{key, []byte("shop:2:x")}) },
		"Clear":      func() error { return s.Clear(ctx, driver.Namespace{Prefix: "shop:2"}) },
		"Cull":       func() error { return s.Cull(ctx) },
		"Invalidate": func() error { return s.Invalidate(ctx, invalidation("shop:0:count", "shop:2:x", "shop:2:y")) },
	}
	var group sync.WaitGroup
	for name, run := range operations {
		group.Go(func() {
			for range rounds {
				if err := run(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	for range writers {
		group.Go(func() {
			for range rounds {
				if _, err := s.Incr(ctx, []byte("shop:1:n"), 1); err != nil {
					t.Errorf("Incr of the counter: %v", err)
				}
			}
		})
	}
	group.Wait()
	wantValue(t, s, "shop:1:n", fmt.Sprint(writers*rounds))
}

// found takes a missing entry for no error.
func found(err error) error {
	if err == driver.ErrNotFound {
		return nil
	}
	return err
}

// A statement that was undone because it met another write is sent again under READ COMMITTED,
// where it waits for the next one.
func TestAStatementIsRepeatedUnderReadCommitted(t *testing.T) {
	log := new(statementLog)
	pool := newPool(t, testserver.Postgres(t), func(c *pgxpool.Config) {
		c.ConnConfig.Tracer = log
		c.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable"
	})
	opts := newTable(t, pgstore.Options{})
	opts.URL, opts.CullInterval = "", -1
	s, err := pgstore.New(pool, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, s) })
	set(t, s, "n", "1", driver.Never)
	log.take()

	other, err := database(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "UPDATE "+identifier(opts)+" SET value = '10'"); err != nil {
		t.Fatal(err)
	}
	counted := make(chan error, 1)
	go func() {
		_, err := s.Incr(t.Context(), []byte("n"), 1)
		counted <- err
	}()
	await(t, "the statement waits for the row", func() bool {
		return queryOne[bool](t, database(t), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%'||$1||'%')", opts.Table)
	})
	if err := errors.Join(other.Commit(t.Context()), <-counted); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "n", "11")
	sent := log.take()
	if len(sent) != 5 || sent[0] != sent[2] || sent[1] != "begin isolation level read committed" || sent[3] != "commit" {
		t.Errorf("sent were\n%s", strings.Join(sent, "\n"))
	}
}
