package cache_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/signals"
)

// An entry of another codec is absent to every operation.
func TestAnEntryOfAnotherCodecIsAbsentToEveryOperation(t *testing.T) {
	events := new(signals.Signal[cache.Event])
	s := newMapStore()
	c := newCache(t, s, cache.Config{}, cache.WithEvents(events), quiet)
	log := record(events)
	inJSON := func() { mustSet(t, c, "k", user{Name: "a"}, cache.Using(codec.JSON)); log.take() }

	inJSON()
	var got user
	if found, err := c.Get(t.Context(), "k", &got); found || err != nil {
		t.Errorf("Get = %v, %v, want a miss", found, err)
	}
	wantHas(t, c, "k", false)
	if touched, err := c.Touch(t.Context(), "k"); touched || err != nil {
		t.Errorf("Touch = %v, %v, want false", touched, err)
	}
	if found, err := c.GetMany(t.Context(), []string{"k"}); len(found) != 0 || err != nil {
		t.Errorf("GetMany = %v, %v, want nothing", found, err)
	}
	want := []string{"corrupt Get k", "corrupt Has k", "corrupt Touch k", "corrupt GetMany k"}
	if got := log.take(); !slices.Equal(got, want) {
		t.Errorf("published %q, want %q", got, want)
	}
	if found, err := c.Get(t.Context(), "k", &got, cache.Using(codec.JSON)); !found || err != nil || got.Name != "a" {
		t.Errorf("Get with its codec = %+v, %v, %v, want it found", got, found, err)
	}
	wantHas(t, c, "k", true, cache.Using(codec.JSON))

	if added, err := c.Add(t.Context(), "k", user{Name: "b"}); !added || err != nil {
		t.Errorf("Add = %v, %v, want true", added, err)
	}
	inJSON()
	calls := 0
	for range 2 {
		if u, err := cache.For[user](c).GetOrSet(t.Context(), "k", func(context.Context) (user, error) { calls++; return user{Name: "c"}, nil }); u.Name != "c" || err != nil {
			t.Errorf("GetOrSet = %+v, %v, want what was loaded", u, err)
		}
	}
	if calls != 1 {
		t.Errorf("%d loads, want 1", calls)
	}
}

// Integers, strings, bytes and nil are read whatever the codec.
func TestWhatNeedsNoCodecIsTheSameForAll(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	for _, value := range []any{7, "text", nil} {
		mustSet(t, c, "k", value, cache.Using(codec.Raw))
		var got any
		if found, err := c.Get(t.Context(), "k", &got, cache.Using(codec.JSON)); !found || err != nil {
			t.Errorf("Get of %v = %v, %v, %v, want it found", value, got, found, err)
		}
	}
	if err := c.Set(t.Context(), "k", 1.5, cache.Using(codec.Raw)); !errors.Is(err, cache.ErrUnencodable) {
		t.Errorf("Set of a float as raw: %v, want ErrUnencodable", err)
	}
}

// Only values over CompressMin that become shorter are compressed.
func TestOnlyLongValuesThatGainAreCompressed(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{Compression: codec.S2, CompressMin: 100})
	noise := make([]byte, 200)
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise); err != nil {
		t.Fatal(err)
	}
	const header = envelope.Size
	for _, test := range []struct {
		value   []byte
		smaller bool
	}{
		{bytes.Repeat([]byte("a"), 99), false},
		{bytes.Repeat([]byte("a"), 100), true},
		{noise, false},
	} {
		if err := c.SetBytes(t.Context(), "k", test.value); err != nil {
			t.Fatal(err)
		}
		stored, plain := len(s.raw(":1:k")), header+len(test.value)
		if stored > plain || (stored < plain) != test.smaller {
			t.Errorf("%d bytes are stored as %d, want smaller: %v", len(test.value), stored, test.smaller)
		}
		if got, _, err := c.GetBytes(t.Context(), "k"); err != nil || !bytes.Equal(got, test.value) {
			t.Errorf("GetBytes = %q, %v, want %q", got, err, test.value)
		}
	}
}

// A value over MaxDecompressed is ErrTooLarge. Set leaves nothing stored, and Add what was there.
func TestAValueOverTheLimitOfDecompressionIsTooLargeAndLeavesNothing(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{Compression: codec.S2, CompressMin: 1, MaxDecompressed: 1000})
	mustSet(t, c, "k", "old")
	if _, err := c.Add(t.Context(), "k", strings.Repeat("a", 1001)); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Add: %v, want ErrTooLarge", err)
	}
	wantHas(t, c, "k", true)
	if err := c.Set(t.Context(), "k", strings.Repeat("a", 1001)); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Set: %v, want ErrTooLarge", err)
	}
	wantHas(t, c, "k", false)
	mustSet(t, c, "k", strings.Repeat("a", 1000))
	wantHas(t, c, "k", true)
}

// A compressed entry that would exceed MaxDecompressed is a miss.
func TestAnEntryThatWouldGrowOverTheLimitIsAMiss(t *testing.T) {
	s := newMapStore()
	generous := newCache(t, s, cache.Config{Compression: codec.Zstd, CompressMin: 1})
	strict := newCache(t, s, cache.Config{MaxDecompressed: 1000}, quiet)
	mustSet(t, generous, "k", strings.Repeat("a", 1001))
	var got string
	if found, err := strict.Get(t.Context(), "k", &got); found || err != nil {
		t.Errorf("Get = %v, %v, want a miss", found, err)
	}
	wantHas(t, strict, "k", false)
	mustSet(t, generous, "k", strings.Repeat("a", 1000))
	if found, err := strict.Get(t.Context(), "k", &got); !found || err != nil {
		t.Errorf("Get = %v, %v, want it found", found, err)
	}
}

// GetBytes with Shared returns the memory of the store.
func TestSharedBytesAreTheStoresOwn(t *testing.T) {
	s := newMapStore()
	keeper := sharingStore{s}
	c := newCache(t, keeper, cache.Config{})
	if err := c.SetBytes(t.Context(), "k", []byte("value")); err != nil {
		t.Fatal(err)
	}
	shared, _, err := c.GetBytes(t.Context(), "k", cache.Shared)
	if err != nil || string(shared) != "value" {
		t.Fatalf("GetBytes = %q, %v", shared, err)
	}
	if again, _, _ := c.GetBytes(t.Context(), "k", cache.Shared); &again[0] != &shared[0] {
		t.Error("GetBytes with Shared made a copy")
	}
	for range 2 {
		own, _, err := c.GetBytes(t.Context(), "k")
		if err != nil || string(own) != "value" {
			t.Errorf("GetBytes = %q, %v, want the value unspoilt", own, err)
		}
		clear(own)
	}
}

// A value that cannot be encoded is ErrUnencodable and leaves what was there.
func TestAnUnencodableValueLeavesWhatWasThere(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	mustSet(t, c, "k", "old")
	type self map[string]any
	loop := self{}
	loop["loop"] = loop
	for _, value := range []any{make(chan int), func() {}, loop, map[string]any{"f": func() {}}} {
		if err := c.Set(t.Context(), "k", value); !errors.Is(err, cache.ErrUnencodable) {
			t.Errorf("Set of %T: %v, want ErrUnencodable", value, err)
		}
	}
	if got, _, err := cache.For[string](c).Get(t.Context(), "k"); got != "old" || err != nil {
		t.Errorf("Get = %q, %v, want the old value", got, err)
	}
}
