package cache_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/signals"
)

// fickle is a value whose own methods panic once it is told to.
type fickle struct{ N int }

var fickleWrites, fickleReads atomic.Bool

func (f fickle) MarshalBinary() ([]byte, error) {
	if fickleWrites.Load() {
		panic(errLoad)
	}
	return []byte{byte(f.N)}, nil
}

func (f *fickle) UnmarshalBinary(data []byte) error {
	if fickleReads.Load() {
		panic(errLoad)
	}
	f.N = int(data[0])
	return nil
}

// during sets flag while the test runs.
func during(t *testing.T, flag *atomic.Bool) {
	flag.Store(true)
	t.Cleanup(func() { flag.Store(false) })
}

func wantPanicError(t *testing.T, op string, err error) {
	t.Helper()
	var p *cache.PanicError
	if !errors.Is(err, errLoad) || !errors.As(err, &p) || len(p.Stack) == 0 {
		t.Errorf("%s: %v, want a PanicError", op, err)
	}
}

// A panic in a value's own unmarshalling is an error of that entry.
func TestAPanicOfAValuesOwnUnmarshallingIsTheErrorOfItsEntry(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{}, discardLog())
	v := cache.For[fickle](c)
	mustSet(t, c, "a", fickle{1})
	during(t, &fickleReads)

	_, found, err := v.Get(t.Context(), "a")
	wantPanicError(t, "Get", err)
	if found {
		t.Error("Get has found it")
	}
	values, err := v.GetMany(t.Context(), []string{"a", "b"})
	wantPanicError(t, "GetMany", err)
	if len(values) > 0 {
		t.Errorf("GetMany = %v", values)
	}
	_, err = v.Async().Get(t.Context(), "a").Await(t.Context())
	wantPanicError(t, "async Get", err)
}

// GetOrSet replaces an entry that makes its decoder panic.
func TestGetOrSetReplacesWhatMakesADecoderPanic(t *testing.T) {
	events := new(signals.Signal[cache.Event])
	c := newCache(t, newMapStore(), cache.Config{}, discardLog(), cache.WithEvents(events))
	mustSet(t, c, "k", fickle{1})
	log := record(events)
	flag := &fickleReads
	flag.Store(true)
	got, err := cache.For[fickle](c).GetOrSet(t.Context(), "k", func(context.Context) (fickle, error) { flag.Store(false); return fickle{2}, nil })
	if got.N != 2 || err != nil {
		t.Errorf("GetOrSet = %v, %v, want what was loaded", got, err)
	}
	if want := []string{"corrupt GetOrSet k", "load GetOrSet k", "set GetOrSet k"}; !slices.Equal(log.take(), want) {
		t.Errorf("want the events %q", want)
	}
}

// A panic in a value's own marshalling is ErrUnencodable and stores nothing.
func TestAPanicOfAValuesOwnMarshallingStoresNothingAndIsUnencodable(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{}, discardLog())
	v := cache.For[fickle](c)
	mustSet(t, c, "k", fickle{1})
	during(t, &fickleWrites)
	_, addErr := v.Add(t.Context(), "new", fickle{2})
	_, manyErr := v.SetMany(t.Context(), map[string]fickle{"k": {2}})
	_, loadErr := v.GetOrSet(t.Context(), "new", func(context.Context) (fickle, error) { return fickle{2}, nil })
	for op, err := range map[string]error{"Set": v.Set(t.Context(), "k", fickle{2}), "Add": addErr, "SetMany": manyErr, "GetOrSet": loadErr} {
		wantPanicError(t, op, err)
		if !errors.Is(err, cache.ErrUnencodable) {
			t.Errorf("%s: %v, want ErrUnencodable", op, err)
		}
	}
	if got, found, err := v.Get(t.Context(), "k"); got.N != 1 || !found || err != nil {
		t.Errorf("Get = %v, %v, %v, want what was there", got, found, err)
	}
	wantHas(t, c, "new", false)
}

// trapCompression panics.
type trapCompression struct{ codec.Compression }

func (trapCompression) Compress([]byte, []byte) []byte { panic(errLoad) }

// A panic in a compression is ErrUnencodable.
func TestAPanicOfACompressionIsUnencodable(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{Compression: trapCompression{codec.S2}, CompressMin: 1})
	err := c.Set(t.Context(), "k", "text")
	wantPanicError(t, "Set", err)
	if !errors.Is(err, cache.ErrUnencodable) {
		t.Errorf("Set: %v, want ErrUnencodable", err)
	}
}

// unsized is a native value whose size cannot be told.
type unsized struct{}

func (*unsized) CacheSize() int { panic(errLoad) }

// A panic in CacheSize is ErrUnencodable.
func TestAPanicOfCacheSizeIsUnencodable(t *testing.T) {
	s := newMapStore()
	c := newCache(t, nativeStore{s, withNative{s: s, bounded: true}}, cache.Config{})
	wantPanicError(t, "Set", c.Set(t.Context(), "k", &unsized{}, cache.Native))
}
