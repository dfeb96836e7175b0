package cachetest

import (
	"errors"
	"strings"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/driver"
)

// Each method here performs one operation on the store and on the model, and
// fails the run where they differ.

func (r *modelRun) compare(key string) {
	want, found := r.model.live(key)
	got, err := r.store.Get(r.ctx, []byte(key))
	r.finds("Get", key, found, err)
	if string(got) != want.value {
		r.Fatalf("Get(%q) = %q, want %q", key, got, want.value)
	}
	native, ok := r.store.(driver.Native)
	if !ok {
		return
	}
	value, kept, isNative, err := native.GetNative(r.ctx, []byte(key))
	r.finds("GetNative", key, found, err)
	if string(value) != want.value || kept != want.native || isNative != want.isNative {
		r.Fatalf("GetNative(%q) = %q, %v, %v, want %+v", key, value, kept, isNative, want)
	}
}

func (r *modelRun) set() {
	key, value, ttl := r.key(), r.value(), r.drawTTL()
	r.succeeds("Set", r.store.Set(r.ctx, []byte(key), []byte(value), ttl))
	r.model.put(key, modelEntry{value: value}, ttl)
}

func (r *modelRun) add() {
	key, value, ttl := r.key(), r.value(), r.drawTTL()
	there, _ := r.model.live(key)
	head, added, err := r.store.Add(r.ctx, []byte(key), []byte(value), ttl)
	r.succeeds("Add", err)
	r.reports("Add", key, added, r.model.add(key, modelEntry{value: value}, ttl))
	if !added {
		r.head("Add", head, there)
	}
}

func (r *modelRun) touch() {
	key, ttl := r.key(), r.drawTTL()
	there, _ := r.model.live(key)
	head, err := r.store.Touch(r.ctx, []byte(key), ttl)
	found := r.model.touch(key, ttl)
	r.finds("Touch", key, found, err)
	if found {
		r.head("Touch", head, there)
	}
}

func (r *modelRun) delete() {
	key := r.key()
	there, live := r.model.live(key)
	head, deleted, err := r.store.Delete(r.ctx, []byte(key))
	r.succeeds("Delete", err)
	r.reports("Delete", key, deleted, r.model.delete(key))
	if live {
		r.head("Delete", head, there)
	}
}

func (r *modelRun) clear() {
	ns := driver.Namespace{Prefix: rapid.SampledFrom(modelNamespaces).Draw(r.T, "prefix")}
	r.succeeds("Clear", r.store.Clear(r.ctx, ns))
	r.model.clear(ns)
}

func (r *modelRun) getMany() {
	keys := r.drawKeys()
	values, err := r.store.(driver.Many).GetMany(r.ctx, byteSlices(keys))
	r.succeeds("GetMany", err)
	if len(values) != len(keys) {
		r.Fatalf("GetMany of %d keys returned %d values", len(keys), len(values))
	}
	for i, key := range keys {
		want, found := r.model.live(key)
		if hasBytes := found && !want.isNative; (values[i] != nil) != hasBytes || string(values[i]) != want.value {
			r.Fatalf("GetMany(%q)[%d] = %q (nil: %v), want %+v (found: %v)", keys, i, values[i], values[i] == nil, want, found)
		}
	}
}

func (r *modelRun) setMany() {
	ttl := r.drawTTL()
	var items []driver.Item
	for _, key := range r.drawKeys() {
		value := r.value()
		items = append(items, driver.Item{Key: []byte(key), Value: []byte(value)})
		r.model.put(key, modelEntry{value: value}, ttl)
	}
	if errs, err := r.store.(driver.Many).SetMany(r.ctx, items, ttl); err != nil || errs != nil {
		r.Fatalf("SetMany = %v, %v, want nil, nil", errs, err)
	}
}

func (r *modelRun) deleteMany() {
	keys := r.drawKeys()
	r.succeeds("DeleteMany", r.store.(driver.Many).DeleteMany(r.ctx, byteSlices(keys)))
	for _, key := range keys {
		r.model.delete(key)
	}
}

// incr finds an integer more often than what is there would be one.
func (r *modelRun) incr() {
	key, delta := r.key(), rapid.SampledFrom(modelDeltas).Draw(r.T, "delta")
	if rapid.Bool().Draw(r.T, "of an integer") {
		value, ttl := rapid.SampledFrom(modelIntegers).Draw(r.T, "integer"), r.drawTTL()
		r.succeeds("Set", r.store.Set(r.ctx, []byte(key), []byte(value), ttl))
		r.model.put(key, modelEntry{value: value}, ttl)
	}
	n, err := r.store.(driver.Counter).Incr(r.ctx, []byte(key), delta)
	want, wantErr := r.model.incr(key, delta)
	if !errors.Is(err, wantErr) || err == nil && n != want {
		r.Fatalf("Incr(%q, %d) = %d, %v, want %d, %v", key, delta, n, err, want, wantErr)
	}
}

// replace expects what is there, or nearly that, more often than a drawn value
// would be.
func (r *modelRun) replace() {
	key, old, value, ttl := r.key(), r.value(), r.value(), r.drawTTL()
	there, _ := r.model.live(key)
	switch rapid.IntRange(0, 2).Draw(r.T, "drawn, equal, nearly equal") {
	case 1:
		old = there.value
	case 2:
		old = there.value + "x"
	}
	if there.isNative && old == "" {
		return // whether no bytes equal a native value is not specified
	}
	replaced, err := r.store.(driver.Replacer).Replace(r.ctx, []byte(key), []byte(old), []byte(value), ttl)
	r.succeeds("Replace", err)
	r.reports("Replace", key, replaced, r.model.replace(key, old, value, ttl))
}

func (r *modelRun) peek() {
	key := r.key()
	head, err := r.store.(driver.Peeker).Peek(r.ctx, []byte(key))
	want, found := r.model.live(key)
	r.finds("Peek", key, found, err)
	if found {
		r.head("Peek", head, want)
	}
}

func (r *modelRun) ttl() {
	key := r.key()
	got, err := r.store.(driver.Expirer).TTL(r.ctx, []byte(key))
	entry, found := r.model.live(key)
	r.finds("TTL", key, found, err)
	if found && got != r.model.ttl(entry) {
		r.Fatalf("TTL(%q) = %v, want %v", key, got, r.model.ttl(entry))
	}
}

func (r *modelRun) setNative() {
	key, value, ttl := r.key(), &article{r.value()}, r.drawTTL()
	r.succeeds("SetNative", r.store.(driver.Native).SetNative(r.ctx, []byte(key), value, 64, ttl))
	r.model.put(key, modelEntry{native: value, isNative: true}, ttl)
}

func (r *modelRun) addNative() {
	key, value, ttl := r.key(), &article{r.value()}, r.drawTTL()
	added, err := r.store.(driver.Native).AddNative(r.ctx, []byte(key), value, 64, ttl)
	r.succeeds("AddNative", err)
	r.reports("AddNative", key, added, r.model.add(key, modelEntry{native: value, isNative: true}, ttl))
}

func (r *modelRun) succeeds(what string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

func (r *modelRun) reports(what, key string, got, want bool) {
	if got != want {
		r.Fatalf("%s(%q) = %v, want %v", what, key, got, want)
	}
}

// finds fails the run unless err is nil if the entry is there, and ErrNotFound
// if not.
func (r *modelRun) finds(what, key string, there bool, err error) {
	if there && err != nil || !there && !errors.Is(err, driver.ErrNotFound) {
		r.Fatalf("%s(%q) returned error %v; the entry is there: %v", what, key, err, there)
	}
}

func (r *modelRun) head(what string, head []byte, of modelEntry) {
	if of.isNative && head != nil {
		r.Fatalf("%s of a native entry returned head %q, want nil", what, head)
	}
	if len(head) < min(len(of.value), driver.HeadSize) || !strings.HasPrefix(of.value, string(head)) {
		r.Fatalf("%s returned head %q of value %q", what, head, of.value)
	}
}
