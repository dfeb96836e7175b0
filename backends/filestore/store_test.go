package filestore_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// Entries outlive the store that wrote them.
func TestEntriesOutliveTheStore(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, filestore.Options{})
	set(t, first, "k", "v")
	if err := first.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantValue(t, open(t, dir, filestore.Options{}), "k", "v")
}

// Keys and values may hold any bytes.
func TestKeysAndValuesOfAnyBytes(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	keys := []string{"\x00", "../../etc/passwd", "\xff\xfe", "a/b", "A", "a", string(bytes.Repeat([]byte("k"), 5000))}
	for i, key := range keys {
		set(t, s, key, string(bytes.Repeat([]byte{byte(i)}, i*3000)))
	}
	for i, key := range keys {
		wantValue(t, s, key, string(bytes.Repeat([]byte{byte(i)}, i*3000)))
	}
}

// An entry expires by the wall clock, so one that was written before the clock was set back
// lives longer by as much, and expires when the clock reaches its expiry again.
func TestAnEntryLivesLongerByAsMuchAsTheClockIsSetBack(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{Clock: clock})
	write := func() {
		t.Helper()
		if err := s.Set(t.Context(), []byte("k"), []byte("v"), 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	write()
	clock.Advance(-time.Hour)
	wantValue(t, s, "k", "v")
	if left, err := s.TTL(t.Context(), []byte("k")); left != time.Hour+5*time.Second || err != nil {
		t.Errorf("TTL = %v, %v, want 1h0m5s", left, err)
	}
	clock.Advance(time.Hour + 5*time.Second)
	wantMissing(t, s, "k")
	clock.Advance(-time.Hour)
	write()
	clock.Advance(5 * time.Second)
	wantMissing(t, s, "k")
}

// An entry is expired when now reaches its expiry.
func TestExpiredWhenNowReachesTheExpiry(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{Clock: clock})
	key := []byte("k")
	if err := s.Set(t.Context(), key, []byte("1"), time.Nanosecond*100); err != nil {
		t.Fatal(err)
	}
	clock.Advance(99)
	wantValue(t, s, "k", "1")
	if left, err := s.TTL(t.Context(), key); left != 1 || err != nil {
		t.Errorf("TTL = %v, %v, want 1ns", left, err)
	}
	clock.Advance(1)
	wantMissing(t, s, "k")
	_, err := s.TTL(t.Context(), key)
	wantErr(t, "TTL", err, driver.ErrNotFound)
	_, err = s.Touch(t.Context(), key, time.Hour)
	wantErr(t, "Touch", err, driver.ErrNotFound)
	_, err = s.Incr(t.Context(), key, 1)
	wantErr(t, "Incr", err, driver.ErrNotFound)
	if replaced, err := s.Replace(t.Context(), key, []byte("1"), []byte("2"), time.Hour); replaced || err != nil {
		t.Errorf("Replace = %t, %v, want false", replaced, err)
	}
	if _, deleted, err := s.Delete(t.Context(), key); deleted || err != nil {
		t.Errorf("Delete = %t, %v, want false", deleted, err)
	}
	if _, added, err := s.Add(t.Context(), key, []byte("3"), time.Hour); !added || err != nil {
		t.Errorf("Add = %t, %v, want true", added, err)
	}
	wantValue(t, s, "k", "3")
}

// Never, and times close to it, do not overflow.
func TestNeverAndNearlyNeverDoNotOverflow(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{Clock: clock})
	for _, ttl := range []time.Duration{driver.Never, driver.Never - 1, math.MaxInt64 / 2} {
		if err := s.Set(t.Context(), []byte("k"), []byte("v"), ttl); err != nil {
			t.Fatal(err)
		}
		clock.Advance(100 * 365 * 24 * time.Hour)
		wantValue(t, s, "k", "v")
		clock.Advance(-100 * 365 * 24 * time.Hour)
	}
	set(t, s, "k", "v")
	if left, err := s.TTL(t.Context(), []byte("k")); left != driver.Never || err != nil {
		t.Errorf("TTL = %v, %v, want Never", left, err)
	}
	const century = 100 * 365 * 24 * time.Hour
	clock.Advance(-century) // before 1970, as a bad clock may be
	set(t, s, "k", "v")
	for range 3 { // beyond the largest Duration from there
		clock.Advance(century)
	}
	wantValue(t, s, "k", "v")
}

// Touch changes the expiry and nothing else.
func TestTouchChangesTheExpiryAlone(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{Clock: clock})
	value := string(bytes.Repeat([]byte("0123456789"), 1000))
	set(t, s, "k", value)
	head, err := s.Touch(t.Context(), []byte("k"), time.Minute)
	if err != nil || !bytes.HasPrefix([]byte(value), head) || len(head) < driver.HeadSize {
		t.Fatalf("Touch = %.40q, %v", head, err)
	}
	wantValue(t, s, "k", value)
	clock.Advance(time.Minute)
	wantMissing(t, s, "k")
}

// Incr keeps the expiry and refuses what is no integer.
func TestIncrKeepsTheExpiryAndRefusesWhatIsNoInteger(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{Clock: clock})
	key := []byte("k")
	if err := s.Set(t.Context(), key, []byte("9"), time.Minute); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	if n, err := s.Incr(t.Context(), key, 1); n != 10 || err != nil {
		t.Fatalf("Incr = %d, %v, want 10", n, err)
	}
	wantValue(t, s, "k", "10")
	if left, err := s.TTL(t.Context(), key); left != 59*time.Second || err != nil {
		t.Errorf("TTL = %v, %v, want 59s", left, err)
	}
	_, err := s.Incr(t.Context(), key, math.MaxInt64)
	wantErr(t, "Incr", err, driver.ErrOverflow)
	wantValue(t, s, "k", "10")
	set(t, s, "k", "ten")
	_, err = s.Incr(t.Context(), key, 1)
	wantErr(t, "Incr", err, driver.ErrNotInteger)
	wantValue(t, s, "k", "ten")
}

// Replace replaces only a value that is equal.
func TestReplaceOnlyWhatIsEqual(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	key := []byte("k")
	replace := func(old, value string, want bool) {
		t.Helper()
		replaced, err := s.Replace(t.Context(), key, []byte(old), []byte(value), driver.Never)
		if replaced != want || err != nil {
			t.Fatalf("Replace = %t, %v, want %t", replaced, err, want)
		}
	}
	replace("", "a", false)
	wantMissing(t, s, "k")
	set(t, s, "k", "a")
	replace("b", "c", false)
	wantValue(t, s, "k", "a")
	replace("a", "", true)
	wantValue(t, s, "k", "")
	replace("", "d", true)
	wantValue(t, s, "k", "d")
}

// Add and Peek return the head of a large value.
func TestAddAndPeekReturnTheHeadOfALargeValue(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	value := bytes.Repeat([]byte("0123456789"), 10_000)
	set(t, s, "k", string(value))
	head, added, err := s.Add(t.Context(), []byte("k"), []byte("other"), driver.Never)
	if added || err != nil || len(head) < driver.HeadSize || !bytes.HasPrefix(value, head) {
		t.Errorf("Add = %.40q, %t, %v", head, added, err)
	}
	head, err = s.Peek(t.Context(), []byte("k"))
	if err != nil || len(head) < driver.HeadSize || len(head) > 4096 || !bytes.HasPrefix(value, head) {
		t.Errorf("Peek = %d bytes, %v", len(head), err)
	}
	wantValue(t, s, "k", string(value))
}

// The store keeps no memory of its caller.
func TestStoreKeepsNoMemoryOfTheCaller(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{})
	key, value := []byte("k"), []byte("value")
	if err := s.Set(t.Context(), key, value, driver.Never); err != nil {
		t.Fatal(err)
	}
	clear(key)
	clear(value)
	wantValue(t, s, "k", "value")
}
