package memcachestore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// An Add that is too large leaves the entry that is there.
func TestATooLargeAddLeavesALiveEntry(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}}).In(shop)
	set(t, s, "shop:1:k", "there")
	head, added, err := s.Add(t.Context(), []byte("shop:1:k"), make([]byte, maxItem), time.Hour)
	if string(head) != "there" || added || err != nil {
		t.Errorf("Add = %q, %v, %v", head, added, err)
	}
	clearNamespace(t, s, "shop")
	if _, _, err := s.Add(t.Context(), []byte("shop:1:k"), make([]byte, maxItem), time.Hour); !errors.Is(err, driver.ErrTooLarge) {
		t.Errorf("Add over a cleared entry: %v", err)
	}
	wantMissing(t, s, "shop:1:k")
}

// A server with a higher limit takes larger values, since the limit is the server's.
func TestAServerMayTakeMore(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t, "-I", "4m").Addr()}}).In(shop)
	set(t, s, "shop:1:k", string(make([]byte, 3<<20)))
	if err := s.Set(t.Context(), []byte("shop:1:k"), make([]byte, 5<<20), time.Hour); !errors.Is(err, driver.ErrTooLarge) {
		t.Errorf("Set: %v", err)
	}
	wantMissing(t, s, "shop:1:k")
}

// Eviction is no error, and gives no mixture of values.
func TestEvictionIsNoErrorAndNoMixture(t *testing.T) {
	addr := testserver.StartMemcached(t, "-m", "2").Addr()
	s := open(t, memcachestore.Options{Addrs: []string{addr}}).In(shop)
	value := make([]byte, 100<<10)
	for i := range 200 {
		key := []byte{'k', byte('A' + i/26), byte('A' + i%26)}
		if err := s.Set(t.Context(), key, value, driver.Never); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), key); err != nil && !errors.Is(err, driver.ErrNotFound) || err == nil && len(got) != len(value) {
			t.Fatalf("Get = %d bytes, %v", len(got), err)
		}
	}
	if stat(t, addr, "evictions") == 0 {
		t.Error("nothing was evicted")
	}
}
