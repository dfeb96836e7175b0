package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// Connections are bounded and closed by Shutdown.
func TestConnectionsAreBoundedAndGoneAfterShutdown(t *testing.T) {
	const name, bound = "pgstore_test_connections", 3
	pool := database(t)
	connections := func() int {
		return queryOne[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name)
	}
	opts := newTable(t, pgstore.Options{Pool: pgstore.PoolOptions{MaxConns: bound}})
	opts.URL += "&application_name=" + name
	s := open(t, opts)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			for j := range 20 {
				if err := s.Set(t.Context(), fmt.Append(nil, i, j), []byte("v"), time.Minute); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if n := connections(); n < 1 || n > bound {
			t.Errorf("the server has %d connections, want 1 to %d", n, bound)
		}
	}
	group.Wait()
	shutdown(t, s)
	await(t, "no connection is left", func() bool { return connections() == 0 })
}

// Shutdown leaves a shared pool open.
func TestShutdownLeavesASharedPoolOpen(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{})
	opts.URL = ""
	s, err := pgstore.New(pool, opts)
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "v", driver.Never)
	shutdown(t, s)
	if _, err := s.Get(t.Context(), []byte("k")); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("Get after Shutdown: %v, want ErrClosed", err)
	}
	if n := rowCount(t, pool, opts); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// Shutdown waits for operations in flight until its context ends.
func TestShutdownWaitsForTheOperationInFlightUntilItsContextEnds(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	set(t, s, "k", "before", driver.Never)
	release := lock(t, opts, "k")
	done := make(chan error, 1)
	go func() { done <- s.Set(t.Context(), []byte("k"), []byte("after"), driver.Never) }()
	pool := database(t)
	await(t, "the write waits", func() bool {
		return queryOne[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'", opts.Table) == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown beside a write: %v", err)
	}
	if _, err := s.Get(t.Context(), []byte("k")); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("Get during Shutdown: %v, want ErrClosed", err)
	}
	release()
	if err := <-done; err != nil {
		t.Errorf("the write that Shutdown waits for: %v", err)
	}
	shutdown(t, s)
}

// A store works again after its connections were ended.
func TestAStoreOutlivesTheEndOfItsConnections(t *testing.T) {
	const name = "pgstore_test_terminated"
	opts := newTable(t, pgstore.Options{CullInterval: -1, Pool: pgstore.PoolOptions{MaxConns: 2}})
	opts.URL += "&application_name=" + name
	s := open(t, opts)
	set(t, s, "k", "v", driver.Never)
	exec(t, opts.URL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()", name)
	await(t, "the store answers again", func() bool {
		_, err := s.Get(t.Context(), []byte("k"))
		return err == nil
	})
	wantValue(t, s, "k", "v")
}
