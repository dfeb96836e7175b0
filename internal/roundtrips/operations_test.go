package roundtrips_test

import (
	"context"
	"fmt"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

// operation is a row of the table.
type operation struct {
	name   string
	before func(ctx context.Context, p *process) error // brings about what do expects; nil for nothing
	do     func(ctx context.Context, p *process) error

	// inNew says that do runs in a process that has only opened its
	// connections.
	inNew     bool
	scattered bool // it fetches two keys at once
}

// key is the key of the operations on one.
const key = "k"

// row is something that needs a codec.
type row struct {
	Name string
	Sum  int
}

var example = row{"round trips", 1}

var operations = []operation{
	{name: "Get", before: set, do: get},
	{name: "GetBytes", before: setBytes, do: getBytes},
	{name: "Set", do: set},
	{name: "Add, nothing is there", before: remove, do: add(true)},
	{name: "Add, the key is taken", before: set, do: add(false)},
	{name: "Add, what is there cannot be read", before: setUnreadable, do: add(true)},
	{name: "Touch", before: set, do: touch},
	{name: "Delete", before: set, do: remove},
	{name: "Has", before: set, do: has},
	{name: "Incr", before: setInteger, do: incr},
	{name: "IncrVersion", before: set, do: incrVersion},
	{name: "GetMany of 1", before: setMany(1), do: getMany(1)},
	{name: "GetMany of 100", before: setMany(100), do: getMany(100)},
	{name: "SetMany of 1", do: setMany(1)},
	{name: "SetMany of 100", do: setMany(100)},
	{name: "DeleteMany of 1", before: setMany(1), do: deleteMany(1)},
	{name: "DeleteMany of 100", before: setMany(100), do: deleteMany(100)},
	{name: "GetOrSet, hit", before: set, do: getOrSet(0)},
	{name: "GetOrSet, miss", before: remove, do: getOrSet(1)},
	{name: "GetOrSet, miss after Clear", before: setAndClear, do: getOrSet(1)},
	{name: "GetOrSet, what is there cannot be read", before: setUnreadable, do: getOrSet(1)},
	{name: "Fill, hit", before: set, do: fill(0)},
	{name: "Fill, miss", before: remove, do: fill(1)},
	{name: "Clear of 100", before: setMany(100), do: clearAll},
	{name: "Set with 2 tags", before: setTagged, do: setTagged, scattered: true},
	{name: "Get with 2 tags", before: setTagged, do: get, scattered: true},
	{name: "Get with 2 tags, another was invalidated", before: setTaggedAndInvalidate, do: get, scattered: true},
	{name: "GetOrSet with 2 tags, miss", before: removeTagged, do: getOrSet(1, tags), scattered: true},
	{name: "InvalidateTags of 1", before: setTagged, do: invalidate("a"), scattered: true},
	{name: "InvalidateTags of 10", before: setTagged, do: invalidate("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"), scattered: true},
}

var tags = cache.Tags("a", "b")

func setTagged(ctx context.Context, p *process) error { return p.cache.Set(ctx, key, example, tags) }

func setTaggedAndInvalidate(ctx context.Context, p *process) error {
	if err := setTagged(ctx, p); err != nil {
		return err
	}
	return p.cache.InvalidateTags(ctx, "another")
}

func removeTagged(ctx context.Context, p *process) error {
	if err := setTagged(ctx, p); err != nil {
		return err
	}
	return remove(ctx, p)
}

func invalidate(tags ...string) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error { return p.cache.InvalidateTags(ctx, tags...) }
}

func set(ctx context.Context, p *process) error { return p.cache.Set(ctx, key, example) }

func setBytes(ctx context.Context, p *process) error {
	return p.cache.SetBytes(ctx, key, []byte("value"))
}

func setInteger(ctx context.Context, p *process) error { return p.cache.Set(ctx, key, 1) }

// setUnreadable leaves an entry of another codec.
func setUnreadable(ctx context.Context, p *process) error {
	return p.cache.Set(ctx, key, example, cache.Using(codec.JSON))
}

func remove(ctx context.Context, p *process) error {
	_, err := p.cache.Delete(ctx, key)
	return err
}

func get(ctx context.Context, p *process) error {
	var v row
	found, err := p.cache.Get(ctx, key, &v)
	return expect(err, "found", found, true)
}

func getBytes(ctx context.Context, p *process) error {
	_, found, err := p.cache.GetBytes(ctx, key)
	return expect(err, "found", found, true)
}

func add(want bool) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		added, err := p.cache.Add(ctx, key, example)
		return expect(err, "added", added, want)
	}
}

func touch(ctx context.Context, p *process) error {
	touched, err := p.cache.Touch(ctx, key)
	return expect(err, "touched", touched, true)
}

func has(ctx context.Context, p *process) error {
	there, err := p.cache.Has(ctx, key)
	return expect(err, "there", there, true)
}

func incr(ctx context.Context, p *process) error {
	n, err := p.cache.Incr(ctx, key, 41)
	return expect(err, "the sum", n, 42)
}

func incrVersion(ctx context.Context, p *process) error {
	version, err := p.cache.IncrVersion(ctx, key, 1)
	return expect(err, "the version", version, 2)
}

// manyKeys are the keys of operations on n.
func manyKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint("many:", i)
	}
	return keys
}

func setMany(n int) func(context.Context, *process) error {
	items := make(map[string]any, n)
	for _, k := range manyKeys(n) {
		items[k] = example
	}
	return func(ctx context.Context, p *process) error {
		failed, err := p.cache.SetMany(ctx, items)
		return expect(err, "failed keys", len(failed), 0)
	}
}

func getMany(n int) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		found, err := p.cache.GetMany(ctx, manyKeys(n))
		return expect(err, "entries", len(found), n)
	}
}

func deleteMany(n int) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error { return p.cache.DeleteMany(ctx, manyKeys(n)) }
}

func getOrSet(wantLoads int, opts ...cache.Option) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		loads := 0
		_, err := cache.For[row](p.cache).GetOrSet(ctx, key, func(context.Context) (row, error) {
			loads++
			return example, nil
		}, opts...)
		return expect(err, "loads", loads, wantLoads)
	}
}

func fill(wantLoads int) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		loads := 0
		_, err := p.cache.Fill(ctx, key, new(row), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
			loads++
			return cache.Loaded{Value: example}, nil
		}))
		return expect(err, "loads", loads, wantLoads)
	}
}

func setAndClear(ctx context.Context, p *process) error {
	if err := set(ctx, p); err != nil {
		return err
	}
	return p.cache.Clear(ctx)
}

func clearAll(ctx context.Context, p *process) error { return p.cache.Clear(ctx) }

// expect returns err, or an error if an operation did something else than the
// row of the table says.
func expect[T comparable](err error, what string, got, want T) error {
	if err == nil && got != want {
		err = fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return err
}
