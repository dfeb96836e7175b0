package pgstore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// statementLog is a tracer of pgx that keeps what was sent.
type statementLog struct {
	mu   sync.Mutex
	sent []string
}

func (l *statementLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, data.SQL)
	return ctx
}

func (l *statementLog) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns what was sent since the last call, except for the pool's pings.
func (l *statementLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent = nil
	return slices.DeleteFunc(sent, func(sql string) bool { return strings.HasPrefix(sql, "-- ping") })
}

// traced returns a store, on a pool that was passed in, and the log of its
// statements.
func traced(t *testing.T, opts pgstore.Options) (*pgstore.Store, *statementLog) {
	log := new(statementLog)
	pool := newPool(t, testserver.Postgres(t), func(c *pgxpool.Config) { c.ConnConfig.Tracer = log })
	opts = newTable(t, opts)
	opts.URL, opts.CullInterval = "", -1
	s, err := pgstore.New(pool, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, s) })
	return s, log
}

// Every operation is one statement.
// Django, DatabaseCache
func TestEveryOperationIsOneStatement(t *testing.T) {
	s, log := traced(t, pgstore.Options{})
	ctx := t.Context()
	set(t, s, "shop:1:there", "17", driver.Never)
	log.take()
	keys := make([][]byte, 100)
	items := make([]driver.Item, len(keys))
	for i := range keys {
		keys[i] = []byte{'k', byte(i)}
		items[i] = driver.Item{Key: keys[i], Value: []byte("v")}
	}
	operations := map[string]func(key []byte){
		"Get":     func(key []byte) { _, _ = s.Get(ctx, key) },
		"Peek":    func(key []byte) { _, _ = s.Peek(ctx, key) },
		"TTL":     func(key []byte) { _, _ = s.TTL(ctx, key) },
		"Touch":   func(key []byte) { _, _ = s.Touch(ctx, key, time.Minute) },
		"Incr":    func(key []byte) { _, _ = s.Incr(ctx, key, 1) },
		"Replace": func(key []byte) { _, _ = s.Replace(ctx, key, []byte("17"), []byte("17"), time.Minute) },
		"ReplaceHead": func(key []byte) {
			_, _ = s.ReplaceHead(ctx, key, make([]byte, driver.HeadSize), []byte("17"), time.Minute)
		},
		"Add":        func(key []byte) { _, _, _ = s.Add(ctx, key, []byte("17"), time.Minute) },
		"Set":        func(key []byte) { _ = s.Set(ctx, key, []byte("17"), time.Minute) },
		"Delete":     func(key []byte) { _, _, _ = s.Delete(ctx, key) },
		"SetMany":    func([]byte) { _, _ = s.SetMany(ctx, items, time.Minute) },
		"GetMany":    func([]byte) { _, _ = s.GetMany(ctx, keys) },
		"DeleteMany": func([]byte) { _ = s.DeleteMany(ctx, keys) },
		"Invalidate": func(key []byte) {
			_ = s.Invalidate(ctx, driver.Invalidation{Count: key, Records: keys, Version: driver.NewVersion()})
		},
	}
	for name, run := range operations {
		for _, key := range []string{"shop:1:there", "shop:1:absent"} {
			run([]byte(key))
			if sent := log.take(); len(sent) != 1 {
				t.Errorf("%s(%q) sent %d statements, want 1:\n%s", name, key, len(sent), strings.Join(sent, "\n"))
			}
		}
	}
}

// No write counts the rows of the table.
// Django, DatabaseCache
func TestNoWriteCountsRows(t *testing.T) {
	s, log := traced(t, pgstore.Options{MaxEntries: 1})
	for _, key := range []string{"a", "b", "c"} {
		set(t, s, key, "v", driver.Never)
	}
	for _, sql := range log.take() {
		if strings.Contains(strings.ToLower(sql), "count(") {
			t.Errorf("a write counts: %s", sql)
		}
	}
}

// Clear deletes in batches. It sends a statement for each batch, and one that finds no more.
func TestClearDeletesInBatches(t *testing.T) {
	s, log := traced(t, pgstore.Options{CullBatch: 10})
	for i := range 25 {
		set(t, s, "shop:1:"+string(rune('a'+i)), "v", driver.Never)
	}
	log.take()
	if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err != nil {
		t.Fatal(err)
	}
	if sent := log.take(); len(sent) != 4 {
		t.Errorf("Clear of 25 rows in batches of 10 sent %d statements, want 4", len(sent))
	}
}
