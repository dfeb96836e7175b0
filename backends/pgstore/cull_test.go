package pgstore_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

func rowCount(t *testing.T, pool *pgxpool.Pool, opts pgstore.Options) int64 {
	t.Helper()
	return queryOne[int64](t, pool, "SELECT count(*) FROM "+identifier(opts))
}

// fill stores n entries, the i-th of which has i seconds more than an hour.
func fill(t *testing.T, pool *pgxpool.Pool, opts pgstore.Options, n int) {
	t.Helper()
	sql := "INSERT INTO " + identifier(opts) + ` SELECT convert_to('shop:1:' || i, 'UTF8'), repeat('x', 200)::bytea,
		clock_timestamp() + interval '1 hour' + i * interval '1 second' FROM generate_series(1, $1::int) AS i`
	if _, err := pool.Exec(t.Context(), sql, n); err != nil {
		t.Fatal(err)
	}
}

// await asks until it is so, and lets the database decide how fast.
func await(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !isSo(); {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

// Expired rows are culled in the background.
func TestExpiredRowsAreCulledInTheBackground(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: 10 * time.Millisecond, CullBatch: 7})
	s := open(t, opts)
	fill(t, pool, opts, 100)
	set(t, s, "stays", "v", driver.Never)
	advance(t, pool, opts, 2*time.Hour)
	await(t, "only one row is left", func() bool { return rowCount(t, pool, opts) == 1 })
	wantValue(t, s, "stays", "v")
}

// Culling skips locked rows.
func TestCullingPassesOverLockedRows(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1})
	s := open(t, opts)
	fill(t, pool, opts, 10)
	advance(t, pool, opts, 2*time.Hour)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM "+identifier(opts)+" WHERE key = 'shop:1:5' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	if err := s.Cull(t.Context()); err != nil {
		t.Errorf("Cull beside a lock: %v", err)
	}
	if n := rowCount(t, pool, opts); n != 1 {
		t.Errorf("%d rows are left, want the locked one", n)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
}

// The bound is kept by removing what expires soonest.
func TestTheBoundIsKeptByRemovingWhatExpiresSoonest(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1, CullBatch: 30, MaxEntries: 1000})
	s := open(t, opts)
	fill(t, pool, opts, 1000)
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, pool, opts); n != 1000 {
		t.Fatalf("%d rows are left of as many as there may be", n)
	}
	set(t, s, "soonest", "v", time.Minute)
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, pool, opts); n != 900 {
		t.Errorf("%d rows are left, want nine tenths of 1000", n)
	}
	wantMissing(t, s, "soonest")
	wantMissing(t, s, "shop:1:100")
	if ttl, err := s.TTL(t.Context(), []byte("shop:1:101")); err != nil || ttl <= time.Hour {
		t.Errorf("the entry after those removed: TTL %v, %v", ttl, err)
	}
}

// The estimate of the rows of a large table is close. The table is ten times sampleBytes, a part of
// it dead rows.
func TestTheEstimateOfALargeTableIsClose(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1})
	s := open(t, opts)
	fill(t, pool, opts, 200_000)
	if _, err := pool.Exec(t.Context(), "DELETE FROM "+identifier(opts)+" WHERE get_byte(key, length(key) - 1) % 2 = 0"); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Estimate(t.Context())
	if err != nil || rows < 90_000 || rows > 110_000 {
		t.Errorf("estimate %d, %v, want 100000 to within a tenth", rows, err)
	}
}

// A negative interval never culls.
func TestANegativeIntervalNeverCulls(t *testing.T) {
	s, log := traced(t, pgstore.Options{})
	shutdown(t, s)
	if sent := log.take(); len(sent) != 0 {
		t.Errorf("sent: %v", sent)
	}
}

// lockedBuffer is what a logger may write to while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Failing culls are logged when they begin and when they end.
func TestFailingCullsAreLoggedWhenTheyBeginAndEnd(t *testing.T) {
	var log lockedBuffer
	opts := newTable(t, pgstore.Options{CullInterval: time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s := open(t, opts)
	exec(t, opts.URL, "ALTER TABLE "+identifier(opts)+" RENAME TO "+opts.Table+"_away")
	await(t, "culling fails", func() bool { return strings.Contains(log.String(), "culling fails") })
	for i := range 20 { // more rounds, which must be silent
		if err := s.Cull(t.Context()); err == nil {
			t.Errorf("round %d does not fail", i)
		}
	}
	exec(t, opts.URL, "ALTER TABLE "+opts.Table+"_away RENAME TO "+opts.Table)
	await(t, "culling works again", func() bool { return strings.Contains(log.String(), "works again") })
	if n := strings.Count(log.String(), "culling fails"); n != 1 {
		t.Errorf("the failure is logged %d times:\n%s", n, log.String())
	}
	if secret := "secret"; strings.Contains(log.String(), secret) {
		t.Errorf("the log has the password:\n%s", log.String())
	}
}

// Many stores may cull one table.
func TestManyStoresMayCullOneTable(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1, CullBatch: 10})
	fill(t, pool, opts, 500)
	advance(t, pool, opts, 2*time.Hour)
	var group sync.WaitGroup
	for i := range 4 {
		s := open(t, opts)
		group.Go(func() {
			if err := s.Cull(t.Context()); err != nil {
				t.Error(fmt.Errorf("store %d: %w", i, err))
			}
		})
	}
	group.Wait()
	if n := rowCount(t, pool, opts); n != 0 {
		t.Errorf("%d expired rows are left", n)
	}
}
