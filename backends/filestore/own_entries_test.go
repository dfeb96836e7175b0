package filestore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// lease is the value of a lease.
var lease = driver.LeaseStart + strings.Repeat("l", driver.HeadSize-len(driver.LeaseStart))

func recordKey(i int) string {
	return string(driver.Namespace{Prefix: "shop"}.ReservedKey(nil, fmt.Sprint("tag:", i)))
}

// A full store keeps larder's own records and leases.
func TestAFullStoreKeepsLardersOwnRecordsAndLeases(t *testing.T) {
	for name, opts := range map[string]filestore.Options{
		"entries": {MaxEntries: 100},
		"bytes":   {MaxBytes: 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newManualClock()
			opts.Clock = clock
			s := open(t, t.TempDir(), opts)
			const records = 30
			for i := range records {
				set(t, s, recordKey(i), "record")
			}
			if err := s.Set(t.Context(), []byte("shop:1:leased"), []byte(lease), 5*time.Second); err != nil {
				t.Fatal(err)
			}
			for i := range 3000 {
				clock.Advance(time.Millisecond)
				set(t, s, fmt.Sprint("shop:1:", i), strings.Repeat("v", 64))
			}
			for i := range records {
				wantValue(t, s, recordKey(i), "record")
			}
			wantValue(t, s, "shop:1:leased", lease)
			wantMissing(t, s, "shop:1:0")
			wantValue(t, s, "shop:1:2999", strings.Repeat("v", 64))
			if err := s.Audit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What resembles a record or a lease is evicted as any entry.
func TestWhatResemblesARecordOrALeaseIsEvicted(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{MaxEntries: 20})
	key := "shop:1:9223372036854775807:a user's key"
	set(t, s, key, "v")
	set(t, s, "shop:1:short", lease[1:])
	for i := range 40 {
		set(t, s, fmt.Sprint("shop:1:", i), "v")
	}
	wantMissing(t, s, key)
	wantMissing(t, s, "shop:1:short")
}

// Expired records and leases are culled as any expired entry.
func TestExpiredRecordsAndLeasesAreCulled(t *testing.T) {
	clock := newManualClock()
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 2, Clock: clock})
	for key, value := range map[string]string{recordKey(1): "record", "shop:1:leased": lease} {
		if err := s.Set(t.Context(), []byte(key), []byte(value), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Second)
	set(t, s, "shop:1:k", "v")
	if n := len(entryFiles(t, dir)); n != 1 {
		t.Errorf("%d entries, want the one that has not expired", n)
	}
}

// The bound holds also if there are more records than it allows: those written longest ago go.
func TestRecordsGoWhenNothingElseIsLeft(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{MaxEntries: 10, Clock: clock})
	set(t, s, "shop:1:k", "v")
	for i := range 15 {
		clock.Advance(time.Second)
		set(t, s, recordKey(i), "record")
		if err := s.Audit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantMissing(t, s, "shop:1:k")
	wantMissing(t, s, recordKey(0))
	wantValue(t, s, recordKey(14), "record")
	set(t, s, "shop:1:k", "v")
	wantValue(t, s, "shop:1:k", "v")
}
