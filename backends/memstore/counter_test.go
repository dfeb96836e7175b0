package memstore_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// Incr adds and keeps the expiry.
func TestIncrAddsAndKeepsTheExpiry(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	mustSet(t, s, "k", "40", time.Minute)
	for i, delta := range []int64{5, -3, 0} {
		clock.Advance(time.Second)
		n, err := s.Incr(t.Context(), []byte("k"), delta)
		if want := []int64{45, 42, 42}[i]; n != want || err != nil {
			t.Fatalf("Incr = %d, %v; want %d", n, err, want)
		}
	}
	wantValue(t, s, "k", "42")
	ttl, err := s.TTL(t.Context(), []byte("k"))
	if ttl != 57*time.Second || err != nil {
		t.Errorf("TTL = %v, %v; want 57s", ttl, err)
	}
}

// Incr of an entry that never expires leaves it so.
func TestIncrOfAnEntryThatNeverExpires(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	clock.Advance(time.Hour)
	mustSet(t, s, "k", "1", driver.Never)
	for range 3 {
		_, err := s.Incr(t.Context(), []byte("k"), 1)
		wantErr(t, "Incr", err, nil)
	}
	ttl, err := s.TTL(t.Context(), []byte("k"))
	if ttl != driver.Never || err != nil {
		t.Errorf("TTL = %v, %v; want Never", ttl, err)
	}
}

// Incr leaves a value that it cannot add to.
func TestIncrLeavesWhatItCannotAddTo(t *testing.T) {
	limit := strconv.FormatInt(math.MaxInt64, 10)
	floor := strconv.FormatInt(math.MinInt64, 10)
	tests := []struct {
		value string
		delta int64
		want  error
	}{
		{"", 1, driver.ErrNotInteger},
		{"1.5", 1, driver.ErrNotInteger},
		{"01", 1, driver.ErrNotInteger},
		{" 1", 1, driver.ErrNotInteger},
		{limit, 1, driver.ErrOverflow},
		{floor, -1, driver.ErrOverflow},
	}
	s := open(t, memstore.Options{})
	for _, test := range tests {
		mustSet(t, s, "k", test.value, driver.Never)
		_, err := s.Incr(t.Context(), []byte("k"), test.delta)
		wantErr(t, "Incr of "+test.value, err, test.want)
		wantValue(t, s, "k", test.value)
	}
}

// Incr of a missing or expired key is ErrNotFound.
func TestIncrOfAMissingOrExpiredKey(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	_, err := s.Incr(t.Context(), []byte("k"), 1)
	wantErr(t, "Incr of a missing key", err, driver.ErrNotFound)
	mustSet(t, s, "k", "1", time.Second)
	clock.Advance(time.Second)
	_, err = s.Incr(t.Context(), []byte("k"), 1)
	wantErr(t, "Incr of an expired key", err, driver.ErrNotFound)
	wantMissing(t, s, "k")
}

// Replace stores only over the expected value.
func TestReplaceStoresOnlyOverTheExpectedValue(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	replace := func(old, value string) bool {
		replaced, err := s.Replace(t.Context(), []byte("k"), []byte(old), []byte(value), time.Second)
		wantErr(t, "Replace", err, nil)
		return replaced
	}
	if replace("", "x") {
		t.Error("replaced a missing entry")
	}
	mustSet(t, s, "k", "a", time.Minute)
	if replace("b", "x") || replace("", "x") {
		t.Error("replaced another value")
	}
	wantValue(t, s, "k", "a")
	if !replace("a", "b") {
		t.Error("did not replace an equal value")
	}
	wantValue(t, s, "k", "b")
	clock.Advance(time.Second)
	if replace("b", "c") {
		t.Error("replaced an entry that has expired by the expiry of the last Replace")
	}
	wantMissing(t, s, "k")
}
