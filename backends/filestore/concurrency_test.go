package filestore_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// Two stores on one directory in one process are as separate as two processes.
func TestConcurrentUseOfTwoStores(t *testing.T) {
	dir := t.TempDir()
	stores := []*filestore.Store{open(t, dir, filestore.Options{}), open(t, dir, filestore.Options{})}
	set(t, stores[0], "counter", "0")
	const workers, steps = 6, 30
	var added [steps]atomic.Int32
	var wg sync.WaitGroup
	for worker := range workers {
		s := stores[worker%len(stores)]
		wg.Go(func() {
			for i := range steps {
				if _, err := s.Incr(t.Context(), []byte("counter"), 1); err != nil {
					t.Errorf("Incr: %v", err)
				}
				_, ok, err := s.Add(t.Context(), fmt.Appendf(nil, "add%d", i), []byte("v"), driver.Never)
				if err != nil {
					t.Errorf("Add: %v", err)
				}
				if ok {
					added[i].Add(1)
				}
				key := fmt.Sprint("shared", i%3)
				if err := s.Set(t.Context(), []byte(key), makeValue(key, worker*steps+i), driver.Never); err != nil {
					t.Errorf("Set: %v", err)
				}
				value, err := s.Get(t.Context(), []byte(key))
				if err != nil || !validValue(key, value) {
					t.Errorf("Get = %.20q, %v", value, err)
				}
			}
		})
	}
	wg.Wait()
	wantValue(t, stores[1], "counter", fmt.Sprint(workers*steps))
	for i := range added {
		if n := added[i].Load(); n != 1 {
			t.Errorf("key %d was added %d times", i, n)
		}
	}
}

// Of concurrent Replaces of one entry exactly one wins.
func TestReplaceHasOneWinner(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	set(t, s, "k", "old")
	var wins atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ok, err := s.Replace(t.Context(), []byte("k"), []byte("old"), fmt.Append(nil, i), driver.Never)
			if err != nil && !errors.Is(err, driver.ErrNotFound) {
				t.Errorf("Replace: %v", err)
			}
			if ok {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if n := wins.Load(); n != 1 {
		t.Errorf("%d replaced the old value, want 1", n)
	}
}
