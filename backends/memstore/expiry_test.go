package memstore_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// An entry is expired when now reaches its expiry.
func TestAnEntryIsExpiredWhenNowReachesItsExpiry(t *testing.T) {
	for _, ttl := range []time.Duration{1, time.Millisecond, time.Second, 300 * time.Second, 100 * 24 * time.Hour} {
		clock := &fakeClock{}
		s := open(t, memstore.Options{Clock: clock})
		mustSet(t, s, "k", "v", ttl)
		clock.Advance(ttl - 1)
		wantValue(t, s, "k", "v")
		clock.Advance(1)
		wantMissing(t, s, "k")
	}
}

// Entries with Never do not expire.
func TestEntriesThatNeverExpire(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	clock.Advance(time.Hour) // so that now plus Never overflows
	mustSet(t, s, "never", "v", driver.Never)
	mustSet(t, s, "centuries", "v", math.MaxInt64-1)
	mustSet(t, s, "touched", "v", time.Second)
	for range 2 {
		head, err := s.Touch(t.Context(), []byte("touched"), driver.Never)
		if string(head) != "v" || err != nil {
			t.Fatalf("Touch with Never = %q, %v", head, err)
		}
	}
	clock.Advance(250 * 365 * 24 * time.Hour)
	for _, key := range []string{"never", "centuries", "touched"} {
		wantValue(t, s, key, "v")
	}
	ttl, err := s.TTL(t.Context(), []byte("never"))
	if ttl != driver.Never || err != nil {
		t.Errorf("TTL = %v, %v; want Never", ttl, err)
	}
}

// Touch gives a new expiry from now.
func TestTouchGivesANewExpiryFromNow(t *testing.T) {
	tests := []struct {
		name       string
		first, new time.Duration
	}{
		{"later", 10 * time.Second, time.Minute},
		{"sooner", time.Minute, 10 * time.Second},
		{"the same", time.Minute, time.Minute},
		{"from never", driver.Never, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := &fakeClock{}
			s := open(t, memstore.Options{Clock: clock})
			mustSet(t, s, "k", "v", test.first)
			clock.Advance(5 * time.Second)
			head, err := s.Touch(t.Context(), []byte("k"), test.new)
			if string(head) != "v" || err != nil {
				t.Fatalf("Touch = %q, %v", head, err)
			}
			clock.Advance(test.new - 1)
			wantValue(t, s, "k", "v")
			clock.Advance(1)
			wantMissing(t, s, "k")
		})
	}
}

// Touch does not revive an expired entry.
func TestTouchDoesNotReviveWhatExpired(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	mustSet(t, s, "k", "v", time.Second)
	clock.Advance(time.Second)
	_, err := s.Touch(t.Context(), []byte("k"), time.Hour)
	wantErr(t, "Touch", err, driver.ErrNotFound)
	wantMissing(t, s, "k")
}

// Set replaces the expiry.
func TestSetReplacesTheExpiry(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	for _, ttl := range []time.Duration{time.Minute, time.Second, time.Hour} {
		mustSet(t, s, "k", "v", ttl)
		got, err := s.TTL(t.Context(), []byte("k"))
		if got != ttl || err != nil {
			t.Fatalf("TTL after Set with %v = %v, %v", ttl, got, err)
		}
	}
}

// TTL counts down.
func TestTTLCountsDown(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	mustSet(t, s, "k", "v", time.Minute)
	clock.Advance(59 * time.Second)
	ttl, err := s.TTL(t.Context(), []byte("k"))
	if ttl != time.Second || err != nil {
		t.Errorf("TTL = %v, %v; want 1s", ttl, err)
	}
	clock.Advance(time.Second)
	_, err = s.TTL(t.Context(), []byte("k"))
	wantErr(t, "TTL of an expired entry", err, driver.ErrNotFound)
}

// The clock may stand at any time. A zero time.Time is further from 1970 than int64 nanoseconds
// reach.
func TestTheClockMayStandAnywhere(t *testing.T) {
	clock := &offsetClock{}
	s := open(t, memstore.Options{Clock: clock})
	mustSet(t, s, "k", "v", time.Second)
	wantValue(t, s, "k", "v")
	clock.Advance(time.Second)
	wantMissing(t, s, "k")
}

type offsetClock struct{ fakeClock }

func (c *offsetClock) Now() time.Time {
	return time.Time{}.Add(time.Duration(c.elapsed.Load()))
}

// The default clock is within MaxClockLag of the system's.
func TestTheDefaultClockIsWithinTheAllowedLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		defer shutdown(t, s) // within the bubble
		mustSet(t, s, "k", "v", time.Second)
		time.Sleep(time.Second - driver.MaxClockLag)
		wantValue(t, s, "k", "v")
		time.Sleep(2 * driver.MaxClockLag)
		wantMissing(t, s, "k")
	})
}

// Expired entries are removed without being asked for.
func TestExpiredEntriesAreSweptWithoutBeingAskedFor(t *testing.T) {
	const entries = 100
	for name, opts := range map[string]memstore.Options{
		"default clock":  {},
		"injected clock": {Clock: bubbleClock{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, opts)
				defer shutdown(t, s)
				fill(t, s, entries, 256, time.Second)
				mustSet(t, s, "stays", "v", time.Hour)
				time.Sleep(4 * time.Second)
				synctest.Wait()
				if held := memstore.Measure(s); held.Entries != 1 {
					t.Errorf("the store holds %d entries, want only the one that has not expired", held.Entries)
				}
			})
		})
	}
}

// bubbleClock asks the time each time, which in a bubble is the bubble's.
type bubbleClock struct{}

func (bubbleClock) Now() time.Time { return time.Now() }
