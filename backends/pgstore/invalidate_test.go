package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// waiting returns how many statements on the table wait for a lock.
func waiting(t *testing.T, opts pgstore.Options) int {
	t.Helper()
	return queryOne[int](t, database(t), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%'||$1||'%'", opts.Table)
}

func invalidation(count string, records ...string) driver.Invalidation {
	inv := driver.Invalidation{Count: []byte(count), Version: driver.NewVersion()}
	for _, key := range records {
		inv.Records = append(inv.Records, []byte(key))
	}
	return inv
}

// begin runs an invalidation, which is to wait for a lock, and returns its result.
func begin(t *testing.T, s *pgstore.Store, opts pgstore.Options, inv driver.Invalidation) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Invalidate(t.Context(), inv) }()
	await(t, "the invalidation waits", func() bool { return waiting(t, opts) == 1 })
	return done
}

// A record that is made while an invalidation waits, and so after its statement began, is
// changed.
func TestInvalidateChangesWhatWasMadeSinceItBegan(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s, other := open(t, opts), open(t, opts)
	set(t, s, "count", "7", driver.Never)
	release := lock(t, opts, "count")
	inv := invalidation("count", "record")
	done := begin(t, s, opts, inv)
	set(t, other, "record", "made", driver.Never)
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "count", "8")
	wantValue(t, s, "record", inv.Version+inv.Version+"8")
}

// A count that is made in a transaction that began before an invalidation, and ends after
// it began, is added to.
func TestInvalidateAddsToACountMadeSinceItBegan(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	set(t, s, "record", "made", driver.Never)
	tx, err := database(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "INSERT INTO "+identifier(opts)+" VALUES ('count', '7', 'infinity')"); err != nil {
		t.Fatal(err)
	}
	inv := invalidation("count", "record")
	done := begin(t, s, opts, inv)
	if err := errors.Join(tx.Commit(t.Context()), <-done); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "count", "8")
	wantValue(t, s, "record", inv.Version+inv.Version+"8")
}

// Whoever makes the count, or a record that is not there, waits for an invalidation of it,
// and then sees all that it did. Nothing is left of what it put there.
func TestWhoMakesWhatIsInvalidatedWaits(t *testing.T) {
	for _, made := range []string{"count", "a record"} {
		t.Run(made, func(t *testing.T) {
			opts := newTable(t, pgstore.Options{})
			s, other := open(t, opts), open(t, opts)
			set(t, s, "the last record", "made", driver.Never)
			release := lock(t, opts, "the last record")
			inv := invalidation("count", "the last record", "a record")
			done := begin(t, s, opts, inv)
			added := make(chan error, 1)
			go func() {
				head, isNew, err := other.Add(t.Context(), []byte(made), []byte("7"), driver.Never)
				if !isNew {
					err = errors.Join(err, fmt.Errorf("nothing was added: %q is there", head))
				}
				added <- err
			}()
			await(t, "Add waits, too", func() bool { return waiting(t, opts) == 2 })
			release()
			if err := errors.Join(<-done, <-added); err != nil {
				t.Fatal(err)
			}
			wantValue(t, s, made, "7")
			wantValue(t, s, "the last record", inv.Version+inv.Version)
		})
	}
}

// What an invalidation puts where nothing is goes with what has expired.
func TestWhatInvalidateFindsMissingIsCulled(t *testing.T) {
	opts := newTable(t, pgstore.Options{CullInterval: -1})
	s := open(t, opts)
	if err := s.Invalidate(t.Context(), invalidation("count", "a", "b")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"count", "a", "b"} {
		wantMissing(t, s, key)
	}
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := queryOne[int](t, database(t), "SELECT count(*) FROM "+identifier(opts)); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// Invalidations do not deadlock, each with the records in another order, beside operations
// on many of them.
func TestInvalidationsDoNotDeadlock(t *testing.T) {
	stores := twoPools(t)
	pool := database(t)
	deadlocks := func() int64 {
		return queryOne[int64](t, pool, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
	}
	before := deadlocks()
	const records, rounds, goroutines = 23, 10, 8
	set(t, stores[0], "shop:1:count", "0", driver.Never)
	var group sync.WaitGroup
	for i := range goroutines {
		group.Go(func() {
			var keys []string
			for j := range records {
				keys = append(keys, fmt.Sprint("shop:1:record", (j*(2*i+1)+i)%records))
			}
			for round := range rounds {
				inv := invalidation("shop:1:count", keys[round:]...)
				err := stores[i%2].Invalidate(context.WithoutCancel(t.Context()), inv)
				if i == 0 {
					_, many := stores[0].SetMany(t.Context(), []driver.Item{{Key: inv.Records[0]}, {Key: inv.Records[5]}}, driver.Never)
					err = errors.Join(err, many, stores[0].DeleteMany(t.Context(), inv.Records[3:]))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantValue(t, stores[0], "shop:1:count", fmt.Sprint(rounds*goroutines))
	if n := deadlocks() - before; n != 0 {
		t.Errorf("the server counts %d deadlocks", n)
	}
}

// Every query mode sends an invalidation, of keys of any length, and keeps the bytes of what
// it changes.
func TestEveryQueryModeInvalidates(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			s := open(t, newTable(t, pgstore.Options{Pool: pgstore.PoolOptions{QueryMode: mode}}))
			making := strings.Repeat("9", driver.VersionSize) + ":"
			count, record := longKey("shop:1:", 2000), longKey("shop:1:", 3000)
			first := strings.Repeat("\x00", driver.VersionSize-1) + `\`
			set(t, s, count, making+"9223372036854775806", driver.Never)
			set(t, s, record, first+first, driver.Never)
			inv := invalidation(count, record, "shop:1:absent")
			inv.Soft = true
			if err := s.Invalidate(t.Context(), inv); err != nil {
				t.Fatal(err)
			}
			wantValue(t, s, count, making+"9223372036854775807")
			wantValue(t, s, record, first+inv.Version+making+"9223372036854775807")
			if err := s.Invalidate(t.Context(), inv); err != driver.ErrNotInteger {
				t.Errorf("a count that has no next: %v, want ErrNotInteger", err)
			}
		})
	}
}
