package memcachestore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// everyOperation calls each operation that takes a key and returns the errors
// by name.
func everyOperation(tb testing.TB, s driver.Store, key string) map[string]error {
	ctx, k, v := tb.Context(), []byte(key), []byte("1")
	errs := make(map[string]error)
	_, errs["Get"] = s.Get(ctx, k)
	errs["Set"] = s.Set(ctx, k, v, driver.Never)
	_, _, errs["Add"] = s.Add(ctx, k, v, driver.Never)
	_, errs["Touch"] = s.Touch(ctx, k, driver.Never)
	_, errs["Incr"] = s.(driver.Counter).Incr(ctx, k, 1)
	_, errs["Replace"] = s.(driver.Replacer).Replace(ctx, k, v, v, driver.Never)
	_, _, errs["Delete"] = s.Delete(ctx, k)
	_, errs["GetMany"] = s.(driver.Many).GetMany(ctx, [][]byte{[]byte("ok"), k})
	_, errs["SetMany"] = s.(driver.Many).SetMany(ctx, []driver.Item{{Key: []byte("ok")}, {Key: k}}, driver.Never)
	inv := driver.Invalidation{Count: []byte("ok"), Records: [][]byte{k}, Version: driver.NewVersion()}
	errs["Invalidate"] = s.(driver.Invalidator).Invalidate(ctx, inv)
	errs["DeleteMany"] = s.(driver.Many).DeleteMany(ctx, [][]byte{[]byte("ok"), k})
	return errs
}

// An invalid key is refused before anything is sent.
// Django, validate_key
func TestAnInvalidKeyIsRefusedBeforeAnyIO(t *testing.T) {
	m := new(meter)
	s := open(t, memcachestore.Options{Dial: m.dial})
	keys := []string{strings.Repeat("k", 251), "larder-epoch:x", "a\r\nflush_all", "\x7f", "é\x00"}
	for b := range byte(0x21) {
		keys = append(keys, "k"+string(rune(b)), string(rune(b))+"k")
	}
	for _, store := range []driver.Store{s, s.In(shop)} {
		for _, key := range keys {
			for name, err := range everyOperation(t, store, key) {
				if !errors.Is(err, driver.ErrInvalidKey) {
					t.Errorf("%s(%q): %v, want ErrInvalidKey", name, key, err)
				}
			}
		}
	}
	if n := m.dials.Load(); n != 0 {
		t.Errorf("%d connections were dialled", n)
	}
}

// The whole length of a key that Memcached takes is the caller's.
func TestTheLongestKeyIsWholeForTheCaller(t *testing.T) {
	s := open(t, memcachestore.Options{Addrs: []string{testserver.StartMemcached(t).Addr()}}).In(shop)
	longest := "shop:1:" + strings.Repeat("\xff", 243)
	set(t, s, longest, "v")
	wantValue(t, s, longest, "v")
}

// Each operation has the number of round trips that the package comment says.
func TestRoundTripsOfEachOperation(t *testing.T) {
	key := func(i int) []byte { return fmt.Appendf(nil, "shop:1:%d", i) }
	var keys [][]byte
	var items []driver.Item
	for i := range 100 {
		keys = append(keys, key(i))
		items = append(items, driver.Item{Key: key(i), Value: []byte("v")})
	}
	k, ctx := []byte("shop:1:k"), t.Context()
	present := func(s driver.Store) { set(t, s, "shop:1:k", "1") }
	absent := func(s driver.Store) { _, _, _ = s.Delete(ctx, k) }
	records := func(s driver.Store) {
		present(s)
		for _, key := range keys[:10] {
			set(t, s, string(key), "record")
		}
	}
	cleared := func(s driver.Store) { present(s); clearNamespace(t, s, "shop") }
	for _, test := range []struct {
		name         string
		before       func(driver.Store)
		call         func(driver.Store) error
		want, asking int64
	}{
		{"Get hit", present, func(s driver.Store) error { _, err := s.Get(ctx, k); return err }, 1, 1},
		{"Get miss", absent, func(s driver.Store) error { _, err := s.Get(ctx, k); return wantNotFound(err) }, 1, 1},
		{"Get cleared", cleared, func(s driver.Store) error { _, err := s.Get(ctx, k); return wantNotFound(err) }, 2, 1},
		{"Set", present, func(s driver.Store) error { return s.Set(ctx, k, []byte("1"), time.Hour) }, 1, 2},
		{"Add absent", absent, func(s driver.Store) error { _, _, err := s.Add(ctx, k, []byte("1"), time.Hour); return err }, 1, 2},
		{"Add present", present, func(s driver.Store) error { _, _, err := s.Add(ctx, k, []byte("1"), time.Hour); return err }, 2, 3},
		{"Add cleared", cleared, func(s driver.Store) error { _, _, err := s.Add(ctx, k, []byte("1"), time.Hour); return err }, 4, 5},
		{"Touch", present, func(s driver.Store) error { _, err := s.Touch(ctx, k, time.Hour); return err }, 1, 2},
		{"Delete present", present, func(s driver.Store) error { _, _, err := s.Delete(ctx, k); return err }, 2, 2},
		{"Delete absent", absent, func(s driver.Store) error { _, _, err := s.Delete(ctx, k); return err }, 1, 1},
		{"Incr", present, func(s driver.Store) error { _, err := s.(driver.Counter).Incr(ctx, k, 1); return err }, 2, 2},
		{"Replace", present, func(s driver.Store) error {
			_, err := s.(driver.Replacer).Replace(ctx, k, []byte("1"), []byte("2"), time.Hour)
			return err
		}, 2, 2},
		{"GetMany of 100", present, func(s driver.Store) error { _, err := s.(driver.Many).GetMany(ctx, keys); return err }, 1, 1},
		{"SetMany of 100", present, func(s driver.Store) error { _, err := s.(driver.Many).SetMany(ctx, items, time.Hour); return err }, 100, 101},
		{"DeleteMany of 100", present, func(s driver.Store) error { return s.(driver.Many).DeleteMany(ctx, keys) }, 100, 100},
		{"Invalidate 10 that are there", records, func(s driver.Store) error {
			return s.(driver.Invalidator).Invalidate(ctx, driver.Invalidation{Count: k, Records: keys[:10], Version: driver.NewVersion()})
		}, 13, 13},
		{"Invalidate 10 that are not there", present, func(s driver.Store) error {
			return s.(driver.Invalidator).Invalidate(ctx, driver.Invalidation{Count: k, Records: keys[:10], Version: driver.NewVersion()})
		}, 13, 13},
		{"Clear", present, func(s driver.Store) error { return s.Clear(ctx, shop) }, 3, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr := testserver.StartMemcached(t, "-t", "1").Addr()
			for lag, want := range map[time.Duration]int64{time.Hour: test.want, memcachestore.NoLag: test.asking} {
				m := new(meter)
				s := open(t, memcachestore.Options{Addrs: []string{addr}, Dial: m.dial, ClearLag: lag}).In(shop)
				set(t, s, "shop:1:first", "the epoch is known")
				test.before(s)
				got := m.during(func() {
					if err := test.call(s); err != nil {
						t.Error(err)
					}
				})
				if got != want {
					t.Errorf("%d round trips with a lag of %v, want %d", got, lag, want)
				}
			}
		})
	}
}

func wantNotFound(err error) error {
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("error %w, want ErrNotFound", err)
}
