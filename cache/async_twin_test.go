package cache_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// result is what an operation returned, in a form to compare.
type result struct {
	value any
	err   string
}

func resultOf(value any, err error) result {
	for _, sentinel := range []error{
		cache.ErrNotFound, cache.ErrNotInteger, cache.ErrOverflow, cache.ErrUnencodable, cache.ErrWrongType, cache.ErrNilValue,
		cache.ErrInvalidVersion, cache.ErrInvalidKey, cache.ErrUnsupported, cache.ErrClosed, cache.ErrNilLoader, errLoad, errBackend,
	} {
		if errors.Is(err, sentinel) {
			return result{value, sentinel.Error()}
		}
	}
	return result{value, fmt.Sprint(err)}
}

func awaited[T any](ctx context.Context, f *cache.Future[T]) result { return resultOf(f.Await(ctx)) }

// twin is an operation in both forms, on the key "k" unless it says otherwise.
type twin struct {
	name  string
	sync  func(ctx context.Context, c cache.Cache, opts ...cache.Option) result
	async func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result
}

var twinKeys = []string{"k", "missing", "k"}

var twins = []twin{
	{"Get", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		var dst user
		found, err := c.Get(ctx, "k", &dst, opts...)
		return resultOf([]any{dst, found}, err)
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		var dst user
		found, err := a.Get(ctx, "k", &dst, opts...).Await(ctx)
		return resultOf([]any{dst, found}, err)
	}},
	{"GetBytes", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		value, found, err := c.GetBytes(ctx, "k", opts...)
		return resultOf(cache.Lookup[[]byte]{Value: value, Found: found}, err)
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.GetBytes(ctx, "k", opts...))
	}},
	{"Has", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Has(ctx, "k", opts...))
	},
		func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
			return awaited(ctx, a.Has(ctx, "k", opts...))
		}},
	{"Set", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(struct{}{}, c.Set(ctx, "k", user{Name: "set"}, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Set(ctx, "k", user{Name: "set"}, opts...))
	}},
	{"Set, expired", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(struct{}{}, c.Set(ctx, "k", 1, append(opts, cache.After(0))...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Set(ctx, "k", 1, append(opts, cache.After(0))...))
	}},
	{"Set, unencodable", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(struct{}{}, c.Set(ctx, "k", func() {}, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Set(ctx, "k", func() {}, opts...))
	}},
	{"SetBytes", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(struct{}{}, c.SetBytes(ctx, "k", nil, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.SetBytes(ctx, "k", nil, opts...))
	}},
	{"Add", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Add(ctx, "k", "added", opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Add(ctx, "k", "added", opts...))
	}},
	{"Touch", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Touch(ctx, "k", opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Touch(ctx, "k", opts...))
	}},
	{"Delete", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Delete(ctx, "k", opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Delete(ctx, "k", opts...))
	}},
	{"Clear", func(ctx context.Context, c cache.Cache, _ ...cache.Option) result {
		return resultOf(struct{}{}, c.Clear(ctx))
	}, func(ctx context.Context, a *cache.AsyncCache, _ ...cache.Option) result {
		return awaited(ctx, a.Clear(ctx))
	}},
	{"InvalidateTags", func(ctx context.Context, c cache.Cache, _ ...cache.Option) result {
		return resultOf(struct{}{}, c.InvalidateTags(ctx, "tag"))
	}, func(ctx context.Context, a *cache.AsyncCache, _ ...cache.Option) result {
		return awaited(ctx, a.InvalidateTags(ctx, "tag"))
	}},
	{"InvalidateTagsSoft", func(ctx context.Context, c cache.Cache, _ ...cache.Option) result {
		return resultOf(struct{}{}, c.InvalidateTagsSoft(ctx, "tag"))
	}, func(ctx context.Context, a *cache.AsyncCache, _ ...cache.Option) result {
		return awaited(ctx, a.InvalidateTagsSoft(ctx, "tag"))
	}},
	{"GetMany", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		values, err := c.GetMany(ctx, twinKeys, opts...)
		return resultOf(len(values), err)
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		values, err := a.GetMany(ctx, twinKeys, opts...).Await(ctx)
		return resultOf(len(values), err)
	}},
	{"SetMany", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.SetMany(ctx, map[string]any{"k": 1, "l": "L"}, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.SetMany(ctx, map[string]any{"k": 1, "l": "L"}, opts...))
	}},
	{"DeleteMany", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(struct{}{}, c.DeleteMany(ctx, twinKeys, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.DeleteMany(ctx, twinKeys, opts...))
	}},
	{"Incr", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Incr(ctx, "k", 2, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Incr(ctx, "k", 2, opts...))
	}},
	{"Decr", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.Decr(ctx, "k", 2, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.Decr(ctx, "k", 2, opts...))
	}},
	{"IncrVersion", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.IncrVersion(ctx, "k", 1, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.IncrVersion(ctx, "k", 1, opts...))
	}},
	{"DecrVersion", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		return resultOf(c.DecrVersion(ctx, "k", 1, opts...))
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		return awaited(ctx, a.DecrVersion(ctx, "k", 1, opts...))
	}},
	{"Fill", func(ctx context.Context, c cache.Cache, opts ...cache.Option) result {
		var dst any
		outcome, err := c.Fill(ctx, "k", &dst, returning(cache.Loaded{Value: 1}), opts...)
		return resultOf([]any{dst, outcome.Hit, outcome.Stored}, err)
	}, func(ctx context.Context, a *cache.AsyncCache, opts ...cache.Option) result {
		var dst any
		outcome, err := a.Fill(ctx, "k", &dst, returning(cache.Loaded{Value: 1}), opts...).Await(ctx)
		return resultOf([]any{dst, outcome.Hit, outcome.Stored}, err)
	}},
}

// twinStates are what the key may hold.
var twinStates = map[string]func(t *testing.T, c cache.Cache, s *mapStore){
	"nothing":         func(*testing.T, cache.Cache, *mapStore) {},
	"a user":          func(t *testing.T, c cache.Cache, _ *mapStore) { mustSet(t, c, "k", user{Name: "a"}) },
	"bytes":           func(t *testing.T, c cache.Cache, _ *mapStore) { mustSet(t, c, "k", []byte("bytes")) },
	"an integer":      func(t *testing.T, c cache.Cache, _ *mapStore) { mustSet(t, c, "k", 7) },
	"a string":        func(t *testing.T, c cache.Cache, _ *mapStore) { mustSet(t, c, "k", "text") },
	"nil":             func(t *testing.T, c cache.Cache, _ *mapStore) { mustSet(t, c, "k", nil) },
	"a foreign entry": func(_ *testing.T, _ cache.Cache, s *mapStore) { s.plant(":1:k", []byte("foreign")) },
	"a failing backend": func(_ *testing.T, _ cache.Cache, s *mapStore) {
		s.hook = func(context.Context, string, string) error { return errBackend }
	},
	"a closed store": func(t *testing.T, _ cache.Cache, s *mapStore) { _ = s.Shutdown(t.Context()) },
}

// asyncStore is a mapStore with a pipeline of its own, and a counter.
type asyncStore struct {
	*mapStore
	withCounter
	withAsync
}

var _ driver.Async = asyncStore{}

func newAsyncStore() asyncStore {
	s := newMapStore()
	return asyncStore{s, withCounter{s}, withAsync{s}}
}

// twinStores are stores that run the asynchronous form in different ways.
var twinStores = map[string]func() (driver.Store, *mapStore){
	"on workers": func() (driver.Store, *mapStore) { s := newMapStore(); return s, s },
	"pipelined":  func() (driver.Store, *mapStore) { s := newAsyncStore(); return s, s.mapStore },
	"pipelined, without a counter": func() (driver.Store, *mapStore) {
		s := newMapStore()
		return struct {
			*mapStore
			withAsync
		}{s, withAsync{s}}, s
	},
	"native": func() (driver.Store, *mapStore) {
		s := newMapStore()
		return struct {
			nativeStore
			withAsync
		}{nativeStore{s, withNative{s: s, byDefault: true}}, withAsync{s}}, s
	},
}

// Each asynchronous operation has the result and the effect of its synchronous form.
func TestEachTwinEqualsItsSynchronousForm(t *testing.T) {
	for how, newStore := range twinStores {
		for state, prepare := range twinStates {
			for _, opts := range [][]cache.Option{nil, {cache.Version(2)}, {cache.Version(-1)}} {
				for _, twin := range twins {
					var results [2]result
					var left [2]map[string]mapEntry
					for i := range results {
						store, s := newStore()
						c := newCache(t, store, cache.Config{}, quiet)
						prepare(t, c, s)
						if i == 0 {
							results[i] = twin.sync(t.Context(), c, opts...)
						} else {
							results[i] = twin.async(t.Context(), cache.Async(c), opts...)
						}
						left[i] = s.entries
					}
					if !reflect.DeepEqual(results[0], results[1]) {
						t.Errorf("%s, %s, %v: %s returned %v, and its twin %v", how, state, opts, twin.name, results[0], results[1])
					}
					// The expiry in the envelopes is of two moments.
					if len(left[0]) != len(left[1]) {
						t.Errorf("%s, %s, %v: %s left %d entries, and its twin %d", how, state, opts, twin.name, len(left[0]), len(left[1]))
					}
				}
			}
		}
	}
}

// Each operation has an asynchronous form.
func TestThereIsATwinOfEachOperation(t *testing.T) {
	tested := make(map[string]bool)
	for _, twin := range twins {
		tested[twin.name] = true
	}
	operations := reflect.TypeFor[cache.Cache]()
	for i := range operations.NumMethod() {
		name := operations.Method(i).Name
		if _, ok := reflect.TypeFor[*cache.AsyncCache]().MethodByName(name); name != "Close" && (!ok || !tested[name]) {
			t.Errorf("%s has a twin: %v, which is tested: %v", name, ok, tested[name])
		}
	}
}

// The asynchronous operations of a view have the results of the view.
func TestTheTwinsOfAView(t *testing.T) {
	for how, newStore := range twinStores {
		store, _ := newStore()
		ctx := t.Context()
		a := cache.For[user](newCache(t, store, cache.Config{})).Async()
		if got := awaited(ctx, a.Get(ctx, "k")); !reflect.DeepEqual(got, resultOf(cache.Lookup[user]{}, nil)) {
			t.Errorf("%s: Get = %v, want a miss", how, got)
		}
		if got := awaited(ctx, a.GetOrSet(ctx, "k", func(context.Context) (user, error) { return user{Name: "a"}, nil })); !reflect.DeepEqual(got, resultOf(user{Name: "a"}, nil)) {
			t.Errorf("%s: GetOrSet = %v", how, got)
		}
		if got := awaited(ctx, a.Get(ctx, "k")); !reflect.DeepEqual(got, resultOf(cache.Lookup[user]{Value: user{Name: "a"}, Found: true}, nil)) {
			t.Errorf("%s: Get = %v, want a hit", how, got)
		}
		if got := awaited(ctx, a.Add(ctx, "k", user{})); got != resultOf(false, nil) {
			t.Errorf("%s: Add = %v, want false", how, got)
		}
		if err := await(ctx, a.Set(ctx, "l", user{Name: "b"})); err != nil {
			t.Errorf("%s: Set: %v", how, err)
		}
		if err := await(ctx, a.SetMany(ctx, map[string]user{"m": {Name: "c"}})); err != nil {
			t.Errorf("%s: SetMany: %v", how, err)
		}
		want := map[string]user{"k": {Name: "a"}, "l": {Name: "b"}, "m": {Name: "c"}}
		if got := awaited(ctx, a.GetMany(ctx, []string{"k", "l", "m", "n"})); !reflect.DeepEqual(got, resultOf(want, nil)) {
			t.Errorf("%s: GetMany = %v, want %v", how, got, want)
		}
		if got := awaited(ctx, a.Get(ctx, "k", cache.Version(-1))); got.err != cache.ErrInvalidVersion.Error() {
			t.Errorf("%s: Get = %v, want ErrInvalidVersion", how, got)
		}
	}
}
