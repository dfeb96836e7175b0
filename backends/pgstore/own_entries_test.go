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

// The server tells the same entries for larder's own as package driver does.
func TestTheServerTellsLardersOwnEntriesAsTheDriverDoes(t *testing.T) {
	pool := database(t)
	pieces := []string{"", "shop", "0", "1", "01", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "\x00", "\\", "é", "\xff1"}
	values := []string{"v", lease, lease[1:], "x" + lease[1:], strings.Repeat("v", driver.HeadSize)}
	opts := newTable(t, pgstore.Options{CullInterval: -1, CullBatch: 100})
	s := open(t, opts)
	var items []driver.Item
	kept := make(map[string]bool)
	add := func(key, value string) {
		items = append(items, driver.Item{Key: []byte(key), Value: []byte(value)})
		if driver.IsReservedKey([]byte(key)) || driver.IsLease([]byte(value)) {
			kept[key] = true
		}
	}
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				add(strings.Join([]string{a, b, c, "k"}, ":"), "v")
			}
		}
	}
	for i, value := range values {
		add(fmt.Sprint("value:1:", i), value)
	}
	if errs, err := s.SetMany(t.Context(), items, driver.Never); errs != nil || err != nil {
		t.Fatal(errs, err)
	}
	shutdown(t, s)
	opts.MaxEntries = int64(len(kept))
	s = open(t, opts)
	if err := s.Cull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, pool, opts); n != int64(len(kept)) {
		t.Errorf("%d rows are left, want %d", n, len(kept))
	}
	for key := range kept {
		if _, err := s.Peek(t.Context(), []byte(key)); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}
