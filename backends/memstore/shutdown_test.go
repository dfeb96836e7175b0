package memstore_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

func shutdown(t testing.TB, s *memstore.Store) {
	t.Helper()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// Every operation after Shutdown is ErrClosed.
func TestEveryOperationAfterShutdownIsErrClosed(t *testing.T) {
	s := open(t, memstore.Options{})
	shutdown(t, s)
	for name, err := range callAll(t.Context(), s, "k") {
		wantErr(t, name, err, driver.ErrClosed)
	}
}

// Shutdown is idempotent.
func TestShutdownIsIdempotent(t *testing.T) {
	s := open(t, memstore.Options{})
	parallel(8, func(int) { shutdown(t, s) })
	shutdown(t, s)
}

// Shutdown works with an ended context.
func TestShutdownNeedsNoLiveContext(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "Shutdown", s.Shutdown(ctx), nil)
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), nil, time.Minute), driver.ErrClosed)
}

// Shutdown frees the entries.
func TestShutdownFreesTheEntries(t *testing.T) {
	s := open(t, memstore.Options{})
	value := new([1 << 20]byte)
	freed := weak.Make(value)
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("k"), value, 0, driver.Never), nil)
	value = nil
	runtime.GC()
	if freed.Value() == nil {
		t.Fatal("the entry was freed while the store was open")
	}
	shutdown(t, s)
	// A maintenance pass that the Set began may hold the entries a moment more.
	for range 1000 {
		runtime.GC()
		if freed.Value() == nil {
			return
		}
		runtime.Gosched()
	}
	t.Error("the entry is still held by a store that was shut down")
	runtime.KeepAlive(s)
}
