package pgstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// lease is the value of a lease.
var lease = driver.LeaseStart + strings.Repeat("l", driver.HeadSize-len(driver.LeaseStart))

func recordKey(prefix string, i int) string {
	return string(driver.Namespace{Prefix: prefix}.ReservedKey(nil, fmt.Sprint("tag:", i)))
}

// A full table keeps larder's own records and leases, though they expire soonest.
func TestAFullTableKeepsLardersOwnRecordsAndLeases(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1, CullBatch: 300, MaxEntries: 1000})
	s := open(t, opts)
	const records = 100
	for i := range records {
		set(t, s, recordKey("shop", i), "record", time.Minute)
	}
	long := recordKey(strings.Repeat("p", 900), 1) + strings.Repeat("k", 1000)
	set(t, s, long, "record", time.Minute)
	set(t, s, "shop:1:leased", lease, time.Minute)
	for range 3 {
		fill(t, pool, opts, 2000)
		if err := s.Cull(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := rowCount(t, pool, opts); n != 900 {
			t.Fatalf("%d rows are left, want nine tenths of 1000", n)
		}
		for i := range records {
			wantValue(t, s, recordKey("shop", i), "record")
		}
		wantValue(t, s, long, "record")
		wantValue(t, s, "shop:1:leased", lease)
		if _, err := pool.Exec(t.Context(), "DELETE FROM "+identifier(opts)+" WHERE expires > clock_timestamp() + interval '1 hour'"); err != nil {
			t.Fatal(err)
		}
	}
	advance(t, pool, opts, time.Hour)
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, pool, opts); n != 0 {
		t.Errorf("%d rows are left of those that have expired", n)
	}
}

// The bound holds also if there are more records than it allows: those that expire soonest go.
func TestRecordsGoWhenNothingElseIsLeft(t *testing.T) {
	pool := database(t)
	opts := newTable(t, pgstore.Options{CullInterval: -1, MaxEntries: 100})
	s := open(t, opts)
	set(t, s, "shop:1:k", "v", driver.Never)
	for i := range 120 {
		set(t, s, recordKey("shop", i), "record", time.Hour+time.Duration(i)*time.Second)
	}
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, pool, opts); n != 90 {
		t.Errorf("%d rows are left, want nine tenths of 100", n)
	}
	wantMissing(t, s, "shop:1:k")
	wantMissing(t, s, recordKey("shop", 29))
	wantValue(t, s, recordKey("shop", 30), "record")
}

// The server tells the same entries for larder's own as package driver does, in every query
// mode.
func TestTheServerTellsLardersOwnEntriesAsTheDriverDoes(t *testing.T) {
	pool := database(t)
	items, own := likeOwnEntries()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			opts := newTable(t, pgstore.Options{
				CullInterval: -1, CullBatch: 100, MaxEntries: int64(len(own)), Pool: pgstore.PoolOptions{QueryMode: mode},
			})
			s := open(t, opts)
			if errs, err := s.SetMany(t.Context(), items, driver.Never); errs != nil || err != nil {
				t.Fatal(errs, err)
			}
			if err := s.Cull(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := rowCount(t, pool, opts); n != int64(len(own)) {
				t.Errorf("%d rows are left, want %d", n, len(own))
			}
			for _, key := range own {
				if _, err := s.Peek(t.Context(), key); err != nil {
					t.Errorf("%q: %v", key, err)
				}
			}
		})
	}
}

// likeOwnEntries returns entries that resemble larder's own, and the keys of those that are.
func likeOwnEntries() (items []driver.Item, own [][]byte) {
	add := func(key, value string) {
		item := driver.Item{Key: []byte(key), Value: []byte(value)}
		items = append(items, item)
		if driver.IsReservedKey(item.Key) || driver.IsLease(item.Value) {
			own = append(own, item.Key)
		}
	}
	parts := []string{
		"", "shop", "0", "1", "01", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999",
		"\x00", "\\", "é", "\xff1",
	}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				add(strings.Join([]string{a, b, c, "k"}, ":"), "v")
			}
		}
	}
	for i, value := range []string{"v", lease, lease[1:], "x" + lease[1:], strings.Repeat("v", driver.HeadSize)} {
		add(fmt.Sprint("value:1:", i), value)
	}
	return items, own
}
