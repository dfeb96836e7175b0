package memstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// tenant counts under how many keys a store has it.
type tenant struct{ keys atomic.Int32 }

func (t *tenant) Entered() { t.keys.Add(1) }
func (t *tenant) Left()    { t.keys.Add(-1) }

func TestANativeValueKnowsWhetherItIsStored(t *testing.T) {
	key, other := []byte(":1:key"), []byte(":1:other")
	for reason, leave := range map[string]func(s *memstore.Store) error{
		"deleted": func(s *memstore.Store) error {
			_, err := s.Delete(t.Context(), key)
			return err
		},
		"replaced by a value of bytes": func(s *memstore.Store) error { return s.Set(t.Context(), key, []byte("v"), time.Minute) },
		"replaced by a native value": func(s *memstore.Store) error {
			return s.SetNative(t.Context(), key, new(tenant), 1, time.Minute)
		},
		"cleared": func(s *memstore.Store) error { return s.Clear(t.Context(), driver.Namespace{}) },
		"refused in place of it": func(s *memstore.Store) error {
			if err := s.SetNative(t.Context(), key, new(tenant), 1<<20, time.Minute); err == nil {
				return fmt.Errorf("a value over the bound was stored")
			}
			return nil
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s := open(t, memstore.Options{MaxBytes: 64 << 10})
			value := new(tenant)
			for _, k := range [][]byte{key, other} {
				wantErr(t, "SetNative", s.SetNative(t.Context(), k, value, 1, driver.Never), nil)
			}
			if n := value.keys.Load(); n != 2 {
				t.Fatalf("stored under two keys, it counts %d", n)
			}
			wantErr(t, reason, leave(s), nil)
			_, _, isNative, err := s.GetNative(t.Context(), other)
			left := int32(0)
			if err == nil && isNative {
				left = 1
			}
			if n := value.keys.Load(); n != left {
				t.Errorf("it counts %d, want %d", n, left)
			}
		})
	}
}

func TestATouchedValueIsStoredAsBefore(t *testing.T) {
	s := open(t, memstore.Options{})
	value := new(tenant)
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("key"), value, 1, time.Minute), nil)
	if _, err := s.Touch(t.Context(), []byte("key"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := value.keys.Load(); n != 1 {
		t.Errorf("it counts %d, want 1", n)
	}
}

func TestAValueThatIsNotAddedIsNotStored(t *testing.T) {
	s := open(t, memstore.Options{})
	first, second := new(tenant), new(tenant)
	for _, value := range []*tenant{first, second} {
		if _, err := s.AddNative(t.Context(), []byte("key"), value, 1, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if first.keys.Load() != 1 || second.keys.Load() != 0 {
		t.Errorf("they count %d and %d, want 1 and 0", first.keys.Load(), second.keys.Load())
	}
}

func TestAnEvictedValueKnowsIt(t *testing.T) {
	const bound, n = 50, 500
	s := open(t, memstore.Options{MaxEntries: bound})
	var values [n]tenant
	for i := range values {
		wantErr(t, "SetNative", s.SetNative(t.Context(), fmt.Append(nil, i), &values[i], 1, time.Minute), nil)
	}
	memstore.Settle(s)
	for i := range values {
		_, _, _, err := s.GetNative(t.Context(), fmt.Append(nil, i))
		if stored := values[i].keys.Load() == 1; stored != (err == nil) {
			t.Errorf("value %d counts %d, and the store says %v", i, values[i].keys.Load(), err)
		}
	}
}
