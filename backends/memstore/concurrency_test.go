package memstore_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// Of concurrent Adds exactly one adds.
func TestOfConcurrentAddsExactlyOneAdds(t *testing.T) {
	s := open(t, memstore.Options{})
	for round := range 200 {
		key := fmt.Appendf(nil, "k%d", round)
		var adders atomic.Int64
		parallel(8, func(i int) {
			if _, added, err := s.Add(t.Context(), key, []byte{byte(i)}, time.Minute); err != nil {
				t.Error(err)
			} else if added {
				adders.Add(1)
			}
		})
		if n := adders.Load(); n != 1 {
			t.Fatalf("%d of 8 added", n)
		}
	}
}

// Concurrent increments all count.
func TestConcurrentIncrementsAllCount(t *testing.T) {
	const goroutines, each = 8, 500
	s := open(t, memstore.Options{})
	mustSet(t, s, "k", "0", time.Minute)
	parallel(goroutines, func(int) {
		for range each {
			if _, err := s.Incr(t.Context(), []byte("k"), 1); err != nil {
				t.Error(err)
			}
		}
	})
	wantValue(t, s, "k", strconv.Itoa(goroutines*each))
}

// Of concurrent Replaces exactly one replaces.
func TestOfConcurrentReplacementsExactlyOneReplaces(t *testing.T) {
	const goroutines, each = 8, 200
	s := open(t, memstore.Options{})
	mustSet(t, s, "k", "0", time.Minute)
	var replacements atomic.Int64
	parallel(goroutines, func(int) {
		for range each {
			old, err := s.Get(t.Context(), []byte("k"))
			if err != nil {
				t.Error(err)
				return
			}
			n, _ := driver.ParseInteger(old)
			replaced, err := s.Replace(t.Context(), []byte("k"), old, driver.AppendInteger(nil, n+1), time.Minute)
			if err != nil {
				t.Error(err)
			} else if replaced {
				replacements.Add(1)
			}
		}
	})
	wantValue(t, s, "k", strconv.FormatInt(replacements.Load(), 10))
}

// All operations are safe together. The race detector checks every operation on a few keys, with
// expiry, eviction, a moving clock and a shutdown in the middle.
func TestAllOperationsTogether(t *testing.T) {
	for _, opts := range []memstore.Options{{MaxEntries: 8}, {MaxBytes: 4 << 10}} {
		clock := &fakeClock{}
		opts.Clock = clock
		s := open(t, opts)
		var wg sync.WaitGroup
		for g := range 8 {
			random := rand.New(rand.NewPCG(2, uint64(g)))
			wg.Go(func() {
				for range 300 {
					for name, err := range callAll(t.Context(), s, fmt.Sprintf(":1:%d", random.IntN(16))) {
						switch err {
						case nil, driver.ErrNotFound, driver.ErrNotInteger, driver.ErrClosed:
						default:
							t.Errorf("%s: %v", name, err)
						}
					}
					clock.Advance(time.Duration(random.IntN(int(time.Second))))
				}
				shutdown(t, s)
			})
		}
		wg.Wait()
	}
}

// parallel runs f(0) to f(n-1) at once and waits for them.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}
