package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// twoPools returns two stores on one table, as two processes would have.
func twoPools(t *testing.T) []*pgstore.Store {
	t.Helper()
	opts := newTable(t, pgstore.Options{})
	return []*pgstore.Store{open(t, opts), open(t, opts)}
}

// Incr is exact under 32 writers on two pools.
func TestIncrIsExactUnder32WritersOnTwoPools(t *testing.T) {
	stores := twoPools(t)
	const first = 1<<53 - 100 // the sum passes what a double can hold
	set(t, stores[0], "n", strconv.FormatInt(first, 10), driver.Never)
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			for range 10 {
				if _, err := stores[i%2].Incr(t.Context(), []byte("n"), 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantValue(t, stores[1], "n", strconv.FormatInt(first+320, 10))
}

// Add wins once under 32 writers on two pools.
func TestAddWinsOnceUnder32WritersOnTwoPools(t *testing.T) {
	stores := twoPools(t)
	for round := range 10 {
		key := fmt.Append(nil, "k", round)
		var winners atomic.Int32
		var group sync.WaitGroup
		for i := range 32 {
			group.Go(func() {
				head, added, err := stores[i%2].Add(t.Context(), key, []byte("value"), driver.Never)
				switch {
				case err != nil:
					t.Error(err)
				case added:
					winners.Add(1)
				case string(head) != "value":
					t.Errorf("who lost was told %q", head)
				}
			})
		}
		group.Wait()
		if n := winners.Load(); n != 1 {
			t.Fatalf("%d won", n)
		}
	}
}

// Many-operations do not deadlock. Each goroutine passes the keys in another order.
func TestManyOperationsDoNotDeadlock(t *testing.T) {
	stores := twoPools(t)
	pool := database(t)
	deadlocks := func() int64 {
		return queryOne[int64](t, pool, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
	}
	before := deadlocks()
	const keys = 50
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			items, names := make([]driver.Item, keys), make([][]byte, keys)
			for j := range keys {
				names[j] = fmt.Append(nil, "shop:1:", (j*(2*i+1)+i)%keys)
				items[j] = driver.Item{Key: names[j], Value: []byte("v")}
			}
			for range 10 {
				_, err := stores[i%2].SetMany(t.Context(), items, time.Minute)
				if i == 0 {
					err = errors.Join(err, stores[0].Clear(t.Context(), driver.Namespace{Prefix: "shop"}))
				}
				if err := errors.Join(err, stores[i%2].DeleteMany(t.Context(), names)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := deadlocks() - before; n != 0 {
		t.Errorf("the server counts %d deadlocks", n)
	}
}

// A statement that the server undoes because it met another write is repeated.
func TestStatementsThatTheServerUndoesAreRepeated(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	opts.URL += "&default_transaction_isolation=serializable"
	s := open(t, opts)
	set(t, s, "n", "0", driver.Never)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for range 50 {
				if _, err := s.Incr(t.Context(), []byte("n"), 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantValue(t, s, "n", "100")
}

// lock holds the row of key until the returned function is called.
func lock(t *testing.T, opts pgstore.Options, key string) (release func()) {
	t.Helper()
	tx, err := database(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM "+identifier(opts)+" WHERE key = $1 FOR UPDATE", []byte(key)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.Background()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Error(err)
		}
	}
}

// A write that waits for a lock ends a little after its context.
func TestAWriteThatWaitsEndsALittleAfterItsContext(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	set(t, s, "k", "before", driver.Never)
	release := lock(t, opts, "k")
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := s.Set(ctx, []byte("k"), []byte("late"), driver.Never)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Set = %v, want the context's error", err)
	}
	if took := time.Since(begun); took < pgstore.WriteGrace || took > 5*time.Second {
		t.Errorf("Set took %v, want a little more than %v", took, pgstore.WriteGrace)
	}
	pool := database(t)
	await(t, "the server has cancelled the write", func() bool {
		return queryOne[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'", opts.Table) == 0
	})
	release()
	wantValue(t, s, "k", "before")
}

// A write that is answered in time is done.
func TestAWriteThatIsAnsweredInTimeIsDone(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	set(t, s, "k", "before", driver.Never)
	release := lock(t, opts, "k")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	context.AfterFunc(ctx, release)
	if err := s.Set(ctx, []byte("k"), []byte("after"), driver.Never); err != nil {
		t.Fatalf("Set = %v, though the server did it", err)
	}
	wantValue(t, s, "k", "after")
}
