package memcachestore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// clock tells what a store is to take for the time.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

const lag = time.Hour // so that only the clock of the test ends it

var shop = driver.Namespace{Prefix: "shop"}

// process is a store as another process has one, with the namespace shop.
type process struct {
	store *memcachestore.Store
	shop  driver.Store
	clock *clock
}

func newProcess(tb testing.TB, addrs ...string) process {
	tb.Helper()
	c := new(clock)
	s, err := memcachestore.OpenWithTime(memcachestore.Options{Addrs: addrs, ClearLag: lag, IOTimeout: longTimeout}, c.now)
	if err != nil {
		tb.Fatal(err)
	}
	return process{closing(tb, s), s.In(shop), c}
}

// A Clear counts for other processes after the lag.
func TestAClearIsSeenByAnotherProcessAfterTheLag(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	one, other := newProcess(t, addr), newProcess(t, addr)
	set(t, one.shop, "shop:1:k", "old")
	wantValue(t, other.shop, "shop:1:k", "old")

	clearNamespace(t, one.shop, "shop")
	wantMissing(t, one.shop, "shop:1:k")
	wantValue(t, other.shop, "shop:1:k", "old")
	other.clock.advance(lag + time.Second)
	wantMissing(t, other.shop, "shop:1:k")
	wantMissing(t, other.store, "shop:1:k")
}

// Clear keeps a load under way in this process from storing its value, though the KeyFunc of the
// alias hides the prefix, by which other stores know the alias's keys.
func TestClearStopsALoadWhoseKeyHidesThePrefix(t *testing.T) {
	hash := func(prefix string, version int, key string) string {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(cache.DefaultKey(prefix, version, key))))
	}
	h, err := cache.NewHandler(cache.Settings{"default": {
		Backend: "memcached", Location: testserver.StartMemcached(t).Addr(), KeyPrefix: "shop", KeyFunc: hash,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Shutdown(t.Context())
	c := h.Proxy("default")
	outcome, err := c.Fill(t.Context(), "k", new(string), cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
		return cache.Loaded{Value: "old"}, c.Clear(ctx)
	}))
	found, hasErr := c.Has(t.Context(), "k")
	if outcome.Stored || err != nil || found || hasErr != nil {
		t.Errorf("Fill = %+v, %v; afterwards Has = %v, %v", outcome, err, found, hasErr)
	}
}

// A Replace that has read its entry when that is cleared, by this process or by another of which
// this one hears, does not bring it back.
func TestReplaceKeepsTheEpochOfWhatItReplaces(t *testing.T) {
	for name, clearIt := range map[string]func(t *testing.T, one, other process){
		"by this process": func(t *testing.T, one, _ process) { clearNamespace(t, one.shop, "shop") },
		"by another": func(t *testing.T, one, other process) {
			clearNamespace(t, other.shop, "shop")
			one.clock.advance(lag + time.Second)
			wantMissing(t, one.shop, "shop:1:another")
		},
	} {
		t.Run(name, func(t *testing.T) {
			addr := testserver.StartMemcached(t).Addr()
			one, other := newProcess(t, addr), newProcess(t, addr)
			set(t, one.shop, "shop:1:k", "old")
			replaced, err := one.shop.(*memcachestore.Store).ReplaceWith(t.Context(), []byte("shop:1:k"), []byte("new"), driver.Never,
				func() { clearIt(t, one, other) })
			if !replaced || err != nil {
				t.Errorf("Replace: %t, %v; the bytes under the key have not changed", replaced, err)
			}
			wantMissing(t, one.shop, "shop:1:k")
			wantMissing(t, other.shop, "shop:1:k")
		})
	}
}

// With no lag, a Clear counts for other processes immediately.
func TestWithNoLagAClearIsSeenAtOnce(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	opts := memcachestore.Options{Addrs: []string{addr}, ClearLag: memcachestore.NoLag}
	one, other := open(t, opts).In(shop), open(t, opts).In(shop)
	for i := range 20 {
		set(t, one, "shop:1:k", fmt.Sprint(i))
		wantValue(t, other, "shop:1:k", fmt.Sprint(i))
		clearNamespace(t, one, "shop")
		wantMissing(t, other, "shop:1:k")
	}
}

// A change or deletion within the lag counts for all processes, although a lookup may still find
// what another has cleared.
func TestAWriteWithinTheLagIsNotLost(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	one, other := newProcess(t, addr), newProcess(t, addr)
	for name, write := range map[string]func(key []byte) error{
		"Delete": func(key []byte) error { _, _, err := other.shop.Delete(t.Context(), key); return err },
		"DeleteMany": func(key []byte) error {
			return other.shop.(driver.Many).DeleteMany(t.Context(), [][]byte{key})
		},
		"Set": func(key []byte) error { return other.shop.Set(t.Context(), key, []byte("new"), driver.Never) },
	} {
		key := "shop:1:" + name
		set(t, other.shop, key, "before")
		clearNamespace(t, one.shop, "shop")
		set(t, one.shop, key, "stale")
		if err := write([]byte(key)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := one.shop.Get(t.Context(), []byte(key)); err == nil && string(got) == "stale" {
			t.Errorf("%s by a process that had not seen the Clear left %q", name, got)
		}
		other.clock.advance(lag + time.Second)
	}
}

// An entry of a later epoch is found within the lag.
func TestAnEntryOfALaterEpochIsFoundWithinTheLag(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	one, other := newProcess(t, addr), newProcess(t, addr)
	set(t, other.shop, "shop:1:k", "old")
	clearNamespace(t, one.shop, "shop")
	set(t, one.shop, "shop:1:k", "new")
	wantValue(t, other.shop, "shop:1:k", "new")
	if _, added, err := other.shop.Add(t.Context(), []byte("shop:1:k"), []byte("second"), driver.Never); added || err != nil {
		t.Errorf("Add over a live entry = %v, %v", added, err)
	}
}

// Eviction of the epoch brings back nothing that was cleared.
func TestEvictionOfTheEpochRevivesNothing(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	p := newProcess(t, addr)
	for round := range 20 {
		set(t, p.shop, "shop:1:cleared", fmt.Sprint(round))
		clearNamespace(t, p.shop, "shop")
		command(t, addr, "DELETED", "delete "+memcachestore.EpochKey("shop"))
		for name, reader := range map[string]process{"the same": p, "a new": newProcess(t, addr)} {
			if got, err := reader.shop.Get(t.Context(), []byte("shop:1:cleared")); err == nil {
				t.Fatalf("round %d: %s process found %q", round, name, got)
			}
			reader.clock.advance(lag + time.Second)
			if got, err := reader.shop.Get(t.Context(), []byte("shop:1:cleared")); err == nil {
				t.Fatalf("round %d: %s process found %q after the lag", round, name, got)
			}
		}
	}
	set(t, p.shop, "shop:1:k", "v")
	wantValue(t, p.shop, "shop:1:k", "v")
}

// A value that is no epoch in its place is replaced.
func TestAnEpochThatIsNoneIsReplaced(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	for _, garbage := range []string{"0", "x", "12 ", ""} {
		command(t, addr, "STORED", fmt.Sprintf("set %s 0 0 %d\r\n%s", memcachestore.EpochKey("shop"), len(garbage), garbage))
		one, other := newProcess(t, addr), newProcess(t, addr)
		set(t, one.shop, "shop:1:k", "v"+garbage)
		wantValue(t, other.shop, "shop:1:k", "v"+garbage)
		clearNamespace(t, one.shop, "shop")
		wantMissing(t, one.shop, "shop:1:k")
	}
}

// In isolates namespaces that the form of keys cannot distinguish.
func TestInIsolatesWhatTheFormOfKeysCannot(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}})
	long := strings.Repeat("p", 300) + "\x00 "
	keys := map[string]string{"shop": "shop:1:2:a", "shop:1": "shop:1:2:b", "other": "no-form-at-all", "": "x", long: "y"}
	for cleared := range keys {
		for prefix, key := range keys {
			set(t, s.In(driver.Namespace{Prefix: prefix}), key, prefix)
		}
		clearNamespace(t, s, cleared)
		for prefix, key := range keys {
			in := s.In(driver.Namespace{Prefix: prefix})
			if prefix == cleared {
				wantMissing(t, in, key)
			} else {
				wantValue(t, in, key, prefix)
			}
		}
	}
}

// An entry of another program is a miss.
func TestAnEntryOfAnotherProgramIsAMiss(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	s := open(t, memcachestore.Options{Addrs: []string{addr}}).In(shop)
	for _, flags := range []string{"0", "1", "4294967295"} {
		command(t, addr, "STORED", "set shop:1:k "+flags+" 0 1\r\n7")
		wantMissing(t, s, "shop:1:k")
		if _, err := s.(driver.Counter).Incr(t.Context(), []byte("shop:1:k"), 1); !errors.Is(err, driver.ErrNotFound) {
			t.Errorf("Incr: %v", err)
		}
		if _, added, err := s.Add(t.Context(), []byte("shop:1:k"), []byte("v"), driver.Never); !added || err != nil {
			t.Errorf("Add over it = %v, %v", added, err)
		}
		wantValue(t, s, "shop:1:k", "v")
	}
}

// Namespaces that a store without In knows from keys only are forgotten after a while, since there
// is no end of them.
func TestNamespacesThatOnlyKeysToldOfAreForgotten(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}})
	for i := range 1100 {
		set(t, s, fmt.Sprintf("p%d:1:k", i), "v")
	}
	clearNamespace(t, s, "p0")
	wantMissing(t, s, "p0:1:k")
	wantValue(t, s, "p1:1:k", "v")
}
