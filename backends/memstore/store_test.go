package memstore_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

var errNotFound = driver.ErrNotFound

// Get returns what Set stored.
func TestGetReturnsWhatSetStored(t *testing.T) {
	s := open(t, memstore.Options{})
	wantMissing(t, s, "k")
	mustSet(t, s, "k", "one", time.Minute)
	wantValue(t, s, "k", "one")
	mustSet(t, s, "k", "two", time.Minute)
	wantValue(t, s, "k", "two")
}

// Keys and values may hold any bytes.
func TestAnyByteIsAllowedInKeysAndValues(t *testing.T) {
	s := open(t, memstore.Options{})
	key, value := "\x00\xff k\n", "\x00\xfe\xff"
	mustSet(t, s, key, value, driver.Never)
	wantValue(t, s, key, value)
}

// An empty value is a hit.
func TestEmptyValueIsAHit(t *testing.T) {
	s := open(t, memstore.Options{})
	mustSet(t, s, "k", "", time.Minute)
	wantValue(t, s, "k", "")
}

// Add stores only if nothing is there or it has expired.
func TestAddStoresOnlyIfAbsentOrExpired(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	ctx, key := t.Context(), []byte("k")

	if _, added, err := s.Add(ctx, key, []byte("one"), time.Second); !added || err != nil {
		t.Fatalf("first Add = %v, %v; want added", added, err)
	}
	head, added, err := s.Add(ctx, key, []byte("two"), time.Second)
	if string(head) != "one" || added || err != nil {
		t.Fatalf("second Add = %q, %v, %v; want the head of the first", head, added, err)
	}
	clock.Advance(time.Second)
	if _, added, err := s.Add(ctx, key, []byte("three"), time.Second); !added || err != nil {
		t.Fatalf("Add over an expired entry = %v, %v; want added", added, err)
	}
	wantValue(t, s, "k", "three")
}

// Delete reports whether there was a live entry.
func TestDeleteReportsWhetherThereWasALiveEntry(t *testing.T) {
	clock := &fakeClock{}
	s := open(t, memstore.Options{Clock: clock})
	del := func() bool {
		_, deleted, err := s.Delete(t.Context(), []byte("k"))
		wantErr(t, "Delete", err, nil)
		return deleted
	}
	if del() {
		t.Error("deleted what was never there")
	}
	mustSet(t, s, "k", "v", time.Second)
	if !del() {
		t.Error("did not report what it deleted")
	}
	wantMissing(t, s, "k")
	mustSet(t, s, "k", "v", time.Second)
	clock.Advance(time.Second)
	if del() {
		t.Error("reported an expired entry as deleted")
	}
}

// Clear empties one namespace.
func TestClearEmptiesOneNamespace(t *testing.T) {
	s := open(t, memstore.Options{})
	inside := []string{"shop:1:a", "shop:2:b", "shop:1:"}
	outside := []string{":1:a", "shop:eu:1:a", "shopping:1:a", "shop*:1:a", "other:1:shop:1:a"}
	for _, key := range append(inside, outside...) {
		mustSet(t, s, key, "v", driver.Never)
	}
	wantErr(t, "Clear", s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}), nil)
	for _, key := range inside {
		wantMissing(t, s, key)
	}
	for _, key := range outside {
		wantValue(t, s, key, "v")
	}
}

// Clear stops when its context ends.
func TestClearStopsWhenItsContextEnds(t *testing.T) {
	s := open(t, memstore.Options{})
	for _, key := range []string{":1:a", ":1:b"} {
		mustSet(t, s, key, "v", driver.Never)
	}
	// The check on entry passes, and that before the first key does not.
	ctx := &endingContext{Context: t.Context(), checks: 1}
	wantErr(t, "Clear", s.Clear(ctx, driver.Namespace{}), context.Canceled)
	wantValue(t, s, ":1:a", "v")
	wantValue(t, s, ":1:b", "v")
}

// endingContext ends after a number of checks.
type endingContext struct {
	context.Context
	checks int
}

func (c *endingContext) Err() error {
	c.checks--
	if c.checks < 0 {
		return context.Canceled
	}
	return nil
}

// Keys and values are copied.
func TestKeysAndValuesAreCopied(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx := t.Context()
	for _, key := range []string{"incr", "touch", "replace"} {
		mustSet(t, s, key, "41", driver.Never)
	}
	key, value := new(bytes.Buffer), []byte("42")
	// call runs op with a key whose memory changes after, as does the value's.
	call := func(name string, op func(key []byte) error) {
		t.Helper()
		key.Reset()
		key.WriteString(name)
		copy(value, "42")
		wantErr(t, name, op(key.Bytes()), nil)
		copy(key.Bytes(), "????????")
		copy(value, "??")
	}
	call("set", func(key []byte) error { return s.Set(ctx, key, value, driver.Never) })
	call("add", func(key []byte) error { _, _, err := s.Add(ctx, key, value, driver.Never); return err })
	call("native", func(key []byte) error { return s.SetNative(ctx, key, 42, 0, driver.Never) })
	call("addnative", func(key []byte) error { _, err := s.AddNative(ctx, key, 42, 0, driver.Never); return err })
	// An update of a new entry, and one that shortens an entry's life, is where
	// otter makes a new node, under the key it was called with.
	call("incr", func(key []byte) error { _, err := s.Incr(ctx, key, 1); return err })
	call("touch", func(key []byte) error { _, err := s.Touch(ctx, key, time.Hour); return err })
	call("replace", func(key []byte) error {
		_, err := s.Replace(ctx, key, []byte("41"), value, time.Hour)
		return err
	})
	// These borrow the key, and leave nothing behind.
	call("set", func(key []byte) error { _, err := s.Get(ctx, key); return err })
	call("set", func(key []byte) error { _, err := s.TTL(ctx, key); return err })
	call("absent", func(key []byte) error { _, _, err := s.Delete(ctx, key); return err })

	memstore.Settle(s)
	for key, want := range map[string]string{
		"set": "42", "add": "42", "native": "", "addnative": "", "incr": "42", "touch": "41", "replace": "42",
	} {
		wantValue(t, s, key, want)
	}
	if held := memstore.Measure(s); held.Entries != 7 {
		t.Errorf("the store holds %d entries, want 7", held.Entries)
	}
}

// Returned bytes do not change when their entry does.
func TestReturnedBytesOutliveTheirEntry(t *testing.T) {
	s := open(t, memstore.Options{})
	if !s.SharesMemory() {
		t.Fatal("SharesMemory is false, so the core would copy twice")
	}
	mustSet(t, s, "k", "first", driver.Never)
	got, err := s.Get(t.Context(), []byte("k"))
	wantErr(t, "Get", err, nil)
	mustSet(t, s, "k", "other", driver.Never)
	if _, _, err := s.Delete(t.Context(), []byte("k")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, []byte("first")) || cap(got) != len(got) {
		t.Errorf("the bytes of an entry became %q (capacity %d) after it was replaced", got, cap(got))
	}
}

// Every operation returns the error of a context that has ended.
func TestAnEndedContextEndsEveryOperation(t *testing.T) {
	s := open(t, memstore.Options{})
	mustSet(t, s, "k", "1", driver.Never)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range callAll(ctx, s, "k") {
		wantErr(t, name, err, context.Canceled)
	}
	wantValue(t, s, "k", "1")
}

// callAll calls every operation of s on key and returns their errors by name.
func callAll(ctx context.Context, s *memstore.Store, key string) map[string]error {
	k, v := []byte(key), []byte("1")
	errs := make(map[string]error)
	_, errs["Get"] = s.Get(ctx, k)
	errs["Set"] = s.Set(ctx, k, v, time.Minute)
	_, _, errs["Add"] = s.Add(ctx, k, v, time.Minute)
	_, errs["Touch"] = s.Touch(ctx, k, time.Minute)
	_, errs["TTL"] = s.TTL(ctx, k)
	_, errs["Incr"] = s.Incr(ctx, k, 1)
	_, errs["Replace"] = s.Replace(ctx, k, v, v, time.Minute)
	_, _, _, errs["GetNative"] = s.GetNative(ctx, k)
	errs["SetNative"] = s.SetNative(ctx, k, v, 1, time.Minute)
	_, errs["AddNative"] = s.AddNative(ctx, k, v, 1, time.Minute)
	_, _, errs["Delete"] = s.Delete(ctx, k)
	errs["Clear"] = s.Clear(ctx, driver.Namespace{})
	return errs
}
