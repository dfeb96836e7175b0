package cache

import (
	"context"
	"errors"
	"reflect"
)

// View is a cache whose values are of type T. Get one from [For]. It is small
// and is passed by value.
type View[T any] struct {
	cache Cache
	opts  []Option
}

// For returns the view of c for values of type T, with options that apply to
// each of its operations before those of the call:
//
//	users := cache.For[User](caches.Proxy("users"), cache.After(time.Hour))
//
// A view is made once and kept. If a struct changes so that old entries must
// not be read any more, change the Version of the alias: fields that an entry
// does not have are left zero.
func For[T any](c Cache, opts ...Option) View[T] {
	all := make([]Option, 0, len(opts)+1)
	all = append(all, assignerOption{assigner[T]{}})
	all = append(all, opts...)
	return View[T]{cache: c, opts: all[:len(all):len(all)]}
}

// assigner tells a cache how to assign a native value to what a view reads into
// without reflection.
type assigner[T any] struct{}

// assign implements nativeAssigner. It is a method of an empty type, and not a
// function, because the value of a generic function is allocated.
func (assigner[T]) assign(dst, native any) bool {
	d, _ := dst.(*T)
	v, ok := native.(T)
	if d == nil || !ok {
		return false
	}
	*d = v
	return true
}

// canRead implements nativeAssigner.
func (assigner[T]) canRead() bool {
	t := reflect.TypeFor[T]()
	return t.Kind() != reflect.Interface || t.NumMethod() == 0
}

// asRead implements nativeAssigner.
func (assigner[T]) asRead(v any) any {
	if reflect.TypeFor[T]().Kind() != reflect.Interface {
		return v
	}
	value, _ := v.(T)
	return &value
}

// with returns the options of the view and of a call.
func (v *View[T]) with(opts []Option) []Option {
	if len(opts) == 0 {
		return v.opts
	}
	return append(v.opts, opts...)
}

// Over returns the same view of another cache. It allocates nothing, so a
// package can keep one view and use it over the cache of each request.
func (v View[T]) Over(c Cache) View[T] {
	v.cache = c
	return v
}

// Cache returns the cache under the view, which knows nothing of the view's
// options.
func (v View[T]) Cache() Cache { return v.cache }

// Get returns the cached value and whether there is one. A cached nil, for a T
// that cannot be nil, is ErrNilValue, and a value of another type ErrWrongType.
func (v View[T]) Get(ctx context.Context, key string, opts ...Option) (value T, found bool, err error) {
	opts = v.with(opts)
	c := baseOf(ctx, v.cache)
	if c == nil {
		dst := new(T)
		found, err = v.cache.Get(ctx, key, dst, opts...)
		return *dst, found, err
	}
	var o options
	st, k, err := c.start(ctx, "Get", key, opts, &o)
	if err != nil {
		return value, false, err
	}
	var e entry
	err = c.fetch(ctx, st, k.b, &e)
	k.release()
	// A native T takes neither a codec nor a destination on the heap.
	if value, found = e.native.(T); found && err == nil {
		c.hit(ctx, "Get", key, &o)
		return value, true, nil
	}
	dst := new(T)
	found, err = c.read(ctx, "Get", key, &e, err, dst, &o)
	return *dst, found, err
}

// GetMany returns the values of those of keys that are there. If some cannot be
// looked up or read into a T, it returns the others and the first error. See
// [Cache.GetMany].
func (v View[T]) GetMany(ctx context.Context, keys []string, opts ...Option) (map[string]T, error) {
	fetched, err := v.cache.GetMany(ctx, keys, v.with(opts)...)
	if err != nil && len(fetched) == 0 {
		return nil, err
	}
	values := make(map[string]T, len(fetched))
	for key, f := range fetched {
		var value T
		if decodeErr := f.Decode(&value); decodeErr != nil {
			if err == nil && !errors.Is(decodeErr, ErrCorrupt) {
				err = decodeErr
			}
			continue
		}
		values[key] = value
	}
	return values, err
}

// Set stores value. See [Cache.Set].
func (v View[T]) Set(ctx context.Context, key string, value T, opts ...Option) error {
	return v.cache.Set(ctx, key, value, v.with(opts)...)
}

// SetMany stores all items and returns the keys that were not stored. See
// [Cache.SetMany].
func (v View[T]) SetMany(ctx context.Context, items map[string]T, opts ...Option) (failed []string, err error) {
	values := make(map[string]any, len(items))
	for key, value := range items {
		values[key] = value
	}
	return v.cache.SetMany(ctx, values, v.with(opts)...)
}

// Add stores value if nothing is there and reports whether it did. See
// [Cache.Add].
func (v View[T]) Add(ctx context.Context, key string, value T, opts ...Option) (bool, error) {
	return v.cache.Add(ctx, key, value, v.with(opts)...)
}

// Has reports whether there is an entry. See [Cache.Has].
func (v View[T]) Has(ctx context.Context, key string, opts ...Option) (bool, error) {
	return v.cache.Has(ctx, key, v.with(opts)...)
}

// Touch gives the entry a new timeout, that of the view or the alias if none is
// passed. See [Cache.Touch].
func (v View[T]) Touch(ctx context.Context, key string, opts ...Option) (bool, error) {
	return v.cache.Touch(ctx, key, v.with(opts)...)
}

// Delete removes the entry. See [Cache.Delete].
func (v View[T]) Delete(ctx context.Context, key string, opts ...Option) (bool, error) {
	return v.cache.Delete(ctx, key, v.with(opts)...)
}

// InvalidateTags makes every entry of the alias with one of tags a miss, of whatever view. See
// [Cache.InvalidateTags].
func (v View[T]) InvalidateTags(ctx context.Context, tags ...string) error {
	return v.cache.InvalidateTags(ctx, tags...)
}

// InvalidateTagsSoft is InvalidateTags for entries that may be served a little longer where
// stale ones may be. See [Cache.InvalidateTagsSoft].
func (v View[T]) InvalidateTagsSoft(ctx context.Context, tags ...string) error {
	return v.cache.InvalidateTagsSoft(ctx, tags...)
}

// DeleteMany removes the entries under keys. See [Cache.DeleteMany].
func (v View[T]) DeleteMany(ctx context.Context, keys []string, opts ...Option) error {
	return v.cache.DeleteMany(ctx, keys, v.with(opts)...)
}

// GetOrSet returns the cached value, or the one that load returns, which it
// stores. When several callers in this process ask for the key at the same time,
// one load runs for all of them, in a context of its own: see [Loader]. A nil is
// stored as nil; an error stores nothing. If the backend could not store the value, it
// is returned with the error; ErrTooLarge and, with [FailOpen], any error of the backend
// are not returned. A value that cannot be encoded, ErrUnencodable, is not returned.
//
// See [View.Fill] for a load that decides about timeout and storing. For many
// keys at once, start a GetOrSet for each on [View.Async] and await them.
func (v View[T]) GetOrSet(ctx context.Context, key string, load func(ctx context.Context) (T, error), opts ...Option) (value T, err error) {
	opts = v.with(opts)
	c := baseOf(ctx, v.cache)
	if c == nil || load == nil {
		return getOrSetBy(ctx, v.cache, key, load, opts)
	}
	var o options
	st, k, err := c.start(ctx, "GetOrSet", key, opts, &o)
	if err != nil {
		return value, err
	}
	stamp := st.flights.Stamp()
	var e entry
	err = c.fetch(ctx, st, k.b, &e)
	var found bool
	if value, found = e.native.(T); found && err == nil {
		k.release()
		c.hit(ctx, "GetOrSet", key, &o)
		return value, nil
	}
	defer k.release()
	g := &getOrSet[T]{load: load}
	_, err = c.fill(ctx, &lookUp{op: "GetOrSet", key: key, st: st, k: k.b, stamp: stamp, found: e}, err, &g.value, g, &o)
	return g.value, err
}

// GetOrSetValue is [View.GetOrSet] with a ready value instead of a load, as Django's
// get_or_set with a default that is not callable.
func (v View[T]) GetOrSetValue(ctx context.Context, key string, value T, opts ...Option) (T, error) {
	return v.GetOrSet(ctx, key, func(context.Context) (T, error) { return value, nil }, opts...)
}

// getOrSetBy is GetOrSet by the methods of c.
func getOrSetBy[T any](ctx context.Context, c Cache, key string, load func(ctx context.Context) (T, error), opts []Option) (T, error) {
	g := &getOrSet[T]{load: load}
	var loader Loader
	if load != nil {
		loader = g
	}
	_, err := c.Fill(ctx, key, &g.value, loader, opts...)
	return g.value, err
}

// Fill is [Cache.Fill] into dst.
func (v View[T]) Fill(ctx context.Context, key string, dst *T, load Loader, opts ...Option) (Outcome, error) {
	return v.cache.Fill(ctx, key, dst, load, v.with(opts)...)
}

// getOrSet is the destination and the loader of one GetOrSet, in one
// allocation. The load writes to its result only, never to value, which
// belongs to the caller and not to the flight.
type getOrSet[T any] struct {
	value T
	load  func(ctx context.Context) (T, error)
}

// operation names the errors and events of GetOrSet.
func (g *getOrSet[T]) operation() string { return "GetOrSet" }

// Load implements [Loader].
func (g *getOrSet[T]) Load(ctx context.Context) (Loaded, error) {
	value, err := g.load(ctx)
	return Loaded{Value: value}, err
}
