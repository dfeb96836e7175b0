package memstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// Reads do not allocate.
func TestReadsDoNotAllocate(t *testing.T) {
	s := open(t, memstore.Options{MaxBytes: 1 << 20})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	key := []byte(":1:a key that is longer than the 32 bytes which the compiler keeps on the stack")
	missing := []byte(":1:another key that is longer than the 32 bytes which the compiler keeps on the stack")
	mustSet(t, s, string(key), "value", driver.Never)
	wantErr(t, "SetNative", s.SetNative(ctx, []byte("native"), &point{}, 16, driver.Never), nil)

	reads := map[string]func() error{
		"Get":         func() error { _, err := s.Get(ctx, key); return err },
		"Get, a miss": func() error { _, err := s.Get(ctx, missing); return err },
		"GetNative":   func() error { _, _, _, err := s.GetNative(ctx, []byte("native")); return err },
		"TTL":         func() error { _, err := s.TTL(ctx, key); return err },
	}
	for name, read := range reads {
		if n := testing.AllocsPerRun(1000, func() { _ = read() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Set allocates the entry and little else.
func TestSetAllocatesTheEntryAndLittleElse(t *testing.T) {
	s := open(t, memstore.Options{})
	key, value := []byte(":1:key"), make([]byte, 256)
	// The key, the value and otter's box for a value that is updated in place.
	if n := testing.AllocsPerRun(1000, func() { _ = s.Set(t.Context(), key, value, time.Minute) }); n > 4 {
		t.Errorf("Set: %v allocations", n)
	}
}
