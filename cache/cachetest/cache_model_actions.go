package cachetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
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
	if added && lives {
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
	lease, leased := r.leased[at]
	switch {
	case present:
		r.put(at, e.value, expiry, lives)
	case leased && !lives:
		r.remove(at)
	case leased:
		r.leased[at] = modelLease{lease.state, r.clock.Now().Add(leaseTTL)}
	}
}

func (r *cacheModelRun) delete() {
	at := r.place()
	_, present := r.entries[at]
	deleted, err := r.cache.Delete(r.ctx, at.key, cache.Version(at.version))
	r.succeeds("Delete", err)
	r.equal("Delete", deleted, present)
	r.remove(at)
}

func (r *cacheModelRun) clear() {
	r.succeeds("Clear", r.cache.Clear(r.ctx))
	clear(r.entries)
	clear(r.leased)
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
		r.remove(place{key, version})
	}
}

// The lifetimes of leases that package cache documents.
const (
	leaseTTL     = 5 * time.Second
	leftLeaseTTL = time.Second
)

// leaseTicks is how long the lease of another process lives in the model.
const leaseTicks = 2 * modelTimeout

// lease makes another process hold a lease of the key, or leave one there, unless there is a
// value.
func (r *cacheModelRun) lease() {
	at := r.place()
	if _, present := r.entries[at]; present {
		return
	}
	state := rapid.SampledFrom([]envelope.LeaseState{envelope.Loading, envelope.Alone, envelope.Free, envelope.Failed}).Draw(r.T, "state")
	ttl := leaseTicks * r.h.tick()
	if !r.h.FakeClock {
		ttl = time.Hour
	}
	key := []byte(cache.DefaultKey("shop", at.version, at.key))
	r.succeeds("Set of a lease", r.store.Set(r.ctx, key, envelope.NewLease(state).Append(nil), ttl))
	r.leased[at] = modelLease{state, r.clock.Now().Add(ttl)}
}

// getOrSet loads any value and reads it as the record, string or whatever it
// or the cached one is. It does not wait for other processes.
func (r *cacheModelRun) getOrSet() {
	at, value := r.place(), r.value()
	timeout, expiry, lives := r.timeout()
	e, present := r.entries[at]
	want := value
	if present {
		want = e.value
	}
	lease, leased := r.leased[at]
	stores := !present && lives && (!leased || lease.stores())
	loads := 0
	load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		loads++
		return cache.Loaded{Value: value}, nil
	})
	r.compareValue(at, want, func(dst any) error {
		outcome, err := r.cache.Fill(r.ctx, at.key, dst, load, timeout, cache.Version(at.version), cache.LeaseWait(0))
		r.equal("Hit of Fill", outcome.Hit, present)
		r.equal("Stored of Fill", outcome.Stored, stores)
		return err
	})
	r.equal("a load", loads == 1, !present)
	switch {
	case present:
	case stores:
		r.put(at, value, expiry, true)
	case !leased || lease.stores():
		// It had a lease, and has left that.
		r.remove(at)
		if r.leases {
			r.leased[at] = modelLease{envelope.Failed, r.clock.Now().Add(leftLeaseTTL)}
		}
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
		if target != at {
			r.remove(at)
			r.remove(target)
		}
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
