package memstore_test

import (
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

type point struct{ x, y int }

// A native value is kept as it is.
func TestANativeValueIsKeptAsItIs(t *testing.T) {
	s := open(t, memstore.Options{})
	stored := &point{1, 2}
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("k"), stored, 0, time.Minute), nil)
	value, native, isNative, err := s.GetNative(t.Context(), []byte("k"))
	if value != nil || native != any(stored) || !isNative || err != nil {
		t.Errorf("GetNative = %v, %v, %v, %v; want the pointer that was stored", value, native, isNative, err)
	}
}

// A native nil is a hit.
func TestANativeNilIsAHit(t *testing.T) {
	s := open(t, memstore.Options{})
	wantErr(t, "SetNative", s.SetNative(t.Context(), []byte("k"), nil, 0, time.Minute), nil)
	_, native, isNative, err := s.GetNative(t.Context(), []byte("k"))
	if native != nil || !isNative || err != nil {
		t.Errorf("GetNative = %v, %v, %v; want a native nil", native, isNative, err)
	}
}

// A native slice of bytes is kept without a wrapper.
func TestANativeByteSliceIsKeptWithoutABox(t *testing.T) {
	s := open(t, memstore.Options{MaxBytes: 1 << 20})
	ctx, key := t.Context(), []byte("k")
	for _, stored := range [][]byte{[]byte("bytes"), {}} {
		wantErr(t, "SetNative", s.SetNative(ctx, key, stored, 0, time.Minute), nil)
		value, native, isNative, err := s.GetNative(ctx, key)
		if string(value) != string(stored) || value == nil || native != nil || !isNative || err != nil {
			t.Errorf("GetNative = %q, %v, %v, %v; want the bytes %q as a native value", value, native, isNative, err, stored)
		}
		if replaced, err := s.Replace(ctx, key, stored, []byte("v"), time.Minute); replaced || err != nil {
			t.Errorf("Replace = %v, %v; want a native entry equal to no bytes", replaced, err)
		}
	}
	wantErr(t, "SetNative of more than fits", s.SetNative(ctx, key, make([]byte, 1<<20), 0, time.Minute), driver.ErrTooLarge)
	wantMissing(t, s, "k")
}

// GetNative returns bytes, too.
func TestGetNativeReturnsBytesToo(t *testing.T) {
	s := open(t, memstore.Options{})
	_, _, _, err := s.GetNative(t.Context(), []byte("k"))
	wantErr(t, "GetNative of a missing key", err, driver.ErrNotFound)
	for _, want := range []string{"v", ""} {
		mustSet(t, s, "k", want, time.Minute)
		value, native, isNative, err := s.GetNative(t.Context(), []byte("k"))
		if string(value) != want || native != nil || isNative || err != nil {
			t.Errorf("GetNative = %q, %v, %v, %v; want the bytes %q", value, native, isNative, err, want)
		}
	}
}

// Byte methods on a native entry do what the contract says.
func TestByteMethodsOnANativeEntry(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	ctx, key := t.Context(), []byte("k")
	wantErr(t, "SetNative", s.SetNative(ctx, key, 7, 0, time.Minute), nil)

	if value, err := s.Get(ctx, key); value != nil || err != nil {
		t.Errorf("Get = %q, %v; want nil and no error", value, err)
	}
	if head, added, err := s.Add(ctx, key, []byte("v"), time.Minute); head != nil || added || err != nil {
		t.Errorf("Add = %q, %v, %v; want nil, not added", head, added, err)
	}
	if head, err := s.Touch(ctx, key, time.Hour); head != nil || err != nil {
		t.Errorf("Touch = %q, %v; want nil and no error", head, err)
	}
	if ttl, err := s.TTL(ctx, key); ttl != time.Hour || err != nil {
		t.Errorf("TTL = %v, %v; want 1h", ttl, err)
	}
	_, err := s.Incr(ctx, key, 1)
	wantErr(t, "Incr", err, driver.ErrNotInteger)
	if replaced, err := s.Replace(ctx, key, nil, []byte("v"), time.Minute); replaced || err != nil {
		t.Errorf("Replace = %v, %v; want a native entry equal to no bytes", replaced, err)
	}
	if _, native, _, err := s.GetNative(ctx, key); native != 7 || err != nil {
		t.Errorf("the entry became %v, %v", native, err)
	}
	clock.Advance(time.Hour)
	wantMissing(t, s, "k")
}

// Bytes and native entries replace each other.
func TestBytesAndNativeEntriesReplaceEachOther(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx, key := t.Context(), []byte("k")
	mustSet(t, s, "k", "bytes", time.Minute)
	wantErr(t, "SetNative", s.SetNative(ctx, key, 7, 0, time.Minute), nil)
	if _, native, isNative, _ := s.GetNative(ctx, key); native != 7 || !isNative {
		t.Errorf("GetNative = %v, %v; want the native value", native, isNative)
	}
	mustSet(t, s, "k", "bytes", time.Minute)
	wantValue(t, s, "k", "bytes")
}

// AddNative stores only if nothing is there.
func TestAddNativeStoresOnlyIfAbsent(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx := t.Context()
	mustSet(t, s, "bytes", "v", time.Minute)
	if added, err := s.AddNative(ctx, []byte("bytes"), 1, 0, time.Minute); added || err != nil {
		t.Errorf("AddNative over bytes = %v, %v", added, err)
	}
	if added, err := s.AddNative(ctx, []byte("k"), 1, 0, time.Minute); !added || err != nil {
		t.Errorf("AddNative = %v, %v; want added", added, err)
	}
	if added, err := s.AddNative(ctx, []byte("k"), 2, 0, time.Minute); added || err != nil {
		t.Errorf("second AddNative = %v, %v", added, err)
	}
	if _, native, _, _ := s.GetNative(ctx, []byte("k")); native != 1 {
		t.Errorf("the entry is %v, want that of the first", native)
	}
}

// A store says whether it is native by default and bounded by bytes.
func TestWhatAStoreSaysOfItself(t *testing.T) {
	for _, opts := range []memstore.Options{{}, {Native: true}, {MaxBytes: 1 << 20}} {
		s := open(t, opts)
		if s.NativeByDefault() != opts.Native {
			t.Errorf("%+v: NativeByDefault = %v", opts, s.NativeByDefault())
		}
		if s.BoundedByBytes() != (opts.MaxBytes != 0) {
			t.Errorf("%+v: BoundedByBytes = %v", opts, s.BoundedByBytes())
		}
	}
}
