package memstore_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// readOften reads key so often that the reads share a reading of the time.
func readOften(t *testing.T, s *memstore.Store, key string) {
	t.Helper()
	for range 1000 {
		wantValue(t, s, key, "v")
	}
	if !memstore.Ticks(s) {
		t.Fatal("the store is read often, and each read asks for the time itself")
	}
}

// wantTimers compares the timers that run in s with those that should.
func wantTimers(t *testing.T, s *memstore.Store, when string, ticks, sweeps bool) {
	t.Helper()
	synctest.Wait()
	if got := memstore.Ticks(s); got != ticks {
		t.Errorf("%s: the clock ticks: %v, want %v", when, got, ticks)
	}
	if got := memstore.Sweeps(s); got != sweeps {
		t.Errorf("%s: a sweep is due: %v, want %v", when, got, sweeps)
	}
}

// No timer runs in a store without entries that expire.
func TestNoTimerRunsInAnIdleStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		defer shutdown(t, s)
		wantTimers(t, s, "new", false, false)
		mustSet(t, s, "k", "v", driver.Never)
		readOften(t, s, "k")
		wantTimers(t, s, "read often", true, false)
		time.Sleep(time.Second)
		wantTimers(t, s, "idle", false, false)
		readOften(t, s, "k")
		wantTimers(t, s, "read often again", true, false)
	})
}

// The shared clock does not tick for few reads.
func TestTheClockDoesNotTickForFewReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		defer shutdown(t, s)
		mustSet(t, s, "k", "v", driver.Never)
		for range 1000 {
			wantValue(t, s, "k", "v")
			time.Sleep(time.Millisecond)
			wantTimers(t, s, "after a read each millisecond", false, false)
		}
	})
}

// Sweeps go on while there is an entry that expires.
func TestSweepsGoOnWhileAnEntryExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		defer shutdown(t, s)
		key := []byte("k")
		for ending, end := range map[string]func() error{
			"expired": func() error { return nil },
			"deleted": func() error { _, _, err := s.Delete(t.Context(), key); return err },
			"touched": func() error { _, err := s.Touch(t.Context(), key, driver.Never); return err },
			"set":     func() error { return s.Set(t.Context(), key, []byte("v"), driver.Never) },
			"cleared": func() error { return s.Clear(t.Context(), driver.Namespace{}) },
		} {
			mustSet(t, s, "k", "v", 10*time.Second)
			time.Sleep(5 * time.Second)
			wantTimers(t, s, "5 s before the expiry", false, true)
			wantErr(t, ending, end(), nil)
			time.Sleep(8 * time.Second)
			wantTimers(t, s, ending, false, false)
		}
	})
}

// Every operation counts the entries that expire, which decides whether sweeps go on.
func TestEveryOperationCountsTheEntriesThatExpire(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx, k := t.Context(), []byte("k")
	for _, step := range []struct {
		name string
		do   func() error
		want int64
	}{
		{"Set for ever", func() error { return s.Set(ctx, k, []byte("1"), driver.Never) }, 0},
		{"Incr of it", func() error { _, err := s.Incr(ctx, k, 1); return err }, 0},
		{"Touch", func() error { _, err := s.Touch(ctx, k, time.Hour); return err }, 1},
		{"Touch again", func() error { _, err := s.Touch(ctx, k, time.Minute); return err }, 1},
		{"Incr", func() error { _, err := s.Incr(ctx, k, 1); return err }, 1},
		{"Incr that fails", func() error { _, _ = s.Incr(ctx, []byte("none"), 1); return nil }, 1},
		{"Replace for ever", func() error { _, err := s.Replace(ctx, k, []byte("3"), []byte("4"), driver.Never); return err }, 0},
		{"Replace", func() error { _, err := s.Replace(ctx, k, []byte("4"), []byte("5"), time.Hour); return err }, 1},
		{"Replace of another value", func() error { _, err := s.Replace(ctx, k, []byte("4"), []byte("6"), driver.Never); return err }, 1},
		{"Add to it", func() error { _, _, err := s.Add(ctx, k, []byte("7"), time.Hour); return err }, 1},
		{"Add of another", func() error { _, _, err := s.Add(ctx, []byte("l"), []byte("7"), time.Hour); return err }, 2},
		{"AddNative to it", func() error { _, err := s.AddNative(ctx, k, 8, 1, time.Hour); return err }, 2},
		{"SetNative", func() error { return s.SetNative(ctx, k, 8, 1, time.Hour) }, 2},
		{"SetNative for ever", func() error { return s.SetNative(ctx, k, 8, 1, driver.Never) }, 1},
		{"Delete of one for ever", func() error { _, _, err := s.Delete(ctx, k); return err }, 1},
		{"Delete", func() error { _, _, err := s.Delete(ctx, []byte("l")); return err }, 0},
	} {
		wantErr(t, step.name, step.do(), nil)
		if got := memstore.Expiring(s); got != step.want {
			t.Errorf("after %s: %d entries count as expiring, want %d", step.name, got, step.want)
		}
	}
}

// Evicted entries do not count as expiring.
func TestEvictedEntriesDoNotCountAsExpiring(t *testing.T) {
	const bound = 50
	s := open(t, memstore.Options{MaxEntries: bound})
	for i := range 10 * bound {
		mustSet(t, s, fmt.Sprint(i), "v", time.Hour)
	}
	memstore.Settle(s)
	if held := memstore.Measure(s).Entries; memstore.Expiring(s) != int64(held) {
		t.Errorf("%d entries count as expiring, and the store holds %d", memstore.Expiring(s), held)
	}
}

// No timer runs after Shutdown, even if an operation that began before it writes after it.
func TestNoTimerRunsAfterShutdown(t *testing.T) {
	s := open(t, memstore.Options{})
	mustSet(t, s, "k", "v", time.Hour)
	readOften(t, s, "k")
	late := memstore.Hold(s)
	shutdown(t, s)
	late.ReadAndWriteOften()
	if late.TimerRuns() {
		t.Error("a timer runs after Shutdown")
	}
}
