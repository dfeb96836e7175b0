package filestore_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// operations calls every method but Shutdown and returns the errors by name.
func operations(ctx context.Context, s *filestore.Store) map[string]error {
	key, value := []byte(":1:k"), []byte("1")
	errs := make(map[string]error)
	_, errs["Get"] = s.Get(ctx, key)
	_, errs["Peek"] = s.Peek(ctx, key)
	_, errs["TTL"] = s.TTL(ctx, key)
	errs["Set"] = s.Set(ctx, key, value, driver.Never)
	_, _, errs["Add"] = s.Add(ctx, key, value, driver.Never)
	_, errs["Touch"] = s.Touch(ctx, key, driver.Never)
	_, errs["Incr"] = s.Incr(ctx, key, 1)
	_, errs["Replace"] = s.Replace(ctx, key, value, value, driver.Never)
	_, _, errs["Delete"] = s.Delete(ctx, key)
	errs["Clear"] = s.Clear(ctx, driver.Namespace{})
	return errs
}

// An operation with an ended context does nothing.
func TestEndedContextDoesNothing(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	set(t, s, ":1:k", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range operations(ctx, s) {
		wantErr(t, name, err, context.Canceled)
	}
	wantValue(t, s, ":1:k", "1")
}

// A closed store refuses every operation.
func TestClosedStoreRefusesEverything(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{t.Context(), ended} {
		for name, err := range operations(ctx, s) {
			wantErr(t, name, err, driver.ErrClosed)
		}
	}
}

// Shutdown waits for operations in flight.
func TestShutdownWaitsForOperationsInFlight(t *testing.T) {
	clock := newGateClock()
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{Clock: clock})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Set(t.Context(), []byte("k"), []byte("v"), driver.Never); err != nil {
			t.Errorf("Set: %v", err)
		}
	})
	<-clock.entered

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "Shutdown", s.Shutdown(ended), context.Canceled)
	_, err := s.Get(t.Context(), []byte("k"))
	wantErr(t, "Get", err, driver.ErrClosed)

	close(clock.proceed)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantValue(t, open(t, dir, filestore.Options{}), "k", "v")
	wg.Wait()
}

// The wait for a lock of another goroutine ends with the context.
func TestContextEndsTheWaitForAnotherGoroutine(t *testing.T) {
	clock := newGateClock()
	s := open(t, t.TempDir(), filestore.Options{MaxEntries: 10, Clock: clock})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Set(t.Context(), []byte("k"), []byte("first"), driver.Never); err != nil {
			t.Errorf("Set: %v", err)
		}
	})
	<-clock.entered // and holds the only shard

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	wantErr(t, "Set", s.Set(ctx, []byte("k"), []byte("second"), driver.Never), context.DeadlineExceeded)
	close(clock.proceed)
	wg.Wait()
	wantValue(t, s, "k", "first")
}

// The wait for a lock of another process ends with the context.
func TestContextEndsTheWaitForAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "k", "first")
	other := flock.New(filepath.Join(filepath.Dir(onlyEntry(t, dir)), "lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	wait := func(what string, op func(ctx context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		wantErr(t, what, op(ctx), context.DeadlineExceeded)
	}
	wait("Set", func(ctx context.Context) error { return s.Set(ctx, []byte("k"), []byte("second"), driver.Never) })
	wait("Clear", func(ctx context.Context) error { return s.Clear(ctx, driver.Namespace{}) })
	wantValue(t, s, "k", "first") // reading needs no lock
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "third")
	wantValue(t, s, "k", "third")
}

// A lock file that was removed excludes others again.
func TestRemovedLockFileExcludesAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "k", "v")
	path := filepath.Join(filepath.Dir(onlyEntry(t, dir)), "lock")
	stale := flock.New(path)
	if err := stale.Lock(); err != nil {
		t.Fatal(err)
	}
	defer stale.Unlock()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "v2") // a lock on a removed file holds nobody up
	current := flock.New(path)
	if ok, err := current.TryLock(); !ok || err != nil {
		t.Fatalf("TryLock = %t, %v", ok, err)
	}
	defer current.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	wantErr(t, "Set", s.Set(ctx, []byte("k"), []byte("v3"), driver.Never), context.DeadlineExceeded)
}
