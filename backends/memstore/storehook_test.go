package memstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
)

// hooked counts under how many keys a store has it.
type hooked struct{ keys atomic.Int32 }

func (h *hooked) OnStored()  { h.keys.Add(1) }
func (h *hooked) OnRemoved() { h.keys.Add(-1) }

// The store hook is called for evicted values. Package cachetest checks all other reasons for
// OnRemoved.
func TestStoreHookIsCalledForEvictedValues(t *testing.T) {
	const bound, n = 50, 500
	s := open(t, memstore.Options{MaxEntries: bound})
	var values [n]hooked
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
