package cachetest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// The operations of a cacheModelRun: each is performed on the cache and on the
// model, and the results are compared.

func (r *cacheModelRun) set() {
	at, value := r.place(), r.value()
	timeout, expiry, lives := r.timeout()
	var err error
	if b, ok := value.([]byte); ok && rapid.Bool().Draw(r.T, "SetBytes") {
		err = r.cache.SetBytes(r.ctx, at.key, b, timeout, cache.Version(at.version))
	} else {
		err = r.cache.Set(r.ctx, at.key, value, timeout, cache.Version(at.version))
	}
	r.succeeds("Set", err)
	r.put(at, value, expiry, lives)
}

func (r *cacheModelRun) add() {
	at, value := r.place(), r.value()
	timeout, expiry, lives := r.timeout()
	_, present := r.entries[at]
	added, err := r.cache.Add(r.ctx, at.key, value, timeout, cache.Version(at.version))
	r.succeeds("Add", err)
	r.equal("Add", added, !present)
	if added {
		r.put(at, value, expiry, lives)
	}
}

func (r *cacheModelRun) touch() {
	at := r.place()
	timeout, expiry, lives := r.timeout()
	e, present := r.entries[at]
	touched, err := r.cache.Touch(r.ctx, at.key, timeout, cache.Version(at.version))
	r.succeeds("Touch", err)
	r.equal("Touch", touched, present)
	if present {
		r.put(at, e.value, expiry, lives)
	}
}

func (r *cacheModelRun) delete() {
	at := r.place()
	_, present := r.entries[at]
	deleted, err := r.cache.Delete(r.ctx, at.key, cache.Version(at.version))
	r.succeeds("Delete", err)
	r.equal("Delete", deleted, present)
	delete(r.entries, at)
}

func (r *cacheModelRun) clear() {
	r.succeeds("Clear", r.cache.Clear(r.ctx))
	clear(r.entries)
}

func (r *cacheModelRun) getMany() {
	keys, version := r.keys(), r.place().version
	found, err := r.cache.GetMany(r.ctx, keys, cache.Version(version))
	r.succeeds("GetMany", err)
	var want []string
	for _, key := range keys {
		if _, present := r.entries[place{key, version}]; present && !slices.Contains(want, key) {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		r.Fatalf("GetMany found %q, want %q", got, want)
	}
}

func (r *cacheModelRun) setMany() {
	version := r.place().version
	timeout, expiry, lives := r.timeout()
	items := make(map[string]any)
	for _, key := range r.keys() {
		items[key] = r.value()
	}
	failed, err := r.cache.SetMany(r.ctx, items, timeout, cache.Version(version))
	r.succeeds("SetMany", err)
	r.equal("keys that SetMany failed to store", len(failed), 0)
	for key, value := range items {
		r.put(place{key, version}, value, expiry, lives)
	}
}

func (r *cacheModelRun) deleteMany() {
	keys, version := r.keys(), r.place().version
	r.succeeds("DeleteMany", r.cache.DeleteMany(r.ctx, keys, cache.Version(version)))
	for _, key := range keys {
		delete(r.entries, place{key, version})
	}
}

// getOrSet loads any value and reads it as the record, string or whatever it
// or the cached one is.
func (r *cacheModelRun) getOrSet() {
	at, value := r.place(), r.value()
	timeout, expiry, lives := r.timeout()
	e, present := r.entries[at]
	want := value
	if present {
		want = e.value
	}
	loads := 0
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		loads++
		return cache.Loaded{Value: value}, nil
	})
	r.compareValue(at, want, func(dst any) error {
		outcome, err := r.cache.Fill(r.ctx, at.key, dst, load, timeout, cache.Version(at.version))
		r.equal("Hit of Fill", outcome.Hit, present)
		r.equal("Stored of Fill", outcome.Stored, !present && lives)
		return err
	})
	r.equal("a load", loads == 1, !present)
	if !present {
		r.put(at, value, expiry, lives)
	}
}

func (r *cacheModelRun) incr() {
	at, delta := r.place(), rapid.SampledFrom(modelDeltas).Draw(r.T, "delta")
	e, present := r.entries[at]
	n, isInteger := e.value.(int64)
	sum, overflow := driver.AddIntegers(n, delta)
	got, err := r.cache.Incr(r.ctx, at.key, delta, cache.Version(at.version))
	switch {
	case !present:
		r.fails("Incr", err, cache.ErrNotFound)
	case !isInteger:
		r.fails("Incr", err, cache.ErrNotInteger)
	case overflow:
		r.fails("Incr", err, cache.ErrOverflow)
	default:
		r.succeeds("Incr", err)
		r.equal("Incr", got, sum)
		r.entries[at] = modelValue{sum, e.expiry}
	}
}

func (r *cacheModelRun) incrVersion() {
	at, delta := r.place(), rapid.IntRange(-modelVersions, modelVersions).Draw(r.T, "delta")
	e, present := r.entries[at]
	target := place{at.key, at.version + delta}
	if target.version >= modelVersions {
		return // it would leave what is compared
	}
	got, err := r.cache.IncrVersion(r.ctx, at.key, delta, cache.Version(at.version))
	switch {
	case target.version < 0:
		r.fails("IncrVersion", err, cache.ErrInvalidVersion)
	case !present:
		r.fails("IncrVersion", err, cache.ErrNotFound)
	default:
		r.succeeds("IncrVersion", err)
		r.equal("IncrVersion", got, target.version)
		delete(r.entries, at)
		r.entries[target] = e
	}
}

func (r *cacheModelRun) succeeds(what string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

func (r *cacheModelRun) fails(what string, err, want error) {
	if !errors.Is(err, want) {
		r.Fatalf("%s returned error %v, want %v", what, err, want)
	}
}

func (r *cacheModelRun) equal(what string, got, want any) {
	if got != want {
		r.Fatalf("%s: %v, want %v", what, got, want)
	}
}
