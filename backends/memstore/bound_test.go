package memstore_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// fill stores n entries with values of size bytes.
func fill(t testing.TB, s *memstore.Store, n, size int, ttl time.Duration) {
	t.Helper()
	value := string(make([]byte, size))
	for i := range n {
		mustSet(t, s, fmt.Sprintf(":1:%d", i), value, ttl)
	}
}

// The default bound is 10 000 entries.
func TestTheDefaultBoundIsInEntries(t *testing.T) {
	s := open(t, memstore.Options{})
	fill(t, s, 3*memstore.DefaultMaxEntries, 0, time.Minute)
	memstore.Settle(s)
	held := memstore.Measure(s).Entries
	if held > memstore.DefaultMaxEntries || held < memstore.DefaultMaxEntries*9/10 {
		t.Errorf("the store holds %d entries, want about %d", held, memstore.DefaultMaxEntries)
	}
}

// The bound holds while many goroutines write. The writers stop for each measurement, so that it is
// exact: otherwise each might add the entry that it is writing to what is allowed.
func TestTheBoundHoldsWhileManyWrite(t *testing.T) {
	const writers, writes = 8, 2000
	tests := []struct {
		name          string
		opts          memstore.Options
		keys, maxSize int
	}{
		{"a few entries", memstore.Options{MaxEntries: 20}, 2000, 10},
		{"many entries", memstore.Options{MaxEntries: 1000}, 2000, 10},
		{"small values", memstore.Options{MaxBytes: 200 << 10}, 2000, 500},
		{"large values", memstore.Options{MaxBytes: 1 << 20}, 2000, 100 << 10},
		{"values of half the bound", memstore.Options{MaxBytes: 32 << 10}, 2000, 16 << 10},
		{"entries that grow and shrink", memstore.Options{MaxBytes: 100 << 10}, 50, 10 << 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, test.opts)
			bound := max(test.opts.MaxBytes, test.opts.MaxEntries)
			var (
				wg      sync.WaitGroup
				writing sync.RWMutex
				active  atomic.Int64
			)
			for w := range writers {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				value := make([]byte, test.maxSize)
				active.Add(1)
				wg.Go(func() {
					defer active.Add(-1)
					for range writes {
						writing.RLock()
						write(t, s, fmt.Appendf(nil, ":1:%d", random.IntN(test.keys)), value[:random.IntN(test.maxSize)], random.IntN(4))
						writing.RUnlock()
					}
				})
			}
			for active.Load() > 0 {
				writing.Lock()
				held := memstore.Measure(s).Weight
				writing.Unlock()
				if held > bound+bound/20 {
					t.Errorf("the store held %d, which is more than 5 %% over its bound of %d", held, bound)
					break
				}
			}
			wg.Wait()
			memstore.Settle(s)
			if rest := memstore.Measure(s).Weight; rest > bound || rest < bound/3 {
				t.Errorf("the store holds %d at rest, want at most and nearly %d", rest, bound)
			}
		})
	}
}

// Updates that make a value longer count towards the bound.
func TestUpdatesThatGrowCountTowardsTheBound(t *testing.T) {
	const bound, keys = 100 << 10, 100
	s := open(t, memstore.Options{MaxBytes: bound})
	fill(t, s, keys, 10, time.Minute)
	large := string(make([]byte, bound/10))
	for i := range keys {
		mustSet(t, s, fmt.Sprintf(":1:%d", i), large, time.Minute)
		if held := memstore.Measure(s).Weight; held > bound+bound/20 {
			t.Fatalf("after %d updates the store held %d, which is more than 5 %% over its bound of %d", i+1, held, bound)
		}
	}
}

// write stores value by one of the ways there are.
func write(t testing.TB, s *memstore.Store, key, value []byte, way int) {
	ctx := t.Context()
	var err error
	switch way {
	case 0:
		_, _, err = s.Add(ctx, key, value, time.Minute)
	case 1:
		err = s.SetNative(ctx, key, value, int64(len(value)), time.Minute)
	case 2:
		var old []byte
		if old, err = s.Get(ctx, key); err == nil {
			_, err = s.Replace(ctx, key, old, value, time.Minute)
		}
	default:
		err = s.Set(ctx, key, value, time.Minute)
	}
	if err != nil && err != errNotFound {
		t.Error(err)
	}
}

// An entry counts with its key, its value and an overhead.
func TestAnEntryAccountsForKeyValueAndOverhead(t *testing.T) {
	s := open(t, memstore.Options{MaxBytes: 1 << 20})
	mustSet(t, s, "12345", "1234567", time.Minute)
	if got := memstore.Measure(s).Weight; got != 12+memstore.EntryOverhead {
		t.Errorf("an entry of 12 bytes weighs %d", got)
	}
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("12345"), point{}, 1000, time.Minute), nil)
	if got := memstore.Measure(s).Weight; got != 1005+memstore.EntryOverhead {
		t.Errorf("a native entry of 1005 bytes weighs %d", got)
	}
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("12345"), point{}, -1, time.Minute), nil)
	if got := memstore.Measure(s).Weight; got != 5+memstore.EntryOverhead {
		t.Errorf("a native entry of negative size weighs %d", got)
	}
}

// The largest value that fits leaves room for nothing else.
func TestTheLargestValueThatFits(t *testing.T) {
	const limit = 100 << 10
	s := open(t, memstore.Options{MaxBytes: limit})
	largest := limit - memstore.EntryOverhead - len("k")
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), make([]byte, largest), time.Minute), nil)
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), make([]byte, largest+1), time.Minute), driver.ErrTooLarge)
}

// A value that is too large is ErrTooLarge and leaves no old value.
func TestAValueThatIsTooLargeLeavesNothingBehind(t *testing.T) {
	ctx, key := t.Context(), []byte("k")
	large := make([]byte, 10<<10)
	writes := map[string]func(*memstore.Store) error{
		"Set": func(s *memstore.Store) error { return s.Set(ctx, key, large, time.Minute) },
		"SetNative": func(s *memstore.Store) error {
			return s.SetNative(ctx, key, large, int64(len(large)), time.Minute)
		},
		"Replace": func(s *memstore.Store) error {
			_, err := s.Replace(ctx, key, []byte("old"), large, time.Minute)
			return err
		},
	}
	for name, write := range writes {
		s := open(t, memstore.Options{MaxBytes: 5 << 10})
		mustSet(t, s, "k", "old", time.Minute)
		wantErr(t, name, write(s), driver.ErrTooLarge)
		wantMissing(t, s, "k")
	}
}

// A conditional write of a value that is too large leaves other entries.
func TestAConditionalWriteOfTooMuchLeavesTheEntriesOfOthers(t *testing.T) {
	ctx, key := t.Context(), []byte("k")
	large := make([]byte, 10<<10)
	s := open(t, memstore.Options{MaxBytes: 5 << 10})
	_, _, err := s.Add(ctx, key, large, time.Minute)
	wantErr(t, "Add", err, driver.ErrTooLarge)
	_, err = s.AddNative(ctx, key, large, int64(len(large)), time.Minute)
	wantErr(t, "AddNative", err, driver.ErrTooLarge)
	wantMissing(t, s, "k")

	mustSet(t, s, "k", "other's", time.Minute)
	head, added, err := s.Add(ctx, key, large, time.Minute)
	if string(head) != "other's" || added || err != nil {
		t.Errorf("Add = %q, %v, %v; want what is there", head, added, err)
	}
	if added, err := s.AddNative(ctx, key, large, int64(len(large)), time.Minute); added || err != nil {
		t.Errorf("AddNative = %v, %v; want not added", added, err)
	}
	if replaced, err := s.Replace(ctx, key, []byte("old"), large, time.Minute); replaced || err != nil {
		t.Errorf("Replace = %v, %v; want not replaced", replaced, err)
	}
	wantValue(t, s, "k", "other's")
}

// A store bounded by entries takes values of any size.
func TestAStoreBoundedByEntriesTakesValuesOfAnySize(t *testing.T) {
	s := open(t, memstore.Options{MaxEntries: 10})
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), make([]byte, 8<<20), time.Minute), nil)
}
